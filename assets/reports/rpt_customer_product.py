"""Measures: `metrics/potential.py`."""

from collections.abc import Generator, Sequence
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
        context.resources, portions, customer_product_month, of_trailing_year(sold), of_trailing_year(product_period)
    )  # fmt: skip
    return Portions(frames, len(portions))


def _portions(
    resources: Any,
    portions: Sequence[tuple[Any, int]],
    customer_product_month: Frame,
    sold: Frame,
    products: Frame,
) -> Generator[Frame, None, None]:
    lake, policy = resources.lake, resources.policy.potential
    most = max((count for _, count in portions), default=0)
    with lake.scratch() as folder:

        def kept(frames: list[Frame], name: str) -> list[Frame]:
            paths = (folder / f"{name}.{number}.parquet" for number in range(len(frames)))
            return list(map(lake.spilled, frames, paths))

        lines = lake.split(
            resources.months.within(customer_product_month, 12), ["customer_id"], most
        )
        if len(lines) > 1:  # each part is read for each month
            lines = kept(lines, "lines")
        for months, _ in portions:
            customers = lake.held(
                months.of_months(sold).select(
                    "month", "customer_id", "nature", customer_amount="sales_amount"
                )
            )
            of_parts = lake.split(customers, ["customer_id"], most)
            pairs = [
                sold_pairs(months.trailing(some, 12), of_part, months.windows())
                for some, of_part in zip(lines, of_parts, strict=True)
            ]
            yield potential(
                kept(pairs, "pairs"),
                of_parts,
                months.of_months(products),
                policy.min_buyers_share,
                policy.products_per_customer,
                lake.held,
            )
