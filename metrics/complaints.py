"""Complaints: how, how soon and in which order each one was handled (deck: 客户投诉处理)."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.complaint_states import DAY, HOUR, complaint_states, hours, microseconds
from metrics.reasons import first_code, null_reasons
from metrics.registers import members_at

Frame = nw.LazyFrame[Any]

_HOURS = ("first_response_hours", "first_resolution_hours", "full_resolution_hours")


def complaints(
    received: Frame,
    events: Frame,
    calendar: Frame,
    response_hours: float,
    resolution_hours: float,
    *,
    has_events: bool,
) -> Frame:
    """One row per as-of month and complaint that was received in the trailing 12 months or is not closed at as_of.

    `received`, `events`: the ledgers of complaints and complaint_events; `has_events`: whether the latter feed is supplied
    (if not, no complaint is late). sla_status: breached if the first response or the first resolution is late; met if both
    came in time; else open. Other columns as in `complaint_states`.
    """
    reason = "not_yet" if has_events else "feed_absent"
    sla_status = _sla_status(response_hours, resolution_hours) if has_events else nw.lit("open")
    return (
        members_at(_spans(received, events), calendar)
        .pipe(with_elapsed, calendar)
        .with_columns(sla_status=sla_status, **null_reasons(dict.fromkeys(_HOURS, reason)))
        .drop("elapsed_hours")
    )


def with_elapsed(complaints: Frame, calendar: Frame) -> Frame:
    """Adds elapsed_hours, from received_at to the end of as_of."""
    end = (nw.col("as_of_day").cast(nw.Int64) + 1) * DAY
    return (
        complaints.join(calendar.select("month", "as_of_day"), on="month", how="left")
        .with_columns(elapsed_hours=hours(end - microseconds(nw.col("received_at"))))
        .drop("as_of_day")
    )


def is_late(taken: str, target_hours: float) -> nw.Expr:
    """Whether the hours `taken` are strictly more than a target or, where they are NULL, the hours elapsed so far.

    The target counts in whole microseconds, of which no two are the same number of hours.
    """
    target = round(target_hours * HOUR) / HOUR
    return nw.coalesce(nw.col(taken), nw.col("elapsed_hours")) > target


def _spans(received: Frame, events: Frame) -> Frame:
    """The states of all complaints, for as long as they are reported: closed ones for 12 months from receipt on."""
    attributes = ("customer_id", "category", "subcategory", "received_at")
    last = nw.min_horizontal(nw.col("to_month"), nw.col("received_month") + 12)
    to_month = nw.when(nw.col("is_closed")).then(last).otherwise(nw.col("to_month"))
    return (
        complaint_states(received, events)
        .join(
            received.select("complaint_id", *attributes, received_month="month"),
            on="complaint_id",
            how="inner",
        )
        .with_columns(to_month=to_month)
        .drop("received_month")
    )


def _sla_status(response_hours: float, resolution_hours: float) -> nw.Expr:
    response, resolution = "first_response_hours", "first_resolution_hours"
    late = is_late(response, response_hours) | is_late(resolution, resolution_hours)
    missing = nw.col(response).is_null() | nw.col(resolution).is_null()
    return first_code((late, "breached"), (~missing, "met")).fill_null("open")
