"""What holds at a month's end: running totals and latest states, from sparse events, for many months in one pass.

An event changes something from its month on. Between two events of a key nothing changes, so each event holds for a
span of months; only spans meet the calendar, never every record with every month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.periods import NEVER
from metrics.registers import members_at

if TYPE_CHECKING:
    from collections.abc import Sequence

Frame = nw.LazyFrame[Any]


def latest(events: Frame, keys: Sequence[str], order_by: Sequence[str], calendar: Frame) -> Frame:
    """One row per as-of month and key: its last event dated up to the month's end; none before its first.

    `events`: keys, month (Int32) and any other columns; `order_by` orders a key's events without ties, months ascending.
    """
    next_month = nw.col("month").shift(-1).over(*keys, order_by=list(order_by)).fill_null(NEVER)
    spans = events.with_columns(to_month=next_month).rename({"month": "from_month"})
    return at_month_ends(spans, calendar)


def running_total(events: Frame, keys: Sequence[str], value: str, calendar: Frame) -> Frame:
    """One row per as-of month and key: `value` summed over all its events up to the month's end; rows of 0 are left out.

    `events`: keys, month (Int32) and `value` (Int64, units); any number of rows a key and month.
    """
    total = nw.col(value).cum_sum().over(*keys, order_by="month").cast(nw.Int64)
    monthly = (
        events.group_by(*keys, "month").agg(nw.col(value).sum()).with_columns(total.alias(value))
    )
    return latest(monthly, keys, ["month"], calendar).filter(nw.col(value) != 0)


def at_month_ends(spans: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and span that holds at its end; `spans`: from_month, to_month (exclusive) and any columns."""
    begin, end = nw.col("month").min(), nw.col("month").max()
    run = calendar.select(begin=begin, end=end)
    near = (
        spans.join(run, how="cross")
        .filter(
            (nw.col("from_month") < nw.col("to_month"))
            & (nw.col("from_month") <= nw.col("end"))
            & (nw.col("to_month") > nw.col("begin"))
        )
        .drop("begin", "end")
    )
    return members_at(near, calendar)
