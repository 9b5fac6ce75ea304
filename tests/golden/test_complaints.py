"""Worked cases of complaints: rounds, steps, judgements, times and targets at their edges."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest

from tests.unit.metrics.complaint_frames import Row, complaint, event, handled, handled_at, summed
from tests.unit.metrics.customer_frames import YEAR, by_key, collected, month

RECEIVED = complaint("K", "2024-03-04 09:00")


def chain(*steps: str, start: int = 1, day: int = 5) -> list[Row]:
    """Events of K, an hour apart from 10:00 of a day in March on: `step` or `step:result`."""
    parts = [step.partition(":") for step in steps]
    return [
        event("K", start + place, step, f"2024-03-{day:02} {10 + place}:00", result or None)
        for place, (step, _, result) in enumerate(parts)
    ]


def of(*events: Row, at: str = "2024-03") -> dict[str, Any]:
    """The row of K as of a month."""
    return handled_at([RECEIVED], events, at)["K"]


def test_two_reopenings() -> None:
    """A full resolution that stops at the first closing, or steps judged across rounds, hides repeated work."""
    events = [
        *chain("recorded", "judged:valid", "responded", "closed", day=5),  # closed 5 March 13:00
        *chain("reopened", "recorded", "closed", start=11, day=7),  # reopened; closed 7 March 12:00
        *chain("reopened", "recorded", "judged", "assigned", "closed", start=21, day=9),  # 9 March 14:00
    ]  # fmt: skip
    row = of(*events)
    assert row["reopen_count"] == 2
    assert row["first_response_hours"] == 27.0  # 4 March 09:00 -> 5 March 12:00
    assert row["first_resolution_hours"] == 28.0  # -> 5 March 13:00
    assert row["full_resolution_hours"] == 125.0  # -> 9 March 14:00: 5 days and 5 hours
    assert row["current_step"] == "assigned"
    assert row["is_closed"]
    assert row["steps_in_order"]
    assert row["validity"] == "valid"  # the judgement of the last round came to no result


def test_closed_then_reopened_is_open() -> None:
    """A complaint that was taken up again and still counts as resolved is forgotten."""
    row = of(*chain("recorded", "responded", "closed", "reopened"))
    assert not row["is_closed"]
    assert row["full_resolution_hours"] is None
    assert row["full_resolution_hours_reason"] == "not_yet"
    assert row["first_resolution_hours"] == 27.0  # 4 March 09:00 -> 5 March 12:00
    assert row["current_step"] is None  # the new round has no step yet
    assert row["reopen_count"] == 1


@pytest.mark.parametrize(
    ("received", "status"),
    [
        ("2024-03-31 00:00:00", "open"),  # 24 h at D's end: not more than the target
        ("2024-03-30 23:59:59.999999", "breached"),  # one microsecond more
        ("2024-03-31 15:00:00", "open"),
    ],
)
def test_no_response(received: str, status: str) -> None:
    """A complaint that nobody answers would stay open, and never be late."""
    row = handled_at([complaint("K", received)], [], "2024-03")["K"]
    assert row["sla_status"] == status
    assert row["first_response_hours"] is None
    assert row["first_response_hours_reason"] == "not_yet"
    assert row["current_step"] is None
    assert (row["validity"], row["department"]) == ("undetermined", None)
    assert row["steps_in_order"]
    assert not row["implemented_unapproved"]


@pytest.mark.parametrize(
    ("responded", "closed", "status"),
    [
        # Received 4 March 09:00: due 5 March 09:00 and, 240 h later, 14 March 09:00.
        ("2024-03-05 09:00:00", "2024-03-14 09:00:00", "met"),
        ("2024-03-05 09:00:00.000001", "2024-03-14 09:00:00", "breached"),
        ("2024-03-05 09:00:00", "2024-03-14 09:00:00.000001", "breached"),
        ("2024-03-05 09:00:00", None, "breached"),  # missing for 27 days at D's end
        (None, "2024-03-05 09:00:00", "breached"),
    ],
)
def test_targets_to_the_microsecond(responded: str | None, closed: str | None, status: str) -> None:
    """A target missed by a rounding of hours, or met by one, is a false accusation or a false praise."""
    steps = {"responded": responded, "closed": closed}
    row = of(*(event("K", n, step, at) for n, (step, at) in enumerate(steps.items()) if at))
    assert row["sla_status"] == status


def test_answered_and_not_yet_due() -> None:
    """A complaint with time left is neither met nor breached."""
    received, answered = complaint("K", "2024-03-30 09:00"), "2024-03-30 10:00"
    row = handled_at([received], [event("K", 1, "responded", answered)], "2024-03")["K"]
    assert (row["sla_status"], row["first_response_hours"]) == ("open", 1.0)
    # Without the response it is breached by 1 April 00:00 (39 h), with the resolution far from due.
    assert handled_at([received], [], "2024-03")["K"]["sla_status"] == "breached"


def test_a_reopening_does_not_undo_the_first_response_and_resolution() -> None:
    """Targets are for the first response and resolution; a late second closing must not breach them."""
    met = chain("responded", "closed", day=4)
    late = [event("K", 8, "reopened", "2024-03-20 09:00"), event("K", 9, "closed", "2024-03-30 09:00")]  # fmt: skip
    assert of(*met, *late)["sla_status"] == "met"


@pytest.mark.parametrize(
    ("steps", "in_order", "current"),
    [
        ("recorded judged assigned analysed proposed approved implemented summarised", True, "summarised"),
        ("recorded judged assigned", True, "assigned"),
        ("recorded assigned", False, "assigned"),  # judged is skipped
        ("judged", False, "judged"),  # recorded is skipped
        ("recorded recorded judged judged judged", True, "judged"),  # repeats
        ("recorded judged recorded", False, "judged"),  # an earlier step after a later one
        ("recorded assigned judged", False, "assigned"),  # made up for, but too late
        ("recorded responded judged closed assigned", True, "assigned"),  # others stand beside the order
        ("recorded judged reopened recorded judged assigned", True, "assigned"),
        ("recorded judged reopened assigned", False, "assigned"),  # a new round begins with recorded
        ("recorded assigned reopened recorded", False, "recorded"),  # a fault of an earlier round stays
        ("recorded judged reopened recorded", True, "recorded"),  # not an earlier step: another round
    ],
)  # fmt: skip
def test_steps(steps: str, in_order: bool, current: str) -> None:
    """A repeat taken for a fault, or a skipped step that is not seen, makes the audit of steps worthless."""
    row = of(*chain(*steps.split()))
    assert (row["steps_in_order"], row["current_step"]) == (in_order, current)


@pytest.mark.parametrize(
    ("steps", "unapproved"),
    [
        ("approved:approved implemented", False),
        ("approved implemented", False),  # an approval without a result counts
        ("approved:rejected implemented", True),
        ("approved:rejected approved:approved implemented", False),
        ("implemented", True),
        ("implemented approved:approved", True),  # approval after the fact
        ("implemented approved:approved implemented", True),
        ("approved:approved reopened implemented", True),  # approved only in an earlier round
        ("implemented reopened approved implemented", True),  # unapproved only in an earlier round
        ("approved reopened approved implemented", False),
        ("approved reopened", False),
    ],
)
def test_implemented_without_approval(steps: str, unapproved: bool) -> None:
    """An approval of another round, a rejection or one after the fact would cover for a missing one."""
    assert of(*chain(*steps.split()))["implemented_unapproved"] is unapproved


@pytest.mark.parametrize(
    ("steps", "validity"),
    [
        ("recorded judged", "undetermined"),
        ("judged:valid judged", "valid"),  # a judgement without a result leaves the one before
        ("judged:valid judged:invalid", "invalid"),
        ("judged:invalid judged:valid", "valid"),
        ("judged:invalid reopened recorded", "invalid"),
        ("approved:valid", "undetermined"),  # only a judgement judges
        ("judged:valid judged:satisfied", "valid"),  # no result of a judgement
    ],
)
def test_validity(steps: str, validity: str) -> None:
    """An early judgement that outlives a later one charges the wrong side."""
    assert of(*chain(*steps.split()))["validity"] == validity


def test_department_of_the_last_assignment() -> None:
    """A department that handed the case on would be blamed for it; one not named must not be made up."""
    assigned = [
        event("K", 1, "assigned", "2024-03-05 10:00", department="Quality"),
        event("K", 2, "assigned", "2024-04-05 10:00", department="Logistics"),
        event("K", 3, "analysed", "2024-04-06 10:00", department="Laboratory"),
        event("K", 4, "assigned", "2024-05-05 10:00"),
    ]
    rows = by_key(handled([RECEIVED], assigned, "2024-03", "2024-06"), "month")
    assert [rows[month("2024-03") + n]["department"] for n in range(4)] == [
        "Quality", "Logistics", None, None,
    ]  # fmt: skip


def test_the_last_instant_of_a_month() -> None:
    """An event of the last second left to the next month, or one of the next day let in, breaks the as-of."""
    events = [
        event("K", 1, "responded", "2024-03-31 23:59:59.999999"),
        event("K", 2, "closed", "2024-04-01 00:00"),
    ]
    march, april = of(*events), of(*events, at="2024-04")
    assert march["first_response_hours"] == pytest.approx(663 - 1 / 3.6e9, abs=1e-12)
    assert march["first_response_hours"] < 663.0  # 27 days and 15 hours less a microsecond
    assert (march["first_resolution_hours"], march["is_closed"]) == (None, False)
    assert (april["first_resolution_hours"], april["is_closed"]) == (663.0, True)


def test_events_before_the_receipt() -> None:
    """A report of a month in which nothing had been received yet, or hours cut to 0, hides a wrong time."""
    events = [event("K", 1, "responded", "2024-02-29 09:00"), event("K", 2, "closed", "2024-03-04 08:00")]  # fmt: skip
    assert not handled_at([RECEIVED], events, "2024-02")
    row = of(*events)
    assert (row["first_response_hours"], row["first_resolution_hours"]) == (-96.0, -1.0)
    assert (row["sla_status"], row["is_closed"]) == ("met", True)


def test_the_same_time_follows_the_sequence() -> None:
    """Events of one instant in an order of chance close what is open, run by run otherwise."""
    at = "2024-03-05 10:00"
    closed_last = [event("K", 2, "closed", at), event("K", 1, "reopened", at)]
    reopened_last = [event("K", 1, "closed", at), event("K", 2, "reopened", at)]
    assert of(*closed_last)["is_closed"]
    assert not of(*reopened_last)["is_closed"]
    ten = [event("K", n, step, at) for n, step in ((10, "judged"), (9, "recorded"))]
    assert of(*ten)["steps_in_order"]  # 9 before 10: numbers, not text
    late = [event("K", 1, "judged", "2024-03-05 11:00"), event("K", 2, "recorded", at)]
    assert of(*late)["steps_in_order"]  # time comes before sequence


def test_later_events_do_not_change_a_month() -> None:
    """A month that changes with what happens later is another one each time it is computed."""
    events = [
        *chain("recorded", "judged:valid", "assigned", "responded", "closed"),
        event("K", 11, "reopened", "2024-04-02 10:00"),
        event("K", 12, "judged", "2024-04-03 10:00", "invalid"),
        event("K", 13, "implemented", "2024-05-04 10:00"),
        event("K", 14, "closed", "2024-05-05 10:00"),
    ]
    whole = by_key(handled([RECEIVED], events, "2024-01", "2025-03"), "month")
    for number, row in whole.items():
        seen = [one for one in events if one[-1] <= number]
        assert by_key(handled([RECEIVED], seen, "2024-01", "2025-03"), "month")[number] == row
    april, may = whole[month("2024-04")], whole[month("2024-05")]
    assert (whole[month("2024-03")]["validity"], april["validity"]) == ("valid", "invalid")
    assert [whole[month("2024-03")][n] for n in ("steps_in_order", "implemented_unapproved")] == [True, False]  # fmt: skip
    assert (april["steps_in_order"], april["implemented_unapproved"]) == (False, False)
    assert (may["implemented_unapproved"], may["full_resolution_hours"]) == (
        True,
        1489.0,
    )  # 62 d 1 h


def test_who_has_a_row() -> None:
    """An open complaint that drops out after a year is never settled; closed ones that stay fill the report."""
    received = [
        complaint("open", "2023-03-31 12:00"),
        complaint("closed", "2023-03-31 12:00"),
        complaint("reopened", "2023-03-31 12:00"),
        complaint("later", "2024-04-01 00:00"),
    ]
    events = [
        event("closed", 1, "closed", "2023-04-02 12:00"),
        event("reopened", 1, "closed", "2023-04-02 12:00"),
        event("reopened", 2, "reopened", "2024-05-02 12:00"),
        event("reopened", 3, "closed", "2024-06-02 12:00"),
        event("unknown", 1, "recorded", "2023-04-02 12:00"),
    ]
    found = collected(handled(received, events, "2023-02", "2024-07"), "complaint_id", "month")
    months = {key: [row["month"] for row in rows] for key, rows in groupby(found, itemgetter("complaint_id"))}  # fmt: skip
    march, last = month("2023-03"), month("2024-07")
    assert months == {
        "open": list(range(march, last + 1)),
        "closed": list(range(march, march + 12)),  # to February 2024
        "reopened": [*range(march, march + 12), month("2024-05")],
        "later": list(range(month("2024-04"), last + 1)),
    }


def test_worked_summary() -> None:
    """A rate over all instead of those judged, closed or decided, or a median of one side, misleads every month."""
    hours = {"a": (2, 10), "b": (4, 30), "c": (30, None), "d": (None, None)}  # response, closing
    results = {"a": "valid", "b": "invalid", "c": "valid"}
    received = [complaint(key, "2024-03-05 00:00", subcategory="box") for key in hours]
    events = [
        event(key, n, step, f"2024-03-{5 + hour // 24:02} {hour % 24:02}:00")
        for key, pair in hours.items()
        for n, (step, hour) in enumerate(zip(("responded", "closed"), pair, strict=True))
        if hour is not None
    ]
    events += [event(key, 8, "judged", "2024-03-10 00:00", said) for key, said in results.items()]
    events += [event("b", 9, "reopened", "2024-03-11 00:00")]
    rows = summed(received, events, "2024-03", {"month": 400, YEAR: 5_000})
    assert set(rows) == {(p, "quality", "box") for p in ("month", "year_to_date", YEAR)}
    row = rows["month", "quality", "box"]
    assert (row["received_count"], row["open_count"]) == (4, 3)  # b, c, d
    assert [row[f"{v}_count"] for v in ("valid", "invalid", "undetermined")] == [2, 1, 1]
    assert row["valid_rate"] == 2 / 3
    assert row["median_first_response_hours"] == 4.0  # of 2, 4, 30
    assert row["median_resolution_hours"] == 20.0  # of 10, 30
    assert row["sla_rate"] == 2 / 4  # a and b met; c and d breached
    assert row["reopen_rate"] == 1 / 2  # b, of a and b
    assert row["per_10000_orders"] == 50.0  # 2 x 10,000 / 400
    assert rows[YEAR, "quality", "box"]["per_10000_orders"] == 4.0
    assert rows["year_to_date", "quality", "box"]["company_order_count"] == 0
    assert rows["year_to_date", "quality", "box"]["per_10000_orders"] is None
    assert rows["year_to_date", "quality", "box"]["per_10000_orders_reason"] == "no_orders"


def test_undefined_ratios_of_the_summary() -> None:
    """A 0 where nothing was judged, answered or closed reads as the worst or the best of months."""
    rows = summed([complaint("K", "2024-03-31 12:00")], [], "2024-03")
    row = rows["month", "quality", None]
    reasons = {
        "valid_rate": "none_judged",
        "median_first_response_hours": "none_responded",
        "median_resolution_hours": "none_closed",
        "sla_rate": "none_decided",
        "reopen_rate": "none_closed",
        "per_10000_orders": "no_orders",
    }
    assert {name: row[f"{name}_reason"] for name in reasons} == reasons
    assert [row[name] for name in reasons] == [None] * 6


def test_no_subcategory_is_a_row_of_its_own() -> None:
    """Complaints without a subcategory lost in grouping or joining are missing from every total."""
    kinds = [("quality", None), ("quality", "box"), ("service", None), ("quality", None)]
    received = [
        complaint(f"K{n}", "2024-03-05 00:00", "C1", category, sub)
        for n, (category, sub) in enumerate(kinds)
    ]
    rows = summed(received, [], "2024-03", {"month": 10})
    counts = {key[1:]: row["received_count"] for key, row in rows.items() if key[0] == "month"}
    assert counts == {("quality", None): 2, ("quality", "box"): 1, ("service", None): 1}
    assert {row["company_order_count"] for key, row in rows.items() if key[0] == "month"} == {10}


def test_periods_by_the_day_of_receipt() -> None:
    """A complaint still open from two years ago counted as received in the trailing 12 months doubles the numbers."""
    days = ["2023-03-31 23:59:59.999999", "2023-04-01 00:00", "2023-12-31 23:59", "2024-01-01 00:00", "2024-02-29 12:00", "2024-03-01 00:00"]  # fmt: skip
    rows = summed([complaint(f"K{n}", at) for n, at in enumerate(days)], [], "2024-03")
    counts = [rows[p, "quality", None]["received_count"] for p in ("month", "year_to_date", YEAR)]
    assert counts == [1, 3, 5]


def test_without_the_feed_of_events_nothing_is_late() -> None:
    """Without any events every complaint would be called unanswered and late, and none valid."""
    received = [complaint("K", "2024-01-05 00:00")]
    (row,) = by_key(handled(received, [], "2024-03", has_events=False), "complaint_id").values()
    assert (row["sla_status"], row["first_response_hours_reason"]) == ("open", "feed_absent")
    summary = summed(received, [], "2024-03", {YEAR: 10}, has_events=False)[YEAR, "quality", None]
    rates = [name for name in summary if name.endswith("_reason")]
    assert len(rates) == 6
    assert {summary[name] for name in rates} == {"feed_absent"}
    assert all(summary[name.removesuffix("_reason")] is None for name in rates)
    assert summary["received_count"] == 1


def test_without_complaints_the_tables_are_empty() -> None:
    """Without the feed the tables must be there, with no rows, whatever events lie about."""
    assert not handled_at([], chain("recorded"), "2024-03")
    assert not summed([], chain("recorded"), "2024-03", {"month": 5})
