"""The examples on their real data, where it is there: point ADVENTUREWORKS and ONLINE_RETAIL at the folders."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipelines.lake import Lake
from pipelines.settings import load
from schemas.catalogue import FEEDS
from tests.company import run_settings

if TYPE_CHECKING:
    from pipelines.run import Summary

EXAMPLES = Path(__file__).parents[2] / "examples"
SALES_BY_MONTH = {
    "rpt_customer_abc": "", "rpt_customer_composition": "", "rpt_concentration": "",
    "rpt_customer_performance": "", "rpt_product_composition": "",
    "rpt_profitability": "AND level = 'product'", "rpt_class_composition": "AND dimension = 'stage'",
}  # fmt: skip


def data_of(variable: str) -> Path:
    """The folder of the data that an environment variable names; the test skips, saying so, without it."""
    if variable not in os.environ:
        pytest.skip(f"{variable} does not say where the example's data lies")
    return Path(os.environ[variable])


class Example:
    """An example's settings, run in a folder of its own."""

    def __init__(self, folder: Path, settings: str, last: str) -> None:
        self.settings = Path(shutil.copy(EXAMPLES / settings, folder))
        self.summary: Summary = run_settings(self.settings, None, last)
        published = load(self.settings).publish.duckdb
        self.database = str((folder / (published or "")).resolve())

    def value(self, sql: str) -> object:
        """One value from the published file."""
        with duckdb.connect(self.database, read_only=True) as connection:
            (row,) = connection.execute(sql).fetchall()
        return row[0] if len(row) == 1 else row

    def sales_of_reports(self) -> dict[str, object]:
        """Net sales of all months together, by report."""
        return {
            table: self.value(f"SELECT sum(sales_amount) FROM {table} WHERE period = 'month' {more}")
            for table, more in SALES_BY_MONTH.items()
        }  # fmt: skip


def of_source(sql: str) -> object:
    """One value from the source files themselves."""
    (row,) = duckdb.sql(sql).fetchall()
    return row[0] if len(row) == 1 else row


def test_adventureworks(tmp_path: Path) -> None:
    """Guards against any unit lost between a real company's sources and its reports."""
    data = data_of("ADVENTUREWORKS")
    example = Example(tmp_path, "adventureworks/kehu.yaml", "2014-06-30")
    assert example.summary.problems == []
    assert (len(example.summary.months), example.summary.months[0], example.summary.months[-1]) == (43, "2010-12", "2014-06")  # fmt: skip
    sums = ", ".join(f"sum(CAST({c} AS DECIMAL(38, 4)))" for c in ("SalesAmount", "TotalProductCost"))  # fmt: skip
    lines = f"SELECT {sums}, count(*) FROM read_parquet(['{data}/FactResellerSales.parquet', '{data}/FactInternetSales.parquet'])"
    source = of_source(lines)
    assert source == (Decimal("109809274.2030"), Decimal("97257907.9547"), 121_253)
    ledger = Lake(load(example.settings).lake_root).scan(FEEDS["sales"].ledger).collect()
    assert (ledger["net_amount"].sum(), ledger["cost_amount"].sum(), ledger.height) == source
    assert set(example.sales_of_reports().values()) == {source[0]}  # type: ignore[index]
    cost = example.value(
        "SELECT sum(cost_amount) FROM rpt_profitability WHERE period = 'month' AND level = 'company'"
    )
    assert cost == source[1]  # type: ignore[index]
    assert example.value(
        "SELECT count(*), count(*) FILTER (is_balanced) FROM rpt_reconciliation"
    ) == (1_095, 1_095)
    negative = of_source(f"SELECT count(*) FROM '{data}/FactProductInventory.parquet' WHERE UnitsBalance < 0")  # fmt: skip
    assert example.summary.feeds["stock"].quarantined == negative == 3_319
    sold_in = example.value(
        "SELECT count(DISTINCT as_of_month) FROM rpt_concentration WHERE period = 'month' AND customer_count > 0"
    )
    assert sold_in == 38
    names = example.value("SELECT count(*) FROM dim_customer WHERE nature = 'individual' AND customer_name IS NOT NULL")  # fmt: skip
    assert names == 0


@pytest.mark.parametrize(
    ("settings", "accepted", "reasons"),
    [
        ("online_retail/kehu.yaml", 406_829, {"missing:customer_id": 135_080}),
        ("online_retail/anonymous.yaml", 541_909, {}),
    ],
)
def test_online_retail(
    tmp_path: Path, settings: str, accepted: int, reasons: dict[str, int]
) -> None:
    """Guards against rows of a dirty file that are neither kept nor quarantined."""
    data = data_of("ONLINE_RETAIL")
    example = Example(tmp_path, settings, "2011-12-31")
    assert example.summary.problems == []
    sales = example.summary.feeds["sales"]
    assert (sales.delivered, sales.accepted, sales.reasons) == (541_909, accepted, reasons)
    where = "WHERE CustomerID IS NOT NULL" if reasons else ""
    total = of_source(
        "SELECT sum(CAST(Quantity AS DECIMAL(38, 0)) * CAST(UnitPrice AS DECIMAL(18, 4))) "
        f"FROM '{data}/onlineretail.parquet' {where}"
    )
    assert set(example.sales_of_reports().values()) == {total}
