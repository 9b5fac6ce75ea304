"""What customers bought: sums by month of sale, and by as-of month and period."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.periods import rolling_periods
from metrics.ratios import flag

Frame = nw.LazyFrame[Any]

VALUES = (
    "line_count", "uncosted_line_count", "sales_amount", "quantity", "cost_amount",
    "costed_sales_amount", "absolute_amount", "costed_absolute_amount", "order_count",
    "positive_order_count", "positive_month_count",
)  # fmt: skip
LAGS = {
    "previous_line_count": ("line_count", 1),
    "previous_sales_amount": ("sales_amount", 1),
    "prior_year_line_count": ("line_count", 12),
    "prior_year_amount": ("sales_amount", 12),
}


def line_sums() -> dict[str, nw.Expr]:
    """The sums of costed lines that customers and products share (cost_amount NULL: uncosted).

    Money and quantity in units of 1/10,000; `absolute_amount` is the sum of |net_amount|.
    """
    net, cost = nw.col("net_amount"), nw.col("cost_amount")
    costed = ~cost.is_null()
    absolute = net.abs()
    return {
        "line_count": nw.len().cast(nw.Int64),
        "uncosted_line_count": flag(~costed).sum(),
        "sales_amount": net.sum(),
        "quantity": nw.col("quantity").sum(),
        "cost_amount": cost.fill_null(0).sum(),
        "costed_sales_amount": nw.when(costed).then(net).otherwise(0).sum(),
        "absolute_amount": absolute.sum(),
        "costed_absolute_amount": nw.when(costed).then(absolute).otherwise(0).sum(),
    }


def order_month(lines: Frame) -> Frame:
    """One row per customer, order and month of sale: `sales_amount`."""
    return lines.group_by("customer_id", "order_id", "month").agg(
        sales_amount=nw.col("net_amount").sum()
    )


def customer_month(lines: Frame, orders: Frame) -> Frame:
    """One row per customer and month of sale.

    Besides the sums: days of the first and last line with net_amount > 0 (NULL: none),
    positive_month_count (1 where there is such a line), orders, and orders whose sum in the month is > 0.
    """
    positive = nw.col("net_amount") > 0
    day = nw.when(positive).then(nw.col("day"))
    sold = lines.group_by("customer_id", "month").agg(
        **line_sums(),
        positive_month_count=flag(positive).max(),
        first_positive_day=day.min(),
        last_positive_day=day.max(),
    )
    ordered = orders.group_by("customer_id", "month").agg(
        order_count=nw.len().cast(nw.Int64),
        positive_order_count=flag(nw.col("sales_amount") > 0).sum(),
    )
    return sold.join(ordered, on=["customer_id", "month"], how="left")


def customer_period(monthly: Frame, orders: Frame, spine_months: Frame, windows: Frame) -> Frame:
    """One row per as-of month, period and customer with lines in it, a month or a year before.

    `windows` holds the as-of months wanted; `spine_months` reaches 23 months further back. Distinct
    orders are exact: an order whose lines span months counts once in a period.
    """
    rolled = rolling_periods(monthly, spine_months, ["customer_id"], VALUES, LAGS)
    touched = nw.sum_horizontal("line_count", "previous_line_count", "prior_year_line_count") > 0
    keys = ["month", "period", "customer_id"]
    return (
        rolled.join(windows.select("month").unique(["month"]), on="month", how="semi")
        .filter(touched)
        .join(_corrections(orders, windows), on=keys, how="left")
        .with_columns(
            order_count=nw.col("order_count") + nw.col("orders_off").fill_null(0),
            positive_order_count=nw.col("positive_order_count")
            + nw.col("positive_orders_off").fill_null(0),
        )
        .drop("orders_off", "positive_orders_off")
    )


def _corrections(orders: Frame, windows: Frame) -> Frame:
    """By how much the sum of monthly order counts is off, for the few orders that span months."""
    order = ["customer_id", "order_id"]
    inside = windows.select("fact_month").unique(["fact_month"])
    near = orders.rename({"month": "fact_month"}).join(inside, on="fact_month", how="semi")
    split = near.group_by(*order).agg(months=nw.len()).filter(nw.col("months") > 1)
    per_order = (
        near.join(split.select(*order), on=order, how="semi")
        .join(windows, on="fact_month", how="inner")
        .group_by("month", "period", *order)
        .agg(
            counted=nw.len().cast(nw.Int64),
            counted_positive=flag(nw.col("sales_amount") > 0).sum(),
            sales_amount=nw.col("sales_amount").sum(),
        )
    )
    return per_order.group_by("month", "period", "customer_id").agg(
        orders_off=(1 - nw.col("counted")).sum(),
        positive_orders_off=(flag(nw.col("sales_amount") > 0) - nw.col("counted_positive")).sum(),
    )


def positive_history(monthly: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and customer who ever bought up to its end.

    first_positive_day, last_positive_day: of lines with net_amount > 0 dated up to the month's end.
    """
    bought = monthly.filter(nw.col("positive_month_count") > 0)
    first = bought.group_by("customer_id").agg(
        first_positive_day=nw.col("first_positive_day").min()
    )
    begin = calendar.select(begin=nw.col("month").min())
    known = (
        bought.select("customer_id", "month", "last_positive_day")
        .join(begin, how="cross")
        .with_columns(month=nw.max_horizontal("month", "begin"))
        .group_by("customer_id", "month")
        .agg(last_positive_day=nw.col("last_positive_day").max())
    )
    last = nw.col("last_positive_day").fill_null(-1_000_000).cum_max()
    return (
        first.join(calendar.select("month", "as_of_day"), how="cross")
        .filter(nw.col("first_positive_day") <= nw.col("as_of_day"))
        .join(known, on=["customer_id", "month"], how="left")
        .with_columns(last_positive_day=last.over("customer_id", order_by="month"))
        .select("month", "customer_id", "first_positive_day", "last_positive_day")
    )


def with_lines(customer_abc: Frame, customer_period: Frame) -> Frame:
    """The rows of an ABC table whose customers have a line in the period: without those that only left a tier."""
    keys = ["month", "period", "customer_id"]
    sold = customer_period.filter(nw.col("line_count") > 0).select(*keys)
    return customer_abc.join(sold, on=keys, how="semi")
