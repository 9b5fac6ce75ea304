"""Days sales outstanding 应收账款周转天数: how many days of invoices the balance stands for.

By the last three months' invoices, and by count-back, which takes each month's invoices off the balance, newest first.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.holding import running_total
from metrics.ratios import ratio
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

RECENT_MONTHS = 3
COUNTBACK_MONTHS = 24
_KEY = ["month", "customer_id"]


def invoice_months(invoices: Frame) -> Frame:
    """One row per customer and month with invoices: invoiced (units), and `upto`, the sum of it and all earlier months."""
    monthly = invoices.group_by("customer_id", "month").agg(invoiced=nw.col("amount").sum())
    upto = nw.col("invoiced").cum_sum().over("customer_id", order_by="month").cast(nw.Int64)
    return monthly.with_columns(upto=upto).rename({"month": "fact_month"})


def with_dso(frame: Frame, invoices: Frame, lookback: Frame) -> Frame:
    """Adds dso_days and dso_countback_days (Float64, days) and their reasons.

    `frame`: month, customer_id, balance_amount (units, not NULL). `lookback`: months.lookback(24): month, fact_month, age
    (0: the as-of month itself), day_count of the fact month, days_after (from its end to as_of).
    dso_days = balance / sum of the invoices of the last 3 months x their days; a sum <= 0: NULL `no_invoices`.
    dso_countback_days: full months count their days, the last one balance left / its invoices x its days; balance <= 0: 0;
    not used up in 24 months: NULL `history_short`.
    """
    monthly = invoice_months(invoices)
    near = lookback.filter(nw.col("age") < RECENT_MONTHS)
    days = near.group_by("month").agg(recent_days=nw.col("day_count").sum())
    recent = (
        monthly.join(near, on="fact_month", how="inner")
        .group_by(*_KEY)
        .agg(recent=nw.col("invoiced").sum())
    )
    balance = nw.col("balance_amount")
    has_recent = (nw.col("recent") > 0).fill_null(value=False)
    by_recent = ratio(balance, nw.col("recent")) * nw.col("recent_days")
    return (
        frame.join(recent, on=_KEY, how="left")
        .join(days, on="month", how="left")
        .join(_countback(frame, invoices, monthly, lookback), on=_KEY, how="left")
        .with_columns(
            dso_days=nw.when(has_recent).then(by_recent),
            dso_days_reason=first_code((~has_recent, "no_invoices")),
            dso_countback_days=nw.when(balance <= 0)
            .then(nw.lit(0.0))
            .otherwise(nw.col("counted_days")),
            dso_countback_days_reason=first_code(
                ((balance > 0) & nw.col("counted_days").is_null(), "history_short")
            ),
        )
        .drop("recent", "recent_days", "counted_days")
    )


def _countback(frame: Frame, invoices: Frame, monthly: Frame, lookback: Frame) -> Frame:
    """One row per as-of month and customer whose balance is used up in 24 months: counted_days.

    The balance is used up in the newest month t whose invoices, with those after it, are at least the balance. With
    running totals, and paid = all invoices - balance: those before t <= paid; what is left in t is those up to t - paid.
    """
    calendar = lookback.filter(nw.col("age") == 0)
    every = running_total(
        invoices.select("customer_id", "month", total="amount"), ["customer_id"], "total", calendar
    )
    owing = (
        frame.filter(nw.col("balance_amount") > 0)
        .select(*_KEY, "balance_amount")
        .join(every, on=_KEY, how="left")
        .with_columns(paid=nw.col("total").fill_null(0) - nw.col("balance_amount"))
        .select(*_KEY, "paid")
    )
    paid = nw.col("paid")
    used_up_in = (
        monthly.join(lookback.select("month", "fact_month"), on="fact_month", how="inner")
        .join(owing, on=_KEY, how="inner")
        .filter(nw.col("upto") - nw.col("invoiced") <= paid)
        .group_by(*_KEY, "paid")
        .agg(fact_month=nw.col("fact_month").max())
    )
    part = ratio(nw.col("upto") - paid, nw.col("invoiced")) * nw.col("day_count")
    return (
        used_up_in.join(monthly, on=["customer_id", "fact_month"], how="inner")
        .join(lookback, on=["month", "fact_month"], how="inner")
        .select(*_KEY, counted_days=nw.col("days_after") + part)
    )
