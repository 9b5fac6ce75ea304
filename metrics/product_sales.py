"""What was sold of products: sums by month of sale, and by as-of month and period."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.customer_sales import line_sums
from metrics.periods import rolling_periods
from metrics.ratios import flag

Frame = nw.LazyFrame[Any]

VALUES = (
    "line_count", "uncosted_line_count", "sales_amount", "quantity", "cost_amount",
    "costed_sales_amount", "absolute_amount", "costed_absolute_amount",
)  # fmt: skip


def product_month(lines: Frame) -> Frame:
    """One row per product and month of sale; `lines` with their cost. Units of 1/10,000.

    Besides the sums: positive_line_count, the lines with net_amount > 0.
    """
    positive = flag(nw.col("net_amount") > 0)
    return lines.group_by("product_id", "month").agg(
        **line_sums(), positive_line_count=positive.sum()
    )


def customer_product_month(lines: Frame) -> Frame:
    """One row per customer, product and month of sale: `sales_amount` (units of 1/10,000)."""
    return lines.group_by("customer_id", "product_id", "month").agg(
        sales_amount=nw.col("net_amount").sum()
    )


def product_period(monthly: Frame, spine_months: Frame, calendar: Frame) -> Frame:
    """One row per as-of month, period and product with a line in the period.

    `calendar` holds the as-of months wanted; `spine_months` reaches 11 months further back, without gaps.
    """
    return (
        rolling_periods(monthly, spine_months, ["product_id"], VALUES)
        .join(calendar.select("month"), on="month", how="semi")
        .filter(nw.col("line_count") > 0)
    )
