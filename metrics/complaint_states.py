"""How far the handling of each complaint had come at each month-end (deck: 客户投诉处理).

What an event adds to the history of a complaint stays, whatever follows; so a state is computed once for each month
with events, and holds until the next one. Events of a complaint follow each other by time, then sequence.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.periods import NEVER, day_number
from metrics.ratios import flag, over_constant
from metrics.reasons import first_code
from schemas.feeds import complaint_events

Frame = nw.LazyFrame[Any]

STEPS = tuple(code for code, _, _ in complaint_events.STEPS)
_SECOND = 1_000_000  # microseconds
HOUR = 3_600 * _SECOND
DAY = 24 * HOUR
# Round and step are one number, round x _ROUND + place of the step: any step of a later round is further than all steps
# of an earlier one, so that a running maximum is the furthest step of the last round.
_ROUND = 16
_LONGEST = 2**62  # longer than any time
_COMPLAINT = "complaint_id"


def complaint_states(complaints: Frame, events: Frame) -> Frame:
    """One row per complaint and span of months in which month-ends see the same state of it.

    `complaints`, `events`: the ledgers; events of unknown complaints do not count. Returns complaint_id; from_month and
    to_month (exclusive), beginning with the month of receipt; current_step (furthest of the last round; NULL: none yet);
    validity; department; first_response_hours, first_resolution_hours (since receipt; NULL: never), full_resolution_hours
    (to the last closing; NULL while open); reopen_count; is_closed; steps_in_order; implemented_unapproved.
    """
    log = _log(complaints, events)
    assigned = log.filter(nw.col("step") == "assigned")
    received = complaints.select(_COMPLAINT, received_month="month")
    return (
        _accumulated(_monthly(log))
        .join(received, on=_COMPLAINT, how="inner")
        .with_columns(from_month=nw.max_horizontal("month", "received_month"))
        .filter(nw.col("from_month") < nw.col("to_month"))
        .join(
            assigned.select(_COMPLAINT, "department", assigned="position"),
            on=[_COMPLAINT, "assigned"],
            how="left",
        )
        .select(_COMPLAINT, "from_month", "to_month", "department", **_meanings())
    )


def microseconds(time: nw.Expr) -> nw.Expr:
    """Microseconds since 1970-01-01 of a local time, from its parts: the engines share no function for it."""
    hour, minute, second, rest = (
        part.cast(nw.Int64)
        for part in (time.dt.hour(), time.dt.minute(), time.dt.second(), time.dt.microsecond())
    )
    seconds = (hour * 60 + minute) * 60 + second
    # Before 1970 Spark counts them backwards from the next second.
    rest = (rest + _SECOND) % _SECOND
    return day_number(time).cast(nw.Int64) * DAY + seconds * _SECOND + rest


def hours(time: nw.Expr) -> nw.Expr:
    """Hours (Float64) of a column of microseconds."""
    return over_constant(time, HOUR)


def _running(expr: nw.Expr, by: str = "position") -> nw.Expr:
    return expr.over(_COMPLAINT, order_by=by)


def _log(complaints: Frame, events: Frame) -> Frame:
    """Every event, and every receipt as an event that changes nothing, with its place in what had happened.

    position (1: the first), elapsed (microseconds since receipt), round (0: the first), step_number (0: no step of the
    order), reached (round and step), furthest (of the round), before (furthest before this event), approved_round
    (the last round with an approval, -1: none).
    """
    order = ["occurred_at", "sequence"]
    columns = [_COMPLAINT, "month", *order, "step", "result", "department"]
    receipts = complaints.with_columns(
        *(nw.lit(None).cast(nw.String).alias(name) for name in columns[-3:]),
        occurred_at=nw.col("received_at"),
        sequence=nw.lit(-_LONGEST).cast(nw.Int64),
    )
    step, result, position = nw.col("step"), nw.col("result"), nw.col("occurred_at").cum_count()
    approved = (step == "approved") & ((result == "approved") | result.is_null())
    approved_round = nw.when(approved).then(nw.col("round")).otherwise(-1)
    return (
        nw.concat([events.select(columns), receipts.select(columns)], how="vertical")
        .join(complaints.select(_COMPLAINT, "received_at"), on=_COMPLAINT, how="inner")
        .with_columns(
            position=position.over(_COMPLAINT, order_by=order).cast(nw.Int64),
            elapsed=microseconds(nw.col("occurred_at")) - microseconds(nw.col("received_at")),
            step_number=_step_number(),
        )
        .with_columns(round=_running(flag(step == "reopened").cum_sum()).cast(nw.Int64))
        .with_columns(reached=nw.col("round") * _ROUND + nw.col("step_number"))
        .with_columns(
            furthest=_running(nw.col("reached").cum_max()),
            approved_round=_running(approved_round.cum_max()),
        )
        .with_columns(before=_running(nw.col("furthest").shift(1)).fill_null(0))
    )


def _step_number() -> nw.Expr:
    number = nw.lit(0)
    for place, name in enumerate(STEPS, 1):
        number = nw.when(nw.col("step") == name).then(place).otherwise(number)
    return number.cast(nw.Int64)


def _out_of_order() -> nw.Expr:
    """Whether a step leaves one out, or comes after a later one: it is neither the furthest again nor the next."""
    ahead = nw.col("reached") - nw.col("before")
    return (nw.col("step_number") > 0) & ((ahead < 0) | (ahead > 1))


def _last_of(yes: nw.Expr, no: nw.Expr) -> nw.Expr:
    """Twice the position, and 1 more for events that say yes; 0 for others. The greatest is the last and keeps its word."""
    place = 2 * nw.col("position")
    said_no = nw.when(no).then(place).otherwise(0)
    return nw.when(yes).then(place + 1).otherwise(said_no).cast(nw.Int64).max()


def _monthly(log: Frame) -> Frame:
    """One row per complaint and month with its receipt or an event: what happened in it."""
    step, result, elapsed = nw.col("step"), nw.col("result"), nw.col("elapsed")
    judged, closed = step == "judged", step == "closed"
    unapproved = (step == "implemented") & (nw.col("approved_round") < nw.col("round"))
    return log.group_by(_COMPLAINT, "month").agg(
        reopen_count=nw.col("round").max(),
        furthest=nw.col("furthest").max(),
        faults=flag(_out_of_order()).max(),
        implemented_unapproved=flag(unapproved).max(),
        judged=_last_of(judged & (result == "valid"), judged & (result == "invalid")),
        settled=_last_of(closed, step == "reopened"),
        assigned=nw.when(step == "assigned").then(nw.col("position")).otherwise(0).max(),
        first_response=nw.when(step == "responded").then(elapsed).otherwise(_LONGEST).min(),
        first_closing=nw.when(closed).then(elapsed).otherwise(_LONGEST).min(),
        last_closing=nw.when(closed).then(elapsed).otherwise(-_LONGEST).max(),
    )


def _accumulated(monthly: Frame) -> Frame:
    """What had happened by the end of each of these months, and the next one of them as `to_month`."""
    latest = (
        "reopen_count", "furthest", "faults", "implemented_unapproved", "judged", "settled", "assigned",
        "last_closing",
    )  # fmt: skip
    first = ("first_response", "first_closing")
    return monthly.with_columns(
        *(_running(nw.col(name).cum_max(), "month").alias(name) for name in latest),
        *(_running(nw.col(name).cum_min(), "month").alias(name) for name in first),
        to_month=_running(nw.col("month").shift(-1), "month").fill_null(NEVER),
    )


def _meanings() -> dict[str, nw.Expr]:
    """The published words for the numbers that were accumulated."""
    judged, step = nw.col("judged"), nw.col("furthest") % _ROUND
    is_closed = nw.col("settled") % 2 == 1
    return {
        "current_step": first_code(*((step == at, name) for at, name in enumerate(STEPS, 1))),
        "validity": first_code(
            (judged == 0, "undetermined"), (judged % 2 == 1, "valid"), (judged > 0, "invalid")
        ),
        "first_response_hours": _hours_until("first_response"),
        "first_resolution_hours": _hours_until("first_closing"),
        "full_resolution_hours": nw.when(is_closed).then(_hours_until("last_closing")),
        "reopen_count": nw.col("reopen_count"),
        "is_closed": is_closed,
        "steps_in_order": nw.col("faults") == 0,
        "implemented_unapproved": nw.col("implemented_unapproved") == 1,
    }


def _hours_until(name: str) -> nw.Expr:
    time = nw.col(name)
    return hours(nw.when((time < _LONGEST) & (time > -_LONGEST)).then(time))
