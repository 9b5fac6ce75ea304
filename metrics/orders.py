"""How many orders the company had."""

from __future__ import annotations

from typing import Any

import narwhals as nw

Frame = nw.LazyFrame[Any]


def company_orders(order_month: Frame, windows: Frame) -> Frame:
    """One row per as-of month and period with a sales line in it: order_count, the distinct orders.

    An order whose lines span months or customers counts once in a period. Nearly all lie in one month: these are counted
    month by month, and only the others order by order.
    """
    inside = windows.select("fact_month").unique(["fact_month"])
    near = order_month.select("order_id", fact_month="month").join(
        inside, on="fact_month", how="semi"
    )
    months = near.group_by("order_id").agg(
        fact_month=nw.col("fact_month").min(), last_month=nw.col("fact_month").max()
    )
    is_split = nw.col("fact_month") < nw.col("last_month")
    whole = months.filter(~is_split).group_by("fact_month").agg(order_count=nw.len().cast(nw.Int64))
    split = (
        near.join(months.filter(is_split).select("order_id"), on="order_id", how="semi")
        .join(windows, on="fact_month", how="inner")
        .select("month", "period", "order_id")
        .unique(["month", "period", "order_id"])
        .with_columns(order_count=nw.lit(1).cast(nw.Int64))
    )
    counted = whole.join(windows, on="fact_month", how="inner")
    columns = ["month", "period", "order_count"]
    return (
        nw.concat([counted.select(columns), split.select(columns)], how="vertical")
        .group_by("month", "period")
        .agg(order_count=nw.col("order_count").sum().cast(nw.Int64))
    )
