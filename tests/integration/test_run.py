"""Whole runs of a small company: what goes in comes out, and what is wrong is said and harms nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from pipelines.clock import now
from pipelines.console import Console
from pipelines.errors import SettingsError
from pipelines.lake import Lake
from pipelines.landing import open_landing
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from tests.company import SETTINGS, Company, customer, line, product

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.run import Summary


def _delivered(folder: Path) -> Company:
    """A company with one delivery of each feed, a row of which cannot be read."""
    made = Company(folder)
    made.deliver("customers", "2024-01-01", customer(1), customer(2, nature="individual"))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver(
        "stock", "2024-01-31", {"product_id": "P1", "stock_on": "2024-01-31", "quantity": 5}
    )
    made.deliver(
        "sales",
        "2024-01-31",
        line("A", "2024-01-05", "100.0001"),
        line("B", "2024-01-06", 50, customer_id="C2"),
        line("C", "2024-02-30", 1),
    )
    return made


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """One that was not run yet."""
    return _delivered(tmp_path / "company")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Summary]:
    """One that was run, for tests that only look, and what its run said."""
    made = _delivered(tmp_path_factory.mktemp("first") / "company")
    return made, made.run()


@pytest.fixture
def published(first_night: tuple[Company, Summary], tmp_path: Path) -> Company:
    """The same, one for each test."""
    return first_night[0].copied(tmp_path / "company")


def test_from_feeds_to_published_tables(first_night: tuple[Company, Summary]) -> None:
    """Guards against a run that ends well while an amount was lost, rounded or shown twice."""
    company, summary = first_night
    assert summary.problems == []
    assert (summary.feeds["sales"].delivered, summary.feeds["sales"].quarantined) == (3, 1)
    assert summary.feeds["sales"].reasons == {"type:sold_on": 1}
    assert summary.months == ["2024-01"]
    assert company.rows(
        "SELECT sum(sales_amount) FROM rpt_customer_abc WHERE period = 'month'"
    ) == [(Decimal("150.0001"),)]
    assert company.rows("SELECT count(*) FROM rpt_reconciliation WHERE NOT is_balanced") == [(0,)]
    comment = company.rows(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'rpt_customer_abc' AND column_name = 'tier'"
    )
    assert "ABC 等级" in comment[0][0]


def test_names_of_individuals_are_not_published(first_night: tuple[Company, Summary]) -> None:
    """Guards against personal data in a published table: the name of an individual, any personal column."""
    company, _ = first_night
    names = dict(company.rows("SELECT customer_id, customer_name FROM dim_customer"))
    assert names == {"C1": "Customer 1", "C2": None}
    assert not set(FEEDS["customers"].personal) & set(TABLES["dim_customer"].names)


def test_second_run_has_nothing_to_do(published: Company) -> None:
    """Guards against a night that reads or computes again what did not change."""
    summary = published.run()
    assert (summary.feeds, summary.months, summary.problems) == ({}, [], [])


def test_late_correction_recomputes_the_months_it_touches(published: Company) -> None:
    """Guards against published months that keep an amount which a later delivery corrected."""
    published.deliver("sales", "2024-03-31", line("D", "2024-03-01", 7))
    assert published.run().months == ["2024-02", "2024-03"]
    published.deliver(
        "sales", "2024-04-01", line("D", "2024-02-01", 7), line("A", "", "", deleted="true")
    )
    summary = published.run()
    assert summary.months[0] == "2024-01"
    sales = published.rows(
        "SELECT as_of_month, sales_amount FROM rpt_concentration WHERE period = 'month' ORDER BY 1"
    )
    assert sales == [("2024-01", 50), ("2024-02", 7)]  # March holds no dated fact any more


def test_broken_file_fails_its_delivery_alone(published: Company) -> None:
    """Guards against half a file in the tables, and against one bad file stopping all the others."""
    published.deliver("sales", "2024-02-28", line("D", "2024-02-01", 8))
    broken = published.folder / "landing" / "sales_2024-02-29.csv"
    broken.write_text("order_id,line_no\nX,1\n", encoding="utf-8")
    summary = published.run()
    assert summary.problems == [
        (
            "sales of 2024-02-29: sales_2024-02-29.csv: sales requires sold_on, customer_id, product_id, "
            "quantity, net_amount: not there and not mapped; found: order_id, line_no"
        )
    ]
    assert published.rows(
        "SELECT sales_amount FROM rpt_concentration WHERE period = 'month' AND as_of_month = '2024-02'"
    ) == [(8,)]


def test_unbalanced_books_block_publication(
    published: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    """Guards against publishing tables that do not tie to what was delivered, and against saying that they were."""
    before = (published.folder / "kehu.duckdb").read_bytes()
    lake = Lake(str(published.folder / "lake"))
    accepted = FEEDS["sales"].accepted
    lake.delete(accepted, "order_id = 'A'")  # a row disappears from the accepted rows alone
    published.deliver(
        "stock", "2024-01-30", {"product_id": "P1", "stock_on": "2024-01-30", "quantity": 1}
    )
    ends: dict[str, str] = {}
    summary = published.run(tell=ends.__setitem__)
    assert [step for step, end in ends.items() if end == "failed"] == [
        "reporting__rpt_reconciliation_balanced"
    ]
    assert ends["feeds__stock"] == "done"
    assert "published__duckdb" not in ends
    assert any(
        "balanced" in problem and "2024-01 delivered sales" in problem
        for problem in summary.problems
    )
    assert (published.folder / "kehu.duckdb").read_bytes() == before
    Console().summary(summary)
    said = capsys.readouterr().out
    assert "months begun, the next run computes them anew: 2024-01 to 2024-01 (1)" in said
    assert "published: " not in said


def test_totals_that_would_overflow_block_publication(company: Company) -> None:
    """Guards against 64-bit sums that wrap around: a total with the wrong sign that looks like any other."""
    large = "20000000000000"
    company.deliver(
        "sales", "2024-02-29", line("X", "2024-02-01", large), line("Y", "2024-02-01", large)
    )
    (problem,) = company.run().problems
    assert "sales, 2024-02: net_amount sums to 40,000,000,000,000.0000" in problem
    assert not (company.folder / "kehu.duckdb").exists()


def test_a_key_that_a_full_delivery_holds_unreadably_stays(tmp_path: Path) -> None:
    """Guards against a customer that leaves the register for a typing error in one of its columns."""
    full = SETTINGS.replace('customers_{date:%Y-%m-%d}.csv"}', 'customers_{date:%Y-%m-%d}.csv", full: true}')  # fmt: skip
    company = Company(tmp_path / "company", full)
    company.deliver("customers", "2024-01-01", customer(1), customer(2), customer(3))
    company.deliver("customers", "2024-01-15", customer(1), customer(2, nature="typo"))
    company.deliver("products", "2024-01-01", product(1))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", 1))
    assert company.run().feeds["customers"].reasons == {"code:nature": 1}
    known = company.rows("SELECT customer_id FROM dim_customer WHERE is_current ORDER BY 1")
    assert known == [("C1",), ("C2",)]


def test_measures_without_their_feed_say_so(first_night: tuple[Company, Summary]) -> None:
    """Guards against NULL rates that look like a customer without a target where no target could be had."""
    company, _ = first_night
    for table in ("rpt_customer_performance", "rpt_product_composition"):
        reasons = company.rows(f"SELECT DISTINCT attainment_rate_reason FROM {table}")
        assert reasons == [("feed_absent",)], table


def test_command_says_bad_settings_in_one_line(tmp_path: Path) -> None:
    """Guards against tracebacks for a user's mistake, and against a wrong exit status."""
    settings = tmp_path / "kehu.yaml"
    settings.write_text("name: X\ncurrency: EUR\nfeeds: {sales: {path: a.csv}}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run", "--settings", str(settings)],
        capture_output=True, text=True, check=False, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == f"{settings}: feeds.customers: missing, allowed: this feed is required\n"


