"""Complaints in numbers: how many were right, how soon they were handled, and how many there are to an order.

All periods lie within the trailing 12 months, so the rows of `rpt_complaint` hold every complaint that counts.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.periods import month_number
from metrics.ratios import flag, ratio
from metrics.reasons import null_reasons

Frame = nw.LazyFrame[Any]

_PERIOD = ("month", "period")
_ROW = (*_PERIOD, "category", "subcategory")
_MEDIANS = {
    "median_first_response_hours": "first_response_hours",
    "median_resolution_hours": "first_resolution_hours",
}
_REASONS = {
    "valid_rate": "none_judged",
    "median_first_response_hours": "none_responded",
    "median_resolution_hours": "none_closed",
    "sla_rate": "none_decided",
    "reopen_rate": "none_closed",
    "per_10000_orders": "no_orders",
}


def complaint_summary(rows: Frame, orders: Frame, bounds: Frame, *, has_events: bool) -> Frame:
    """One row per as-of month, period, category and subcategory (NULL is one) with a complaint received in the period.

    `rows`: of rpt_complaint; `orders`: what `company_orders` returns. A median of an even number is the mean of the two
    in the middle. A ratio whose denominator is 0 is NULL, and a reason column says why; without complaint events
    (`has_events`) all of them are NULL, `feed_absent`.
    """
    valid, invalid = nw.col("valid_count"), nw.col("invalid_count")
    met, ordered = nw.col("sla_met_count"), nw.col("company_order_count")
    reasons = _REASONS if has_events else dict.fromkeys(_REASONS, "feed_absent")
    return (
        _counted(_with_middles(_in_periods(rows, bounds)))
        .join(orders.rename({"order_count": "company_order_count"}), on=list(_PERIOD), how="left")
        .with_columns(company_order_count=ordered.fill_null(0))
        .with_columns(
            valid_rate=ratio(valid, valid + invalid),
            sla_rate=ratio(met, met + nw.col("sla_breached_count")),
            reopen_rate=ratio(nw.col("reopened_count"), nw.col("ever_closed_count")),
            per_10000_orders=nw.when(nw.lit(has_events)).then(ratio(valid * 10_000, ordered)),
        )
        .with_columns(**null_reasons(reasons))
    )


def valid_counts(rows: Frame) -> Frame:
    """One row per as-of month and customer with a valid complaint received in the trailing 12 months: valid_count.

    `rows`: what `complaints` returns.
    """
    is_recent = month_number(nw.col("received_at")) > nw.col("month") - 12
    return (
        rows.filter(is_recent & (nw.col("validity") == "valid"))
        .group_by("month", "customer_id")
        .agg(valid_count=nw.len().cast(nw.Int64))
    )


def _in_periods(rows: Frame, bounds: Frame) -> Frame:
    received = rows.with_columns(received_month=month_number(nw.col("received_at")))
    return received.join(bounds.select(*_PERIOD, "start_month"), on="month", how="inner").filter(
        nw.col("received_month") >= nw.col("start_month")
    )


def _with_middles(frame: Frame) -> Frame:
    """Each number of hours where it is in the middle of its row, or one of the two there; else NULL."""
    middles = {}
    for median, hours in _MEDIANS.items():
        place = nw.col(hours).cum_count().over(*_ROW, order_by=hours).cast(nw.Int64)
        beyond = 2 * place - nw.col(hours).count().over(*_ROW).cast(nw.Int64)
        middles[median] = nw.when(beyond.is_between(0, 2)).then(nw.col(hours))
    return frame.with_columns(**middles)


def _counted(frame: Frame) -> Frame:
    conditions = {
        "valid_count": nw.col("validity") == "valid",
        "invalid_count": nw.col("validity") == "invalid",
        "undetermined_count": nw.col("validity") == "undetermined",
        "open_count": ~nw.col("is_closed"),
        "ever_closed_count": ~nw.col("first_resolution_hours").is_null(),
        "reopened_count": nw.col("reopen_count") > 0,
        "sla_met_count": nw.col("sla_status") == "met",
        "sla_breached_count": nw.col("sla_status") == "breached",
    }
    counts = {name: flag(condition).sum().cast(nw.Int64) for name, condition in conditions.items()}
    medians = {name: nw.col(name).mean() for name in _MEDIANS}
    return frame.group_by(*_ROW).agg(received_count=nw.len().cast(nw.Int64), **counts, **medians)
