"""Four ways to class a customer (deck: 客户构成分析): nature, stage, seniority, volume.

Windows are half open: (as_of - days, as_of]. Only lines with net_amount > 0 count as trading.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.reasons import first_code
from schemas import vocabulary

Frame = nw.LazyFrame[Any]

UNCLASSIFIED = vocabulary.UNCLASSIFIED[0]


def classification(
    customers_at: Frame,
    history: Frame,
    trailing: Frame,
    calendar: Frame,
    days: Frame,
    earliest_sale_day: Frame,
    *,
    active_days: int,
    new_days: int,
    sporadic_months: int,
) -> Frame:
    """One row per as-of month and customer that exists at its end.

    `history`: first and last positive day (customer_sales.positive_history). `trailing`: month,
    customer_id, tier and positive_month_count of the trailing 12 months. `days`: day (number) and
    date of every day of the as-of months. `earliest_sale_day`: one row, the company's earliest sale.
    """
    on = ["month", "customer_id"]
    return (
        customers_at.select(*on, "nature", "market_position")
        .join(history, on=on, how="left")
        .join(trailing, on=on, how="left")
        .join(calendar.select("month", "as_of_day"), on="month", how="left")
        .join(earliest_sale_day, how="cross")
        .with_columns(
            stage=_stage(active_days),
            seniority=_seniority(new_days),
            volume_class=_volume_class(sporadic_months),
            # Without any sale there is no history that could be cut off.
            history_censored=(nw.col("as_of_day") - nw.col("earliest_sale_day") < new_days).fill_null(value=False),
        )
        .join(days.select(first_positive_day="day", first_sold_on="date"), on="first_positive_day", how="left")
        .join(days.select(last_positive_day="day", last_sold_on="date"), on="last_positive_day", how="left")
        .select(
            *on, "nature", "stage", "seniority", "volume_class", "first_sold_on", "last_sold_on",
            "history_censored",
        )
    )  # fmt: skip


def _stage(active_days: int) -> nw.Expr:
    last = nw.col("last_positive_day")
    active = last > nw.col("as_of_day") - active_days
    return first_code((last.is_null(), "prospective"), (active, "current")).fill_null("past")


def _seniority(new_days: int) -> nw.Expr:
    first = nw.col("first_positive_day")
    is_new = first > nw.col("as_of_day") - new_days
    return first_code((first.is_null(), "future"), (is_new, "new")).fill_null("old")


def _volume_class(sporadic_months: int) -> nw.Expr:
    """Major: tier A, or B that leads its market. Sporadic: N, no sales, or C in few months."""
    tier = nw.col("tier").fill_null("N")
    leads = nw.col("market_position") == "leader"
    seldom = nw.col("positive_month_count").fill_null(0) <= sporadic_months
    major = (tier == "A") | ((tier == "B") & leads)
    sporadic = (tier == "N") | ((tier == "C") & seldom)
    return first_code((major, "major"), (sporadic, "sporadic")).fill_null("general")
