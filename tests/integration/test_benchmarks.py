"""The benchmarks in small: all sides run, agree, and every row of their tables is measured. How fast they are is no matter of a test."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import pytest

from benchmarks import night, pandas_peer, peer, sales, service
from benchmarks.__main__ import tables
from benchmarks.generate import Company
from benchmarks.measure import attempted, differences, measured
from benchmarks.night_generate import generate as generate_years
from benchmarks.night_generate import one_more_night
from benchmarks.service_generate import generate
from benchmarks.stages import REST, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.table import Table

CUSTOMERS = 60
OF_SERVICE = {
    "rpt_receivable_ageing", "rpt_customer_credit", "rpt_visit_plan", "rpt_complaint",
    "rpt_complaint_summary",
}  # fmt: skip
OF_SALES = {
    "rpt_class_composition", "rpt_concentration", "rpt_customer_abc", "rpt_customer_classification", "rpt_customer_composition",
    "rpt_customer_grade", "rpt_customer_performance", "rpt_customer_product", "rpt_product_composition", "rpt_profitability", "rpt_rfm",
}  # fmt: skip


class Result(NamedTuple):
    """The table of a benchmark, and where its files lie."""

    home: Path
    table: Table

    @property
    def cells(self) -> dict[str, dict]:
        """The cells of each row by its stage."""
        return {row.stage.strip(): row.cells for row in self.table.rows}


def company(folder: Path, ending: str) -> Company:
    """More than a year, so that there is a year before."""
    return Company(folder, 3_000, ending, months=14)


@pytest.fixture(scope="module")
def of_sales(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """The sales benchmark; Spark's own tests are elsewhere."""
    small = company(tmp_path_factory.mktemp("sales"), "parquet")
    return Result(small.folder, sales.beside_the_peers(small, with_spark=False))


@pytest.fixture(scope="module")
def of_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """The service benchmark, as the command runs it: its files lie there until it goes on."""
    folder = tmp_path_factory.mktemp("service")
    made = tables("service", [CUSTOMERS], "csv", folder)
    yield Result(folder / f"{CUSTOMERS}", next(made))
    assert next(made, None) is None
    assert not list(folder.iterdir())


