"""Findings on service: visits in vain, complaints handled late or out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.complaints import is_late

if TYPE_CHECKING:
    from metrics.findings.told import Engine

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def visits_in_vain(
    plan: Frame, streak: Frame, action: str, max_ineffective: int, engine: Engine
) -> Frame:
    """The pairs of a visit plan with this action; `streak`: the visits in vain of each pair, as of."""
    pair = ["month", "salesperson_id", "customer_id"]
    ids = engine.joined(streak, pair, "visit_id").rename({"visit_id": "evidence"})
    return (
        plan.filter(nw.col("action") == action)
        .join(ids, on=pair, how="left")
        .with_columns(
            subject_id=nw.concat_str("salesperson_id", "customer_id", separator="|"),
            observed=nw.col("ineffective_streak").cast(nw.String),
            threshold=nw.lit(str(max_ineffective)),
        )
    )


def sla_breached(
    complaints: Frame, response_hours: float, resolution_hours: float, engine: Engine
) -> Frame:
    """Complaints that were, or are, handled late: by the response if it is late, else by the resolution.

    `complaints`: rows of rpt_complaint, and elapsed_hours (complaints.with_elapsed).
    """
    response, resolution = nw.col("first_response_hours"), nw.col("first_resolution_hours")
    late = is_late("first_response_hours", response_hours)
    taken = nw.when(late).then(response).otherwise(resolution)
    so_far = nw.coalesce(taken, nw.col("elapsed_hours"))
    breached = complaints.filter(nw.col("sla_status") == "breached").with_columns(
        subject_id="complaint_id",
        hours=so_far,
        threshold=nw.when(late)
        .then(nw.lit(f"{response_hours:g}"))
        .otherwise(nw.lit(f"{resolution_hours:g}")),
        sla=nw.when(late).then(nw.lit("response")).otherwise(nw.lit("resolution")),
        so_far=nw.when(taken.is_null()).then(nw.lit("true")),
    )
    return engine.in_text(breached, observed="hours")


def steps_out_of_order(complaints: Frame) -> Frame:
    """Complaints with a step skipped or taken back, in any round."""
    return complaints.filter(~nw.col("steps_in_order")).with_columns(
        subject_id="complaint_id", observed="current_step"
    )


def implemented_unapproved(complaints: Frame) -> Frame:
    """Complaints implemented in a round without an approval before it."""
    return complaints.filter("implemented_unapproved").with_columns(subject_id="complaint_id")
