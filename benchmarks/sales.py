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

from benchmarks.limits import ledger, limits_of
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
# Of more lines the scripts, which hold them all, need more memory than most machines have.
SCRIPTS_AT_MOST = 10_000_000
# Of more lines Spark's ratio is known, and it takes hours on one machine.
SPARK_AT_MOST = 1_000_000
# What each of the others leaves of a company.
_THEIRS = ("peer.duckdb", "pandas.duckdb", "spark/kehu.duckdb")
_WHOLE, _SCRIPT, _SPARK = "kehu run", "DuckDB script", "kehu run, engine spark"


def beside_the_peers(
    company: Company, smaller: Table | None = None, *, with_spark: bool = True
) -> Table:
    """All sides on one company; `smaller` is the table of a smaller one, that the growth of memory be seen."""
    settings, home = company.generate(), company.folder
    whole = first_run(settings)
    lines = _count(home)
    script = _scripted("benchmarks.peer", company, home / "peer.duckdb")
    rows = [
        *_of_kehu(company, whole, script, lines),
        *([_growth(whole, company.lines, smaller)] if smaller else []),
        *_of_script(company, script, lines),
        *_of_pandas(company, whole, lines),
        _of_spark(company, whole, lines) if with_spark else Row(_SPARK, to="left out"),
    ]  # fmt: skip
    theirs = [path for path in map(home.joinpath, _THEIRS) if path.exists()]
    wrong = [one for path in theirs for one in differences(home / "kehu.duckdb", path)]
    rows += _nights(company, settings, whole, lines)
    return Table(f"sales-{company.ending}", company.lines, "order lines", rows, wrong if theirs else None)  # fmt: skip


def _count(home: Path) -> int:
    return int(ledger(home).select(pl.len()).collect().item())


def _scripted(module: str, company: Company, target: Path) -> Cost | None:
    """What a script takes; None of a company that is too large for it, or where it failed."""
    if company.lines > SCRIPTS_AT_MOST:
        return None
    cost = attempted(measured, sys.executable, "-m", module, str(company.folder), str(target))
    if cost is None:
        target.unlink(missing_ok=True)
    return cost


def _of_kehu(company: Company, whole: Cost, script: Cost | None, lines: int) -> list[Row]:
    """The whole run, each stage, the reports alone; beside each the least that it could take."""
    limits = limits_of(company.folder, company.ending)
    read, group, look, write, start = limits.values()
    least = {
        "deliveries": read, "ledgers": read, "rollups": group, "reports": group, "checks": look, "door and publication": write,
        REST: start,
    }  # fmt: skip
    of_stage = stages(company.folder, whole)
    alone = together(of_stage[stage] for stage in ("rollups", "reports"))
    to_script = whole.seconds / script.seconds if script else None
    to_reports = alone.seconds / json.loads(script.said)["reports"] if script else None
    return [
        Row(_WHOLE, whole, lines, sum(cost.seconds for cost in limits.values()), to_script, _SCRIPT, "≤ 1.0, ≤ 4 GiB"),
        *(Row(f"  {stage}", cost, lines, least[stage].seconds if stage in least else None) for stage, cost in of_stage.items()),
        Row("  rollups and reports", alone, lines, group.seconds, to_reports, "its reports", "≤ 0.5"),
        *(Row(f"limit: {name}", cost, lines if cost is not start else None) for name, cost in limits.items()),
    ]  # fmt: skip


def _of_script(company: Company, script: Cost | None, lines: int) -> list[Row]:
    if script is None:
        return [_left_out(_SCRIPT, company)]
    return [Row(_SCRIPT, script, lines), *_parts(script, lines)]


def _left_out(name: str, company: Company) -> Row:
    failed = company.lines <= SCRIPTS_AT_MOST
    return Row(name, to=f"not measured: {'it failed' if failed else f'see {SCRIPTS_AT_MOST:,} lines'}")  # fmt: skip


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
    aim = f"< {lines / smaller.size:g}"
    return Row(
        "kehu run, its memory",
        ratio=whole.gib / smaller.peak_of(_WHOLE),
        to=f"{smaller.size:,} lines",
        aim=aim,
    )


def _of_pandas(company: Company, whole: Cost, lines: int) -> list[Row]:
    name, target = "pandas script", company.folder / "pandas.duckdb"
    if not (cost := _scripted("benchmarks.pandas_peer", company, target)):
        return [_left_out(name, company)]
    ratio = cost.seconds / whole.seconds
    return [Row(name, cost, lines, None, ratio, _WHOLE, "≥ 10"), *_parts(cost, lines)]


def _of_spark(company: Company, whole: Cost, lines: int) -> Row:
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
    return Table("adventureworks", lines, "order lines", [Row(_WHOLE, whole, lines), *parts], None)
