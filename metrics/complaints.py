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
    """One row per as-of month and complaint that was received in the trailing 12 months or is not closed at D.

    `received`, `events`: the ledgers of complaints and complaint_events; `has_events`: whether the latter feed is supplied
    (if not, no complaint is late). Hours since receipt (Float64) are NULL where it has not happened, full_resolution_hours
    also while the complaint is open. sla_status: breached if the first response or the first resolution took longer than
    its target or, at D's end, is missing for longer; met if both came in time; else open. Other columns as in
    `complaint_states`.
    """
    reason = "not_yet" if has_events else "feed_absent"
    sla_status = _sla_status(response_hours, resolution_hours) if has_events else nw.lit("open")
    end = (nw.col("as_of_day").cast(nw.Int64) + 1) * DAY
    return (
        members_at(_spans(received, events), calendar)
        .join(calendar.select("month", "as_of_day"), on="month", how="left")
        .with_columns(elapsed=end - microseconds(nw.col("received_at")))
        .with_columns(
            first_response_hours=hours(nw.col("first_response")),
            first_resolution_hours=hours(nw.col("first_closed")),
            full_resolution_hours=nw.when(nw.col("is_closed")).then(hours(nw.col("last_closed"))),
            sla_status=sla_status,
        )
        .with_columns(**null_reasons(dict.fromkeys(_HOURS, reason)))
        .drop("as_of_day", "elapsed", "first_response", "first_closed", "last_closed")
    )


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
    """Judged in whole microseconds; late is strictly more than the target."""
    targets = {
        "first_response": round(response_hours * HOUR),
        "first_closed": round(resolution_hours * HOUR),
    }
    late = [
        nw.coalesce(nw.col(name), nw.col("elapsed")) > target for name, target in targets.items()
    ]
    missing = [nw.col(name).is_null() for name in targets]
    return first_code(
        (late[0] | late[1], "breached"), (~missing[0] & ~missing[1], "met")
    ).fill_null("open")
