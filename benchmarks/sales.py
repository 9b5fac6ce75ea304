"""The sales of a generated company: Kehu beside a hand-written DuckDB script, pandas and Spark, then one more night on it.

Seconds and memory are of whole processes, of a stage what the process held meanwhile. Quote the ratios: seconds are this
machine's, and this hour's.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.limits import grouping, ledger, reading
from benchmarks.measure import (
    ROOT,
    Cost,
    attempted,
    differences,
    first_run,
    kehu,
    measured,
    together,
)
from benchmarks.stages import REST, STAGES, by_stage, rest, spans_by_step
from benchmarks.table import Row, Table
from pipelines.errors import SettingsError
from pipelines.settings import load

if TYPE_CHECKING:
    from benchmarks.generate import Company

SIZES = (1_000_000, 10_000_000)
# Of more lines pandas, which holds them all, needs more memory than most machines have.
PANDAS_AT_MOST = 10_000_000
# Of more lines Spark's ratio is known, and it takes hours on one machine.
SPARK_AT_MOST = 1_000_000
_WHOLE, _SCRIPT, _SPARK = "kehu run", "DuckDB script", "kehu run, engine spark"


def beside_the_peers(
    company: Company, smaller: Table | None = None, *, with_spark: bool = True
) -> Table:
    """All sides on one company; `smaller` is the table of a smaller one, that the growth of memory be seen."""
    settings, home = company.generate(), company.folder
    whole = first_run(settings)
    lines = _count(home)
    script = measured(sys.executable, "-m", "benchmarks.peer", str(home), f"{home}/peer.duckdb")
    wrong = differences(home / "kehu.duckdb", home / "peer.duckdb")
    rows = [
        *_of_kehu(company, whole, script, lines),
        *([_growth(whole, company.lines, smaller)] if smaller else []),
        Row(_SCRIPT, script, lines),
        *_parts(script, lines),
        *_of_pandas(company, whole, lines, wrong),
        _of_spark(company, whole, lines, wrong) if with_spark else Row(_SPARK, to="left out"),
        *_nights(company, settings, whole, lines),
    ]  # fmt: skip
    return Table(f"sales-{company.ending}", company.lines, "order lines", rows, wrong)


def _count(home: Path) -> int:
    return int(ledger(home).select(pl.len()).collect().item())


def _of_kehu(company: Company, whole: Cost, script: Cost, lines: int) -> list[Row]:
    """The whole run, each stage, the reports alone; beside each the least that it could take."""
    read, group = reading(company.folder, company.ending), grouping(company.folder)
    least = {"deliveries": read, "ledgers": read, "rollups": group, "reports": group}
    of_stage = stages(company.folder, whole)
    alone = together(of_stage[stage] for stage in ("rollups", "reports"))
    theirs = json.loads(script.said)["reports"]
    return [
        Row(_WHOLE, whole, lines, read.seconds + group.seconds, whole.seconds / script.seconds, _SCRIPT, "≤ 1.0, ≤ 4 GiB"),
        *(Row(f"  {stage}", cost, lines, least[stage].seconds if stage in least else None) for stage, cost in of_stage.items()),
        Row("  rollups and reports", alone, lines, group.seconds, alone.seconds / theirs, "its reports", "≤ 0.5"),
        Row("limit: read the sales deliveries", read, lines),
        Row("limit: group the ledger once", group, lines),
    ]  # fmt: skip


def stages(home: Path, whole: Cost) -> dict[str, Cost]:
    """What each stage of a run took, and what is left of the whole."""
    spans = spans_by_step(home / ".dagster")
    of_stage = by_stage(spans, whole)
    return {**{name: of_stage[name] for name in STAGES}, REST: rest(spans.values(), whole)}


def _parts(peer: Cost, lines: int) -> list[Row]:
    """What a peer says of its own parts."""
    return [Row(f"  its {part}", Cost(seconds), lines) for part, seconds in json.loads(peer.said).items()]  # fmt: skip


def _growth(whole: Cost, lines: int, smaller: Table) -> Row:
    """Peak memory against that of fewer lines."""
    before = next(row.cost for row in smaller.rows if row.stage == _WHOLE)
    aim = f"< {lines / smaller.size:g}"
    return Row(
        "kehu run, its memory", ratio=whole.gib / before.gib, to=f"{smaller.size:,} lines", aim=aim
    )


def _of_pandas(company: Company, whole: Cost, lines: int, wrong: list[str]) -> list[Row]:
    """The pandas script; where it does not agree is added to `wrong`."""
    name, target = "pandas script", company.folder / "pandas.duckdb"
    if company.lines > PANDAS_AT_MOST:
        return [Row(name, to="not measured: all lines in memory")]
    command = (sys.executable, "-m", "benchmarks.pandas_peer", str(company.folder), str(target))
    if not (cost := attempted(measured, *command)):
        return [Row(name, to="not measured: it failed")]
    wrong += differences(company.folder / "kehu.duckdb", target)
    ratio = cost.seconds / whole.seconds
    return [Row(name, cost, lines, None, ratio, _WHOLE, "≥ 10"), *_parts(cost, lines)]


def _of_spark(company: Company, whole: Cost, lines: int, wrong: list[str]) -> Row:
    """The same definitions on Spark local; what its Java took is another process's, and only the seconds are told."""
    if company.lines > SPARK_AT_MOST:
        return Row(_SPARK, to=f"not measured: see {SPARK_AT_MOST:,} lines")
    settings = company.settings(company.folder / "spark", "spark", "..")
    try:
        load(settings)
    except SettingsError:
        return Row(_SPARK, to="not measured: no such engine here")
    if not (cost := attempted(first_run, settings)):
        return Row(_SPARK, to="not measured: it failed")
    wrong += differences(settings.parent / "kehu.duckdb", company.folder / "peer.duckdb")
    ratio = cost.seconds / whole.seconds
    return Row(_SPARK, Cost(cost.seconds), lines, None, ratio, _WHOLE, "≥ 5")


def _nights(company: Company, settings: Path, whole: Cost, lines: int) -> list[Row]:
    """A night with a hundredth of new lines, one with nothing, and the commands that look."""
    company.one_more_night()
    night = kehu("run", settings)
    new = _count(company.folder) - lines
    return [
        Row("one more night, 1 % new lines", night, new, None, night.seconds / whole.seconds, _WHOLE, "≤ 0.1"),
        Row("an empty night", kehu("run", settings), aim="< 6 s"),
        Row("kehu status", kehu("status", settings), aim="< 1.5 s"),
        Row("kehu check", kehu("check", settings), aim="< 1.5 s"),
    ]  # fmt: skip


def adventureworks(home: Path) -> Table | None:
    """43 months of a real company, end to end, if the environment says where its files lie."""
    if "ADVENTUREWORKS" not in os.environ:
        return None
    home.mkdir()
    settings = shutil.copy(ROOT / "examples" / "adventureworks" / "kehu.yaml", home)
    whole = first_run(Path(settings), "--to", "2014-06-30")
    lines = _count(home)
    parts = (Row(f"  {stage}", cost, lines) for stage, cost in stages(home, whole).items())
    return Table("adventureworks", lines, "order lines", [Row(_WHOLE, whole, lines), *parts], [])