def _visited(folder: Path) -> Company:
    """A company with a line in January and a feed of visits."""
    settings = SETTINGS.replace("publish:", '  visits: {path: "landing/visits_{date:%Y-%m-%d}.csv"}\npublish:')  # fmt: skip
    made = Company(folder / "company", settings)
    made.deliver("customers", "2024-01-01", customer(1, salesperson_id="S"))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100))
    return made


def test_a_visit_made_later_than_planned_touches_the_month_of_its_plan(tmp_path: Path) -> None:
    """Guards against a plan of June that never hears of visits made in July, and against a visit's own status lost."""
    company = _visited(tmp_path)
    company.run(last="2024-01-31")  # January is computed before the visit is known
    visit = {
        "visit_id": "V",
        "customer_id": "C1",
        "salesperson_id": "S",
        "planned_on": "2024-01-10",
    }
    for day in ("2024-02-28", "2024-02-29"):  # the second delivery repeats the first
        company.deliver("visits", day, {**visit, "visited_on": "2024-02-02", "status": "done"})
        company.run(last=day)
    planned = (
        "SELECT as_of_month, planned_count, completed_count, completion_rate FROM rpt_visit_effectiveness "
        "WHERE period = 'month' ORDER BY 1"
    )
    assert company.rows(planned) == [("2024-01", 1, 0, 0.0), ("2024-02", 0, 1, None)]


def test_sales_that_are_all_withdrawn_leave_no_report(published: Company) -> None:
    """Guards against tables that go on telling of sales which nobody made, because no month is left to compute."""
    published.deliver(
        "sales", "2024-02-01", *(line(order, "", "", deleted="1") for order in ("A", "B"))
    )
    assert published.run().problems == []
    by_month = [name for name, table in TABLES.items() if table.partition]
    assert {name: published.table(name) for name in by_month} == {name: [] for name in by_month}
    assert published.run().months == []


