"""The service benchmark in small: both sides run, and agree. How fast they are is no matter of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pytest

from benchmarks.measure import Cost, differences
from benchmarks.service import STAGES, beside_the_peer
from benchmarks.service_generate import generate

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = 60
TABLES = {
    "rpt_receivable_ageing", "rpt_customer_credit", "rpt_visit_plan", "rpt_complaint",
    "rpt_complaint_summary",
}  # fmt: skip


class Result(NamedTuple):
    """What a run of the benchmark said, and where its files lie."""

    home: Path
    stages: dict[str, Cost]
    wrong: list[str]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The benchmark of a company with few customers."""
    folder = tmp_path_factory.mktemp("bench")
    return Result(folder / f"{CUSTOMERS}", *beside_the_peer(folder, CUSTOMERS))


def test_both_sides_agree_on_every_cell(result: Result) -> None:
    """Guards against a peer ratio between two things that are not the same, and against a rule that only one side knows."""
    assert result.wrong == []
    with duckdb.connect(str(result.home / "peer.duckdb"), read_only=True) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for (table,) in connection.execute("SHOW TABLES").fetchall()
        }
    assert counts.keys() == TABLES
    assert min(counts.values()) > 500  # enough to mean something


def test_a_difference_is_told(result: Result, tmp_path: Path) -> None:
    """Guards against a comparison that finds nothing because it compares nothing."""
    theirs = tmp_path / "peer.duckdb"
    theirs.write_bytes((result.home / "peer.duckdb").read_bytes())
    with duckdb.connect(str(theirs)) as connection:
        connection.execute(
            "UPDATE rpt_customer_credit SET exposure_amount = exposure_amount + 0.0001 "
            "WHERE as_of_month = '2024-05' AND customer_id = 'C0'"
        )
    told = differences(result.home / "kehu.duckdb", theirs)
    assert told == ["rpt_customer_credit (exposure_amount 1)"]


def test_every_stage_is_measured(result: Result) -> None:
    """Guards against a stage that costs nothing because its steps have another name by now."""
    assert result.stages.keys() == {*STAGES, "together"}
    seconds = {stage: cost.seconds for stage, cost in result.stages.items()}
    assert all(taken > 0 for taken in seconds.values())
    parts = sum(taken for stage, taken in seconds.items() if stage != "together")
    assert seconds["together"] == pytest.approx(parts)


def test_equal_sizes_make_equal_companies(result: Result, tmp_path: Path) -> None:
    """Guards against a benchmark whose input is another one in every run."""
    other = generate(tmp_path / "other", CUSTOMERS).parent
    names = sorted(path.name for path in other.glob("*.csv"))
    assert len(names) == 12
    for name in names:
        mine, again = (folder / name for folder in (result.home, other))
        assert sorted(mine.read_bytes().splitlines()) == sorted(again.read_bytes().splitlines())
