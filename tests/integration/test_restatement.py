"""Restatements: what a publication changed in months that were closed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets.publication import CLOSED
from pipelines import restatement
from pipelines.lake import Lake
from schemas.state import COMPUTED, RESTATEMENT
from tests.company import Company, customer, line, product

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from schemas.table import Table

SALES = ("rpt_customer_abc", "sales_amount")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose January is closed, and whose February is not."""
    made = Company(tmp_path_factory.mktemp("published") / "company")
    made.deliver("customers", "2024-01-01", customer(1), customer(2))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100), line("B", "2024-01-06", 50))
    made.deliver("sales", "2024-02-10", line("C", "2024-02-05", 7))
    assert not [note for note in made.run(last="2024-02-10").notes if "restated" in note]
    return made


@pytest.fixture
def company(published: Company, tmp_path: Path) -> Company:
    """One of its own for each test."""
    return published.copied(tmp_path / "company")


def restated(company: Company, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of all restatements of sales in the ranking of customers."""
    table = Lake(str(company.folder / "lake")).scan(RESTATEMENT).sort("publication", "as_of_month").collect()  # fmt: skip
    mine = table.rows_by_key(["table_name", "measure"], named=True)
    return [tuple(row[column] for column in columns) for row in mine.get(SALES, [])]


def stands(company: Company) -> bool:
    """What Dagster shows of the last publication: whether every closed month stands."""
    check = dg.AssetCheckKey(dg.AssetKey(["published", "months"]), CLOSED)
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        told = instance.event_log_storage.get_latest_asset_check_execution_by_key([check])[check]
    evaluation = told.evaluation
    assert evaluation is not None
    assert evaluation.severity == dg.AssetCheckSeverity.WARN
    return evaluation.passed


def test_a_late_line_restates_the_closed_month_alone(company: Company) -> None:
    """Guards against a published month that changes without anybody being told by how much, and by what."""
    assert restated(company, "as_of_month") == []
    assert stands(company)
    company.deliver("sales", "2024-02-11", line("D", "2024-01-20", 30), line("E", "2024-02-11", 9))
    summary = company.run(last="2024-02-11")
    assert "closed months restated: 2024-01 (table restatement of the lake)" in summary.notes
    assert not stands(company)
    assert restated(company, "as_of_month", "old_total", "new_total", "difference", "deliveries") == [
        ("2024-01", 150, 180, 30, "sales 2024-02-11")
    ]  # fmt: skip


def test_a_month_that_ends_on_a_weekend_is_closed_by_what_comes_after(tmp_path: Path) -> None:
    """Guards against a month that changes unsaid because nothing was delivered on its last day, and nothing later touched it."""
    company = Company(tmp_path / "company")
    company.deliver("customers", "2024-01-01", customer(1))
    company.deliver("products", "2024-01-01", product(1))
    company.deliver("sales", "2024-01-30", line("A", "2024-01-05", 100))
    company.run(last="2024-01-30")
    company.deliver("sales", "2024-02-02", line("B", "2024-02-01", 7), line("C", "2024-01-06", 1))
    company.run(last="2024-02-02")
    assert restated(company, "as_of_month") == []  # January was still going on when it was told
    company.deliver("sales", "2024-02-05", line("D", "2024-02-04", 7))
    company.run(last="2024-02-05")
    company.deliver("sales", "2024-02-06", line("E", "2024-01-20", 30))
    company.run(last="2024-02-06")
    assert restated(company, "as_of_month", "old_total", "new_total") == [("2024-01", 101, 131)]


def test_a_correction_that_leaves_every_total_is_none(company: Company) -> None:
    """Guards against alarms at every delivery that repeats what is known."""
    company.deliver("sales", "2024-02-12", line("A", "2024-01-05", "100.0000"))
    company.run(last="2024-02-12")
    assert restated(company, "as_of_month") == []


def test_withdrawals_and_moves_name_what_caused_them(company: Company) -> None:
    """Guards against a restatement blamed on a delivery that had nothing to do with it."""
    company.deliver("sales", "2024-03-01", line("B", "", "", deleted="yes"))
    company.deliver(
        "stock", "2024-03-01", {"product_id": "P1", "stock_on": "2024-03-01", "quantity": 1}
    )
    company.deliver("sales", "2024-03-02", line("F", "2024-03-02", 1))
    company.run(last="2024-03-02")
    found = restated(company, "as_of_month", "difference", "deliveries")
    assert found == [("2024-01", Decimal(-50), "sales 2024-03-01")]


def test_a_record_moved_out_of_a_closed_month_names_who_moved_it(company: Company) -> None:
    """Guards against a change blamed on the settings because the delivery that caused it tells of a later month alone."""
    company.deliver("sales", "2024-03-20", line("A", "2024-03-05", 100))
    company.run(last="2024-03-20")
    found = restated(company, "as_of_month", "difference", "deliveries")
    assert found == [("2024-01", Decimal(-100), "sales 2024-03-20, settings or version")]


def test_a_delivery_that_lost_its_rows_is_named(company: Company) -> None:
    """Guards against a change blamed on the settings because nothing of the repaired file was accepted."""
    company.deliver("sales", "2024-01-30", line("G", "2024-01-07", 3))
    company.run(last="2024-02-10")
    company.deliver("sales", "2024-01-31", line("", "2024-01-05", 100))
    company.run(last="2024-02-10")
    found = restated(company, "as_of_month", "new_total", "deliveries")
    assert found == [("2024-01", Decimal(153), "sales 2024-01-30"), ("2024-01", Decimal(3), "sales 2024-01-31, settings or version")]  # fmt: skip


def test_settings_that_change_a_closed_month_say_so(company: Company) -> None:
    """Guards against a change of policy that rewrites the past without a trace."""
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text + "policy: {abc: {a: 50, b: 60}}\n", encoding="utf-8")
    company.run(last="2024-02-10")
    table = Lake(str(company.folder / "lake")).scan(RESTATEMENT).collect()
    assert set(table["deliveries"]) <= {restatement.NO_DELIVERY}
    assert restated(company, "as_of_month") == []  # tiers moved, sales did not


def test_a_run_that_dies_before_its_note_tells_it_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against the same change told twice, or never, because a run was killed between the two."""
    company.deliver("sales", "2024-02-11", line("D", "2024-01-20", 30))
    replace = Lake.replace

    def dying(self: Lake, table: Table, frame: pl.LazyFrame, where: str | None = None) -> None:
        if table == COMPUTED:
            raise OSError("killed")
        replace(self, table, frame, where)

    monkeypatch.setattr(Lake, "replace", dying)
    assert company.run(last="2024-02-11").problems
    monkeypatch.undo()
    assert company.run(last="2024-02-11").problems == []
    assert restated(company, "old_total", "new_total") == [(150, 180)]