def test_dimensions_follow_the_registers_beyond_the_last_month(published: Company) -> None:
    """Guards against a customer's old region shown as the current one until somebody buys again."""
    regions = "SELECT region FROM dim_customer WHERE customer_id = 'C1' AND is_current"
    assert published.rows(regions) == [(None,)]
    published.deliver("customers", "2024-02-02", customer(1, region="north"), customer(2, nature="individual"))  # fmt: skip
    assert published.run(last="2024-02-02").months == ["2024-01"]
    assert published.rows(regions) == [("north",)]
    assert published.run(last="2024-02-02").months == []
    published.deliver("sales", "2024-02-03", line("F", "2024-02-03", 1))
    assert published.run(last="2024-02-03").months == ["2024-02"]


def test_a_night_of_which_nothing_was_accepted_is_told(published: Company) -> None:
    """Guards against a month that says all was delivered well, because the rows that were refused changed no figure."""
    published.deliver("sales", "2024-01-20", line("X", "never", 1))
    assert published.run(last="2024-01-31").months == ["2024-01"]
    delivered = "SELECT expected_rows, actual_rows FROM rpt_reconciliation WHERE check_name = 'delivered' AND subject = 'sales'"
    assert published.rows(delivered) == [(4, 4)]


def test_what_has_no_date_makes_no_month(tmp_path: Path) -> None:
    """Guards against an empty month that is the newest one, because a visit without a date was delivered in it."""
    company = _visited(tmp_path)
    company.deliver("visits", "2024-02-02", {"visit_id": "V", "customer_id": "C1", "salesperson_id": "S", "status": "planned"})  # fmt: skip
    summary = company.run()
    assert (summary.feeds["visits"].accepted, summary.months) == (1, ["2024-01"])


def test_a_range_that_ends_before_it_begins_is_refused(company: Company) -> None:
    """Guards against a backfill that takes nothing in, says nothing, and ends as if all were well."""
    with pytest.raises(SettingsError, match="--from 2024-05-01: the last date is 2024-04-01"):
        company.run(first="2024-05-01", last="2024-04-01")
    assert not (company.folder / "lake").exists()


def test_a_range_that_ends_after_today_is_refused(company: Company) -> None:
    """Guards against a mistyped year with which a snapshot outranks every correction of the years to come."""
    today = now(load(company.settings)).date()
    wanted = rf"last date of deliveries 2099-01-01: today is {today} \(calendar.timezone UTC\)"
    with pytest.raises(SettingsError, match=wanted):
        company.run(last="2099-01-01")
    assert not (company.folder / "lake").exists()
    landing = open_landing(company.settings)
    with pytest.raises(SettingsError, match=wanted):  # in the tags of a run of Dagster's
        landing.load(FEEDS["sales"], "2024-01-01", "2099-01-01", {})
    assert landing.load(FEEDS["sales"], "2024-01-01", today.isoformat(), {}).accepted == 2


def test_a_margin_of_the_costed_lines_is_published(company: Company) -> None:
    """Guards against a policy that the settings allow and that no run survives: its margin is not sales less cost."""
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text + "policy: {profitability: {min_cost_coverage: 0.9}}\n", encoding="utf-8")  # fmt: skip
    company.deliver("products", "2024-01-01", product(1), product(2, standard_cost=""))
    company.deliver("sales", "2024-01-30", line("U", "2024-01-07", 10, product_id="P2"))
    assert company.run().problems == []
    told = "SELECT sales_amount - cost_amount, gross_profit_amount FROM rpt_profitability WHERE level = 'company' AND period = 'month'"
    assert company.rows(told) == [(Decimal("148.0001"), Decimal("138.0001"))]


def test_a_withdrawn_customer_has_a_current_row_for_its_facts(company: Company) -> None:
    """Guards against sales that a join with the current customers drops, because whom they were made to was withdrawn."""
    company.deliver("customers", "2024-01-20", customer(1, deleted="yes"), customer(3, deleted="yes"))  # fmt: skip
    company.deliver("customers", "2024-01-02", customer(3))  # without any fact
    assert company.run().problems == []
    versions = "SELECT customer_id, customer_name, valid_from IS NULL, is_registered, is_current FROM dim_customer ORDER BY ALL"
    assert company.rows(versions) == [
        ("C1", "Customer 1", False, True, False),
        ("C1", None, True, False, True),
        ("C2", None, False, True, True),
        ("C3", "Customer 3", False, True, False),
    ]
    sold = "SELECT sum(sales_amount) FROM rpt_customer_abc JOIN dim_customer USING (customer_id) WHERE period = 'month' AND is_current"
    assert company.rows(sold) == [(Decimal("150.0001"),)]
    company.deliver("customers", "2024-01-25", customer(1))
    assert company.run().problems == []
    known = "SELECT is_registered, is_current FROM dim_customer WHERE customer_id = 'C1' ORDER BY valid_from"
    assert company.rows(known) == [(True, False), (True, True)]


def test_a_withdrawn_product_stays_one_row(company: Company) -> None:
    """Guards against sales counted twice in a join with the products, because one that was withdrawn has two rows."""
    company.deliver("products", "2024-01-20", product(1, deleted="yes"))
    assert company.run().problems == []
    found = "SELECT product_id, product_name, is_registered FROM dim_product"
    assert company.rows(found) == [("P1", "Product 1", False)]
