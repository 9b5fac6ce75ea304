"""The door: what is not as expected reaches no reader, neither of the DuckDB file nor of PostgreSQL."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import psycopg
import pytest

from pipelines.door import judge
from pipelines.door.docs import KEPT_RUNS, write
from pipelines.errors import PublishError
from pipelines.lake import Lake
from pipelines.publish.changes import Change, State
from pipelines.publish.duckdb_file import Staged
from pipelines.publish.publisher import Publisher
from pipelines.settings import load
from schemas.catalogue import TABLES
from tests import postgres as servers
from tests.company import SETTINGS, Company, customer, line, product

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.table import Table

pytestmark = pytest.mark.skipif(
    servers.binaries() is None, reason="no PostgreSQL server is installed on this machine"
)
MONTH = "2024-02"
_ABC = TABLES["rpt_customer_abc"]
# One way to break each kind of expectation, and what must be said of it: table, then names. None touches what another does.
BREAKS: dict[str, tuple[str, dict[str, set[str]]]] = {
    "another type": (
        "ALTER TABLE dim_label ALTER code TYPE blob USING code::blob",
        {"dim_label": {"columns_and_types"}},
    ),
    "a column that nobody declared": (
        "ALTER TABLE dim_salesperson ADD COLUMN name text",
        {"dim_salesperson": {"columns_and_types"}},
    ),
    "a row twice": (
        "INSERT INTO dim_product FROM dim_product LIMIT 1",
        {"dim_product": {"key_is_unique"}},
    ),
    "no value where one is required": (
        "ALTER TABLE rpt_finding ALTER remedy_en DROP NOT NULL; UPDATE rpt_finding SET remedy_en = NULL",
        {"rpt_finding": {"required_columns_are_filled"}},
    ),
    "a code that no reader knows": (
        "UPDATE rpt_customer_abc SET strict_tier = 'X'",
        {"rpt_customer_abc": {"strict_tier_codes"}},
    ),
    "below its range": (
        "UPDATE rpt_rfm SET recency_days = -1",
        {"rpt_rfm": {"recency_days_range"}},
    ),
    "above its range": (
        "UPDATE rpt_concentration SET cr10 = 1.5",
        {"rpt_concentration": {"cr10_range"}},
    ),
    "no number, and no reason why": (
        "UPDATE rpt_customer_performance SET growth_rate = NULL, growth_rate_reason = NULL",
        {"rpt_customer_performance": {"growth_rate_or_its_reason"}},
    ),
    "a ratio that is none": (
        "UPDATE rpt_customer_performance SET gross_margin_rate = 'NaN'",
        {"rpt_customer_performance": {"ratios_are_finite"}},
    ),
    "a member that its dimension does not know": (
        "UPDATE rpt_customer_grade SET customer_id = customer_id || '?'",
        {"rpt_customer_grade": {"customer_id_in_dim_customer", "customers_as_in_rpt_rfm"}},
    ),
    "a member that sold, beside those of targets": (
        "UPDATE rpt_customer_performance SET customer_id = customer_id || '?'",
        {"rpt_customer_performance": {"customer_id_in_dim_customer"}},
    ),
    "a day that ends no month": (
        "UPDATE rpt_customer_classification SET as_of = as_of - 1",
        {"rpt_customer_classification": {"as_of_is_the_month_end"}},
    ),
    "shares that do not sum to 1": (
        "UPDATE rpt_class_composition SET sales_share = 0.9 * sales_share",
        {"rpt_class_composition": {"sales_share_sums_to_1"}},
    ),
    "shares in a class that do not sum to 1": (
        "UPDATE rpt_customer_composition SET share_in_nature = 0.9 * share_in_nature",
        {"rpt_customer_composition": {"share_in_nature_sums_to_1_a_class"}},
    ),
    "totals that are not the company's": (
        "UPDATE rpt_product_composition SET sales_amount = sales_amount + 1",
        {"rpt_product_composition": {"sales_of_the_company"}},
    ),
    "a value that another report has otherwise": (
        "UPDATE rpt_rfm SET monetary_amount = monetary_amount + 1",
        {"rpt_rfm": {"monetary_amount_as_in_rpt_customer_abc"}},
    ),
    "amounts that do not add up": (
        "UPDATE rpt_profitability SET cost_amount = cost_amount + 1",
        {"rpt_profitability": {"gross_profit_is_sales_less_cost"}},
    ),
    "books that do not balance": (
        "UPDATE rpt_reconciliation SET is_balanced = false",
        {"rpt_reconciliation": {"balanced"}},
    ),
    "a day that is missing": (
        "DELETE FROM dim_date WHERE date = '2024-01-15'",
        {"dim_date": {"unbroken"}},
    ),
    "a version that ends before it begins": (
        "UPDATE dim_customer SET valid_to = valid_from - 1",
        {"dim_customer": {"valid_from_before_valid_to"}},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server for the whole file."""
    with servers.server() as url:
        yield url


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Company]:
    """Two customers over two months, published to both places."""
    settings = SETTINGS.replace("kehu.duckdb}", "kehu.duckdb, postgres: env:KEHU_DOOR_URL}")
    made = Company(tmp_path_factory.mktemp("company"), settings)
    made.deliver("customers", "2024-01-01", customer(1), customer(2))
    made.deliver("products", "2024-01-01", product(1))
    sales = (line("A", "2024-01-05", "100"), line("B", "2024-02-05", "30"))
    made.deliver("sales", "2024-02-29", *sales, line("C", "2024-02-06", "70", customer_id="C2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEHU_DOOR_URL", server)
        assert made.run().problems == []
        yield made


@pytest.fixture(scope="module")
def faults(company: Company) -> dict[str, set[str]]:
    """The names of what the door finds in a file that is broken in all these ways, by table."""
    broken = company.folder / "broken.duckdb"
    shutil.copyfile(company.folder / "kehu.duckdb", broken)
    with duckdb.connect(str(broken)) as connection:
        for sql, _ in BREAKS.values():
            connection.execute(sql)
    months = ["2024-01", MONTH]
    changes = [
        Change(table, State(""), is_reshaped=False, sent=months, gone=[])
        for table in TABLES.values()
    ]
    verdicts = judge.through_pandas(Staged(broken, broken, changes))
    return {
        one.table: {fault.split(":")[0] for fault in one.faults} for one in verdicts if one.faults
    }


def seen(company: Company, server: str) -> tuple[list[Any], list[Any]]:
    """What readers see of a report in both places."""
    with psycopg.connect(server) as connection:
        sent = connection.execute("SELECT * FROM kehu.rpt_customer_abc").fetchall()
    return company.table("rpt_customer_abc"), sorted(sent, key=repr)


@pytest.mark.parametrize("way", BREAKS)
def test_whatever_is_broken_is_found_by_its_name(way: str, faults: Mapping[str, set[str]]) -> None:
    """Guards against an expectation that is listed, judged and always met."""
    _, expected = BREAKS[way]
    for table, names in expected.items():
        assert names <= faults[table]


def test_nothing_else_is_found(faults: Mapping[str, set[str]]) -> None:
    """Guards against a door that cries at what is right: it would soon be left open."""
    expected: dict[str, set[str]] = {}
    for _, found in BREAKS.values():
        for table, names in found.items():
            expected.setdefault(table, set()).update(names)
    assert faults == expected


def test_pages_of_old_runs_go(company: Company) -> None:
    """Guards against a disk that fills with a page a table a night."""
    pages = company.folder / "pages"
    pages.mkdir()
    (pages / "notes.txt").touch()  # somebody's own
    for run in range(KEPT_RUNS + 2):
        write(pages / f"run {run}", [])
    left = {path.name for path in pages.iterdir()}
    assert left == {"notes.txt", *(f"run {run}" for run in range(2, KEPT_RUNS + 2))}


def test_what_no_column_forbids_is_stopped_at_the_door(company: Company, server: str) -> None:
    """Guards against shares that do not sum to 1, unknown customers and false codes that readers are the first to notice."""
    lake = Lake(str(company.folder / "lake"))
    before = seen(company, server)
    good = lake.scan(_ABC).filter(pl.col("as_of_month") == MONTH).collect()
    wrong = good.with_columns(
        sales_share=pl.col("sales_share") * 0.9,
        strict_tier=pl.lit("X"),
        customer_id=pl.col("customer_id") + "?",
        rank=pl.lit(0, pl.Int64),
    )
    lake.replace(_ABC, wrong.lazy(), parts=[MONTH])
    publisher = Publisher(load(company.settings), lake, "wrong")
    found = {
        place: {fault.split(":")[0] for one in publisher.verdicts if one.place == place for fault in one.faults}
        for place in ("duckdb", "postgres")
    }  # fmt: skip
    expected = {
        "sales_share_sums_to_1", "strict_tier_codes", "customer_id_in_dim_customer", "rank_range",
        "monetary_amount_as_in_rpt_customer_abc",
    }  # fmt: skip
    assert found == {"duckdb": expected, "postgres": expected}
    for publish in (publisher.publish, publisher.publish_postgres):
        with pytest.raises(PublishError, match=r"rpt_customer_abc: .*Nothing was published"):
            publish()
    publisher.close()
    assert seen(company, server) == before
    pages = company.folder / "report" / "quality" / "wrong"
    assert "sales_share_sums_to_1" in (pages / "index.html").read_text(encoding="utf-8")
    page = (pages / "postgres.rpt_customer_abc.html").read_text(encoding="utf-8")
    assert "C1?" not in page
    assert "http" not in page.replace("http://www.w3.org", "")

    lake.replace(_ABC, good.lazy(), parts=[MONTH])
    mended = Publisher(load(company.settings), lake, "mended")
    assert not any(one.faults for one in mended.verdicts)
    mended.publish()
    mended.publish_postgres()
    mended.close()
    assert seen(company, server) == before
    with psycopg.connect(server) as connection:
        left = "SELECT relname FROM pg_class WHERE relnamespace = 'kehu_state'::regnamespace AND relkind IN ('r', 'v')"
        assert sorted(connection.execute(left).fetchall()) == [("published",), ("shapes",)]


def test_a_file_that_is_broken_inside_is_made_anew(company: Company) -> None:
    """Guards against a bad sector in one old table that ends every night with a traceback, or is copied for ever."""
    lake, file = Lake(str(company.folder / "lake")), company.folder / "kehu.duckdb"
    before = company.table("rpt_concentration")
    lake.replace(_ABC, lake.scan(_ABC).with_columns(strict_tier=pl.lit("B")))
    ((block,),) = company.rows("SELECT max(block_id) FROM pragma_storage_info('rpt_concentration')")
    with file.open("r+b") as damaged:
        damaged.seek(
            3 * 4096 + block * 256 * 1024 + 8
        )  # three headers, then the blocks, each after its checksum
        damaged.write(b"\xff" * 64)
    with pytest.raises(duckdb.Error, match="checksum"):
        company.table("rpt_concentration")
    mended = Publisher(load(company.settings), lake, "inside")
    assert not any(one.faults for one in mended.verdicts)
    mended.publish()
    mended.close()
    assert company.table("rpt_concentration") == before
    assert {tier for (tier,) in company.rows("SELECT strict_tier FROM rpt_customer_abc")} == {"B"}


def test_a_connection_that_is_lost_at_the_door(
    company: Company, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against a cut line that is told as hundreds of failed expectations, or leaves PostgreSQL behind for ever."""
    lake = Lake(str(company.folder / "lake"))
    _, sent = before = seen(company, server)
    lake.replace(_ABC, lake.scan(_ABC).with_columns(strict_tier=pl.lit("C")))
    ties_query = judge.ties_query

    def cut(table: Table, place: str, whole: Mapping[str, str]) -> str:
        is_there = place.startswith("kehu_state") and table.name == "rpt_rfm"
        itself = "SELECT pg_terminate_backend(pg_backend_pid())"
        return itself if is_there else ties_query(table, place, whole)

    lost = Publisher(load(company.settings), lake, "lost")
    with monkeypatch.context() as patch:
        patch.setattr(judge, "ties_query", cut)
        assert {one.place for one in lost.verdicts} == {"duckdb"}
    lost.publish()
    told = "env:KEHU_DOOR_URL: terminating connection .*still stands, the next run sends what is missing"
    with pytest.raises(PublishError, match=told):
        lost.publish_postgres()
    lost.close()
    now, still = seen(company, server)
    assert still == sent
    assert now != before[0]

    mended = Publisher(load(company.settings), lake, "next")
    mended.publish()
    mended.publish_postgres()
    mended.close()
    assert seen(company, server) == (now, sorted(now, key=repr))


def test_a_run_says_what_failed(
    company: Company, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against a run that publishes in spite of a failed suite, or stops without naming it."""
    before = seen(company, server)
    company.deliver("sales", "2024-03-31", line("D", "2024-03-05", "10"))
    with monkeypatch.context() as patch:
        false = {"rpt_concentration": {"never": "SELECT 1 FROM {sent}"}}
        patch.setattr("schemas.expectations.TIES", false)
        (problem,) = company.run().problems
    start = "published__staged: not as expected: duckdb, rpt_concentration: never: 3 against it"
    assert problem.startswith(start)
    assert seen(company, server) == before
    mended = company.run()
    assert (mended.problems, mended.months) == ([], ["2024-03"])
    assert seen(company, server) != before
