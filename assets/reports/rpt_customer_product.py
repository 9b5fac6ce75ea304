"""The asset `rpt_customer_product`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import narwhals as nw

from assets.tables import Frame, Portions, report
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
    return Portions(
        _portions(
            context.resources, customer_product_month, _trailing(sold), _trailing(product_period)
        )
    )


def _trailing(periods: Frame) -> Frame:
    return periods.filter(nw.col("period") == "trailing_12_months")


def _portions(
    resources: Any, customer_product_month: Frame, sold: Frame, products: Frame
) -> Iterator[Frame]:
    lake, policy = resources.lake, resources.policy.potential
    rows = lake.row_counts(CUSTOMER_PRODUCT_MONTH)
    for months, count in resources.months.portions(rows):
        with lake.scratch() as folder:
            lines = lake.split(months.trailing(customer_product_month, 12), ["customer_id"], count)
            customers = lake.held(
                months.of_months(sold).select(
                    "month", "customer_id", "nature", customer_amount="sales_amount"
                )
            )
            of_parts = lake.split(customers, ["customer_id"], count)
            pairs = [
                lake.spilled(
                    sold_pairs(some, of_part, months.windows()), folder / f"{number}.parquet"
                )
                for number, (some, of_part) in enumerate(zip(lines, of_parts, strict=True))
            ]
            yield potential(
                pairs,
                of_parts,
                months.of_months(products),
                policy.min_buyers_share,
                policy.products_per_customer,
                lake.held,
            )
