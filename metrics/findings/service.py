"""Findings on service: visits in vain, complaints handled late or out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.complaint_states import DAY, hours, microseconds

if TYPE_CHECKING:
    from metrics.findings.told import Joined

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def visits_in_vain(
    plan: Frame, streak: Frame, action: str, max_ineffective: int, joined: Joined
) -> Frame:
    """The pairs of a visit plan with this action; `streak`: the visits in vain of each pair, as of."""
    pair = ["month", "salesperson_id", "customer_id"]
    ids = joined(streak, pair, "visit_id").rename({"visit_id": "evidence"})
    return (
        plan.filter(nw.col("action") == action)
        .join(ids, on=pair, how="left")
        .with_columns(
            subject_id=nw.concat_str("salesperson_id", "customer_id", separator="|"),
            observed=nw.col("ineffective_streak").cast(nw.String),
            threshold=nw.lit(str(max_ineffective)),
        )
    )


def sla_breached(complaints: Frame, response_hours: float, resolution_hours: float) -> Frame:
    """Complaints that were, or are, handled late: by the response if it is late, else by the resolution.

    `complaints`: rows of rpt_complaint, and elapsed_hours, from receipt to the end of as_of.
    """
    elapsed, answered = nw.col("elapsed_hours"), nw.col("first_response_hours")
    response, resolution = nw.coalesce(answered, elapsed), nw.col("first_resolution_hours")
    late = response > response_hours
    taken = nw.when(late).then(response).otherwise(nw.coalesce(resolution, elapsed))
    missing = nw.when(late).then(answered.is_null()).otherwise(resolution.is_null())
    return complaints.filter(nw.col("sla_status") == "breached").with_columns(
        subject_id="complaint_id",
        hours=taken,
        observed=taken.cast(nw.String),
        threshold=nw.when(late)
        .then(nw.lit(f"{response_hours:g}"))
        .otherwise(nw.lit(f"{resolution_hours:g}")),
        sla=nw.when(late).then(nw.lit("response")).otherwise(nw.lit("resolution")),
        so_far=nw.when(missing).then(nw.lit("true")),
    )


def with_elapsed(complaints: Frame, calendar: Frame) -> Frame:
    """Adds elapsed_hours, from received_at to the end of the as-of month's last day."""
    end = (nw.col("as_of_day").cast(nw.Int64) + 1) * DAY
    elapsed = hours(end - microseconds(nw.col("received_at")))
    return complaints.join(
        calendar.select("month", "as_of_day"), on="month", how="inner"
    ).with_columns(elapsed_hours=elapsed)


def steps_out_of_order(complaints: Frame) -> Frame:
    """Complaints with a step skipped or taken back, in any round."""
    return complaints.filter(~nw.col("steps_in_order")).with_columns(
        subject_id="complaint_id", observed="current_step"
    )


def implemented_unapproved(complaints: Frame) -> Frame:
    """Complaints implemented in a round without an approval before it."""
    return complaints.filter("implemented_unapproved").with_columns(subject_id="complaint_id")