def rows_of(path: Path) -> dict[str, int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        return {name: connection.table(name).count("*").fetchall()[0][0] for name in names}


def test_three_sides_of_sales_agree_on_every_cell(of_sales: Result) -> None:
    """Guards against a ratio between things that are not the same, and against a table that one of them leaves out."""
    assert of_sales.table.wrong == []
    script, pandas = (rows_of(of_sales.home / name) for name in ("peer.duckdb", "pandas.duckdb"))
    assert script.keys() == OF_SALES
    assert pandas == script
    assert min(script.values()) >= 3 * 14


def test_csv_and_parquet_hold_the_same_and_a_night_too(of_sales: Result, tmp_path: Path) -> None:
    """Guards against a broken row that one reader takes for a text, and a night that computes something else than a first run."""
    other = company(tmp_path, "csv")
    other.generate()
    other.one_more_night()
    peer.run(tmp_path, tmp_path / "peer.duckdb")
    assert differences(of_sales.home / "kehu.duckdb", tmp_path / "peer.duckdb") == []
    counts = rows_of(tmp_path / "peer.duckdb")
    assert counts["rpt_concentration"] == 3 * 15
    csv, parquet = (pandas_peer.inputs(folder).lines for folder in (tmp_path, of_sales.home))
    assert len(csv) == len(parquet) > 2_900
    for name in ("sales", "cost", "quantity", "month"):
        assert csv[name].sum() == parquet[name].sum(), name


def test_every_row_of_sales_is_measured(of_sales: Result) -> None:
    """Guards against a stage that costs nothing because its steps have another name by now, and against lost time."""
    cells = of_sales.cells
    assert cells.pop("kehu run, engine spark")["to"] == "left out"
    assert {
        *STAGES, REST, "kehu run", "rollups and reports", "limit: read the sales deliveries", "limit: group the ledger once",
        "limit: read the reporting tables", "limit: write them to a DuckDB file", "limit: start Python with Dagster and Polars",
        "DuckDB script", "its ingestion", "its reports", "pandas script", "one more night, 1 % new lines", "an empty night",
        "kehu status", "kehu check",
    } == cells.keys()  # fmt: skip
    assert all(row["seconds"] > 0 for row in cells.values())
    parts = sum(cells[stage]["seconds"] for stage in (*STAGES, REST))
    assert parts == pytest.approx(cells["kehu run"]["seconds"])
    assert all(cells[stage]["rows/s"] > 0 for stage in STAGES)
    without = {stage for stage in (*STAGES, REST) if cells[stage]["limit, seconds"] is None}
    assert without == {"page and documents"}
    start = cells["limit: start Python with Dagster and Polars"]
    assert start["rows/s"] is None  # it reads none
    peak = cells["kehu run"]["peak GiB"]
    assert all(0 < cells[stage]["peak GiB"] <= peak * 1.01 for stage in (*STAGES, REST))


def test_the_ratios_are_those_of_the_aims(of_sales: Result) -> None:
    """Guards against a ratio that is upside down, or to something else than the table says."""
    cells = of_sales.cells
    seconds = {stage: row["seconds"] for stage, row in cells.items()}
    whole = seconds["kehu run"]
    assert cells["kehu run"]["ratio"] == whole / seconds["DuckDB script"]
    assert cells["pandas script"]["ratio"] == seconds["pandas script"] / whole
    night_ = "one more night, 1 % new lines"
    assert cells[night_]["ratio"] == seconds[night_] / whole
    assert cells[night_]["rows/s"] * seconds[night_] == pytest.approx(30, abs=1)


def test_memory_is_that_of_the_process_alone() -> None:
    """Guards against small commands that seem to need what the benchmark itself holds: the system counts it to whom it starts."""
    held = b"x" * 2**29
    cost = measured(sys.executable, "-c", "import time; x = b'x' * 2**26; time.sleep(0.3); del x; print('done')")  # fmt: skip
    assert len(held) == 2**29
    assert 2**26 / 2**30 < cost.gib < 2**28 / 2**30
    assert cost.said == "done\n"
    assert attempted(measured, sys.executable, "-c", "1 / 0") is None


def test_memory_is_set_against_that_of_fewer_lines(of_sales: Result) -> None:
    """Guards against a growth that is measured against the wrong row."""
    whole = of_sales.table.rows[0].cost
    row = sales._growth(whole._replace(gib=whole.gib * 3), 30_000, of_sales.table)
    assert row.ratio == pytest.approx(3)
    assert (row.to, row.aim) == ("3,000 lines", "< 10")


def test_a_table_is_kept_with_what_made_it(of_sales: Result, tmp_path: Path) -> None:
    """Guards against numbers that nobody can place, and a printed table that is another than the one kept."""
    path = of_sales.table.keep(tmp_path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == "sales-parquet-3000.json"
    assert path.parent.name == kept["machine"]["kehu"]
    assert {"cores", "memory", "processor", "system", "python", "polars", "commit"} <= kept["machine"].keys()  # fmt: skip
    assert kept["rows"] == [row.cells for row in of_sales.table.rows]
    told = path.with_suffix(".md").read_text(encoding="utf-8")
    assert told.startswith(of_sales.table.markdown)
    assert all(row.stage in told for row in of_sales.table.rows)
    assert f"duckdb {kept['machine']['duckdb']}" in told


def test_both_sides_of_service_agree_on_every_cell(of_service: Result) -> None:
    """Guards against a peer ratio between two things that are not the same, and against a rule that only one side knows."""
    assert of_service.table.wrong == []
    counts = rows_of(of_service.home / "peer.duckdb")
    assert counts.keys() == OF_SERVICE
    assert min(counts.values()) > 500  # enough to mean something


def test_a_difference_is_told(of_service: Result, tmp_path: Path) -> None:
    """Guards against a comparison that finds nothing because it compares nothing."""
    theirs = tmp_path / "peer.duckdb"
    theirs.write_bytes((of_service.home / "peer.duckdb").read_bytes())
    with duckdb.connect(str(theirs)) as connection:
        connection.execute(
            "UPDATE rpt_customer_credit SET exposure_amount = exposure_amount + 0.0001 "
            "WHERE as_of_month = '2024-05' AND customer_id = 'C0'"
        )
    told = differences(of_service.home / "kehu.duckdb", theirs)
    assert told == ["rpt_customer_credit (exposure_amount 1)"]
    assert "exposure_amount 1" in of_service.table._replace(wrong=told).markdown


def test_every_stage_of_service_is_measured(of_service: Result) -> None:
    """Guards against a stage that costs nothing because its steps have another name by now."""
    seconds = {stage: row["seconds"] for stage, row in of_service.cells.items()}
    assert seconds.keys() == {
        *service.STAGES, "kehu run", "these four", "credit, visits and complaints", "DuckDB script, these three",
    }  # fmt: skip
    assert all(taken > 0 for taken in seconds.values())
    assert seconds["these four"] == pytest.approx(sum(seconds[stage] for stage in service.STAGES))


def test_every_row_of_a_night_is_measured(of_sales: Result, tmp_path: Path) -> None:
    """Guards against a company that is no longer taken in, and a row that is lost. Runs of another company stand for its four."""
    settings = generate_years(tmp_path, 1, 500)
    one_more_night(tmp_path, 500)
    looked = [line.split() for line in night.cold("check", settings).said.splitlines()]
    feeds = {cells[0]: cells[1:4] for cells in looked if len(cells) > 3 and cells[1].isdigit()}
    assert len(feeds) == 8
    assert feeds["sales"][0] == "13"  # twelve months, and the night
    del feeds["customers"]  # none of so few changes in a night
    assert all(int(read) > 0 == int(quarantined) for _, read, quarantined in feeds.values())
    costs = {row.stage: row.cost for row in of_sales.table.rows}
    short = night.Years(1, costs["kehu run"], 1_000, costs["an empty night"], 0.0, 4.0)
    long = night.Years(
        10, costs["kehu run"], 2_000, costs["one more night, 1 % new lines"], 1.0, 5.0
    )
    histories = [short, short._replace(years=3), long]
    cells = [row.cells for row in night.compared(histories, 500).rows]
    for row in cells[:6]:
        assert min(row["seconds"], row["CPU seconds"], row["peak GiB"]) > 0
    of_one, of_three = cells[6:15], cells[15:]
    copy = "less the DuckDB file's copy"
    assert [row["stage"].partition("its ")[2] for row in of_one[:-1]] == [
        "seconds", "CPU seconds", "memory", "MiB read", "MiB written", f"MiB read, {copy}", f"MiB written, {copy}",
        "MiB new in the lake",
    ]  # fmt: skip
    assert of_one[0]["ratio"] == long.night.seconds / short.night.seconds
    assert of_one[6]["ratio"] == pytest.approx((long.night.written - 1) / short.night.written)
    assert of_one[7]["ratio"] == 5 / 4
    assert of_one[8]["ratio"] == pytest.approx(0.5)
    assert {row["to"] for row in of_one} == {"1 year"}
    assert [{**row, "to": "1 year"} for row in of_three] == of_one
    assert {row["to"] for row in of_three} == {"3 years"}


def test_equal_sizes_make_equal_companies(of_service: Result, tmp_path: Path) -> None:
    """Guards against a benchmark whose input is another one in every run."""
    again = generate(tmp_path / "again", CUSTOMERS).parent
    _same_files(of_service.home, again, 12)
    for name in ("one", "two"):
        company(tmp_path / name, "csv").generate()
    _same_files(tmp_path / "one", tmp_path / "two", 3 + 14)


def _same_files(one: Path, two: Path, count: int) -> None:
    names = sorted(path.name for path in one.glob("*.csv"))
    assert len(names) == count
    for name in names:
        mine, again = (folder / name for folder in (one, two))
        assert sorted(mine.read_bytes().splitlines()) == sorted(again.read_bytes().splitlines())
