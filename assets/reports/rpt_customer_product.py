"""Measures: `metrics/potential.py`."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import narwhals as nw

from assets.tables import Frame, Portions, report
from metrics.periods import of_trailing_year
from metrics.potential import potential, sold_pairs
from schemas.catalogue import TABLES
from schemas.rollups import CUSTOMER_PRODUCT_MONTH

TABLE = TABLES["rpt_customer_product"]


@report(TABLE)
def rpt_customer_product(
    context: dg.AssetExecutionContext,
    customer_product_month: Frame,
    customer_period: Frame,
    product_period: Frame,
    customers_at: Frame,
) -> Portions:
    """One row per as-of month, customer and product with potential: each customer's best.

    In portions of months, and of so many customers that what they bought in a year fits into memory.
    """
    sold = customer_period.filter(nw.col("sales_amount") > 0).join(
        customers_at.select("month", "customer_id", "nature"),
        on=["month", "customer_id"],
        how="left",
    )
    months = context.resources.months
    counts = context.resources.lake.row_counts(CUSTOMER_PRODUCT_MONTH)
    portions = list(months.portions(months.trailing_rows(counts)))
    frames = _portions(
        context.resources,
        portions,
        customer_product_month,
        of_trailing_year(sold),
        of_trailing_year(product_period),
    )
    return Portions(frames, len(portions))


def _portions(
    resources: Any,
    portions: Sequence[tuple[Any, int]],
    customer_product_month: Frame,
    sold: Frame,
    products: Frame,
) -> Generator[Frame, None, None]:
    """The rows of each portion of months; what is read more than once lies in files until they are written."""
    lake, policy = resources.lake, resources.policy.potential
    most = max((count for _, count in portions), default=0)
    with lake.scratch() as folder:
        lines = lake.split(
            resources.months.within(customer_product_month, 12), ["customer_id"], most
        )
        if len(lines) > 1:  # each part is read for each month
            lines = _spilled(lake, lines, folder, "lines")
        for months, _ in portions:
            customers = lake.split(lake.held(_customers(months, sold)), ["customer_id"], most)
            pairs = _pairs(months, lines, customers)
            yield potential(
                _spilled(lake, pairs, folder, "pairs"),
                customers,
                months.of_months(products),
                policy.min_buyers_share,
                policy.products_per_customer,
                lake.held,
            )


def _customers(months: Any, sold: Frame) -> Frame:
    return months.of_months(sold).select(
        "month", "customer_id", "nature", customer_amount="sales_amount"
    )


def _pairs(months: Any, lines: list[Frame], customers: list[Frame]) -> list[Frame]:
    """What the customers of each part bought of each product."""
    return [
        sold_pairs(months.trailing(of_part, 12), buyers, months.windows())
        for of_part, buyers in zip(lines, customers, strict=True)
    ]


def _spilled(lake: Any, frames: list[Frame], folder: Path, name: str) -> list[Frame]:
    """The same frames, computed once into files."""
    return [
        lake.spilled(frame, folder / f"{name}.{number}.parquet")
        for number, frame in enumerate(frames)
    ]
