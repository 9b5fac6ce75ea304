"""Complaints against the rule, told event by event in plain Python: every column, month by month."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.complaint_summary import complaint_summary, valid_counts
from metrics.complaints import complaints
from metrics.orders import company_orders
from tests.unit.metrics.complaint_frames import COMPLAINT, EVENT, Row, ledger
from tests.unit.metrics.customer_frames import by_key, calendar, frame, month

_SETTINGS = settings(max_examples=60)
_FIRST, _LAST = "2024-01", "2025-03"
_MONTHS = range(month(_FIRST), month(_LAST) + 1)
_MICROSECOND = timedelta(microseconds=1)
_RESPONSE, _RESOLUTION = timedelta(hours=24), timedelta(hours=240)
_ORDER = (
    "recorded", "judged", "assigned", "analysed", "proposed", "approved", "implemented", "summarised",
)  # fmt: skip


@dataclass
class Story:
    """What became of a complaint by the end of a month, event after event."""

    received: datetime
    rounds: list[list[str]] = field(default_factory=lambda: [[]])
    approved: bool = False
    unapproved: bool = False
    validity: str = "undetermined"
    department: str | None = None
    responses: list[datetime] = field(default_factory=list)
    closings: list[datetime] = field(default_factory=list)
    is_closed: bool = False

    def tell(self, event: Row) -> None:
        """One more event."""
        _, _, step, at, result, department, _ = event
        if step == "reopened":
            self.rounds.append([])
            self.approved = self.is_closed = False
        elif step == "closed":
            self.closings.append(at)
            self.is_closed = True
        elif step == "responded":
            self.responses.append(at)
        else:
            self.rounds[-1].append(step)
        if step == "judged" and result in {"valid", "invalid"}:
            self.validity = result
        if step == "assigned":
            self.department = department
        if step == "approved" and result in {None, "approved"}:
            self.approved = True
        if step == "implemented" and not self.approved:
            self.unapproved = True

    def sla(self, end: datetime) -> str:
        """Breached, met or open at the end of a month."""
        both = ((self.responses, _RESPONSE), (self.closings, _RESOLUTION))
        if any((times[0] if times else end) - self.received > target for times, target in both):
            return "breached"
        return "met" if all(times for times, _ in both) else "open"

    def hours(self, times: list[datetime], place: int) -> float | None:
        """From receipt to one of the times; None without any."""
        if not times:
            return None
        since = times[place] - self.received
        return (since // _MICROSECOND) / 3_600_000_000

    def columns(self, end: datetime) -> dict[str, Any]:
        """The columns of rpt_complaint that depend on events."""
        last = self.rounds[-1]
        times = {
            "first_response_hours": self.hours(self.responses, 0),
            "first_resolution_hours": self.hours(self.closings, 0),
            "full_resolution_hours": self.hours(self.closings, -1) if self.is_closed else None,
        }
        return {
            "current_step": max(last, key=_ORDER.index) if last else None,
            "validity": self.validity,
            "department": self.department,
            "is_closed": self.is_closed,
            "reopen_count": len(self.rounds) - 1,
            "sla_status": self.sla(end),
            "steps_in_order": all(in_order(steps) for steps in self.rounds),
            "implemented_unapproved": self.unapproved,
            **times,
            **{f"{k}_reason": "not_yet" if v is None else None for k, v in times.items()},
        }


def in_order(steps: list[str]) -> bool:
    """Whether no step before the furthest is missing, and none follows a later one."""
    places = [_ORDER.index(step) for step in steps]
    complete = set(places) == set(range(max(places, default=-1) + 1))
    return complete and places == sorted(places)


def end_of(number: int) -> datetime:
    """00:00 of the day after a month."""
    return datetime((number + 1) // 12, (number + 1) % 12 + 1, 1)


def expected_rows(received: list[Row], events: list[Row]) -> dict[Any, dict[str, Any]]:
    """rpt_complaint by month and complaint."""
    rows = {}
    for number in _MONTHS:
        end = end_of(number)
        for key, at, customer, category, subcategory, received_month in received:
            story = Story(at)
            own = [one for one in events if one[0] == key and one[3] < end]
            for one in sorted(own, key=lambda one: (one[3], one[1])):
                story.tell(one)
            if at < end and (received_month > number - 12 or not story.is_closed):
                rows[number, key] = {
                    "month": number, "complaint_id": key, "customer_id": customer, "category": category,
                    "subcategory": subcategory, "received_at": at, **story.columns(end),
                }  # fmt: skip
    return rows


def over(part: float, whole: float, name: str, reason: str) -> dict[str, Any]:
    """A ratio and its reason."""
    return {name: part / whole if whole else None, f"{name}_reason": None if whole else reason}


def middle(rows: list[dict[str, Any]], of: str, name: str, reason: str) -> dict[str, Any]:
    """A median and its reason."""
    known = [row[of] for row in rows if row[of] is not None]
    return {name: median(known) if known else None, f"{name}_reason": None if known else reason}


def totals(rows: list[dict[str, Any]], orders: int) -> dict[str, Any]:
    """The columns of rpt_complaint_summary for these complaints."""
    count = {
        **{f"{v}_count": sum(row["validity"] == v for row in rows) for v in ("valid", "invalid", "undetermined")},
        **{f"sla_{s}_count": sum(row["sla_status"] == s for row in rows) for s in ("met", "breached")},
        "received_count": len(rows),
        "open_count": sum(not row["is_closed"] for row in rows),
        "ever_closed_count": sum(row["first_resolution_hours"] is not None for row in rows),
        "reopened_count": sum(row["reopen_count"] >= 1 for row in rows),
        "company_order_count": orders,
    }  # fmt: skip
    valid, met = count["valid_count"], count["sla_met_count"]
    return {
        **count,
        **over(valid, valid + count["invalid_count"], "valid_rate", "none_judged"),
        **over(met, met + count["sla_breached_count"], "sla_rate", "none_decided"),
        **over(count["reopened_count"], count["ever_closed_count"], "reopen_rate", "none_closed"),
        **over(valid * 10_000, orders, "per_10000_orders", "no_orders"),
        **middle(rows, "first_response_hours", "median_first_response_hours", "none_responded"),
        **middle(rows, "first_resolution_hours", "median_resolution_hours", "none_closed"),
    }


def expected_summary(
    rows: dict[Any, dict[str, Any]], sold: list[tuple[str, str, int]], fiscal: int
) -> dict[Any, dict[str, Any]]:
    """rpt_complaint_summary by month, period, category and subcategory."""
    found = {}
    for number in _MONTHS:
        year = next(n for n in range(number, number - 12, -1) if n % 12 + 1 == fiscal)
        starts = {"month": number, "year_to_date": year, "trailing_12_months": number - 11}
        for period, start in starts.items():
            orders = {order for _, order, at in sold if start <= at <= number}
            inside = [
                row for (at, _), row in rows.items()
                if at == number and row["received_at"] >= end_of(start - 1)
            ]  # fmt: skip
            for kind in {(row["category"], row["subcategory"]) for row in inside}:
                own = [row for row in inside if (row["category"], row["subcategory"]) == kind]
                found[number, period, *kind] = totals(own, len(orders))
    return found


# Instants that lie on the edges: of months, and of the targets after each other.
_EDGES = [datetime(2023, 11, 30, 12), datetime(2024, 1, 1), datetime(2024, 3, 31), datetime(2025, 2, 28, 23, 59, 59)]  # fmt: skip
_BASES = st.one_of(
    st.sampled_from(_EDGES),
    st.integers(0, 16).map(lambda n: end_of(month("2023-11") + n)),
)
_AROUND = st.sampled_from([
    timedelta(0), -_MICROSECOND, _MICROSECOND, timedelta(hours=7, minutes=11), timedelta(days=-3, seconds=1),
])  # fmt: skip
_LATER = st.sampled_from([
    timedelta(0), _RESPONSE, _RESPONSE + _MICROSECOND, _RESOLUTION, _RESOLUTION + _MICROSECOND,
    timedelta(hours=1), timedelta(days=40), timedelta(days=400), timedelta(hours=-5),
])  # fmt: skip
_MOMENT = st.builds(lambda base, off: base + off, _BASES, _AROUND)
_STEP = st.sampled_from([*_ORDER, "responded", "closed", "closed", "reopened"])
_RESULT = st.sampled_from([None, "valid", "invalid", "approved", "rejected"])
_HAPPENED = st.tuples(st.one_of(_LATER, _MOMENT), _STEP, _RESULT, st.sampled_from([None, "p", "q"]))


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Complaints and their events; some events are in the order of a proper handling, some of nobody's complaint."""
    received, events = [], []
    for place in range(draw(st.integers(0, 5))):
        at = draw(_MOMENT)
        category, subcategory = draw(st.sampled_from([("quality", None), ("quality", "s"), ("service", None)]))  # fmt: skip
        number = at.year * 12 + at.month - 1
        received.append((f"K{place}", at, f"C{place % 2}", category, subcategory, number))
        proper = [(timedelta(hours=n), step, None, "p") for n, step in enumerate(_ORDER[: draw(st.integers(0, 8))])]  # fmt: skip
        happened = [*proper, *draw(st.lists(_HAPPENED, max_size=6))]
        for sequence, (when, step, result, department) in enumerate(happened):
            time = at + when if isinstance(when, timedelta) else when
            key = f"K{place}" if draw(st.integers(0, 20)) else "nobody's"
            events.append((key, 10 * place + sequence, step, time, result, department, time.year * 12 + time.month - 1))  # fmt: skip
    return received, draw(st.permutations(events))


@_SETTINGS
@given(
    histories(),
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.integers(_MONTHS.start - 3, _MONTHS.stop)),
        max_size=9, unique=True,
    ),
    st.sampled_from([1, 4]),
)  # fmt: skip
def test_all_columns_against_the_rule(
    history: tuple[list[Row], list[Row]], sold: list[tuple[str, str, int]], fiscal: int
) -> None:
    """States carried from month to month may forget, foresee or mix up rounds, and still look like a report."""
    received, events = history
    of = calendar(_FIRST, _LAST, fiscal)
    ledgers = ledger(COMPLAINT, received), ledger(EVENT, events)
    rows = complaints(*ledgers, of.months, 24, 240, has_events=True)
    expected = expected_rows(received, events)
    assert by_key(rows, "month", "complaint_id") == expected
    orders = company_orders(frame(["customer_id", "order_id", "month"], sold), of.windows)
    key = ("month", "period", "category", "subcategory")
    summary = by_key(complaint_summary(rows, orders, of.bounds, has_events=True), *key)
    summed = expected_summary(expected, sold, fiscal)
    assert {k: {n: v for n, v in row.items() if n not in key} for k, row in summary.items()} == summed  # fmt: skip
    counts = by_key(valid_counts(rows), "month", "customer_id")
    valid = [
        (number, row["customer_id"])
        for (number, _), row in expected.items()
        if row["validity"] == "valid" and row["received_at"] >= end_of(number - 12)
    ]
    assert {k: row["valid_count"] for k, row in counts.items()} == {k: valid.count(k) for k in set(valid)}  # fmt: skip


@_SETTINGS
@given(histories(), st.sampled_from([_MONTHS.start, _MONTHS.start + 5, _MONTHS.stop - 1]))
def test_a_month_alone_is_the_month_of_a_backfill(
    history: tuple[list[Row], list[Row]], number: int
) -> None:
    """A nightly run that gives another month than the backfill, or one that knows the future, is not repeatable."""
    received, events = history
    text = f"{number // 12}-{number % 12 + 1:02}"
    known = [ledger(COMPLAINT, [r for r in received if r[-1] <= number]), ledger(EVENT, [e for e in events if e[-1] <= number])]  # fmt: skip
    alone = complaints(*known, calendar(text, text).months, 24, 240, has_events=True)
    ledgers = ledger(COMPLAINT, received), ledger(EVENT, events)
    whole = complaints(*ledgers, calendar(_FIRST, _LAST).months, 24, 240, has_events=True)
    of_month = {k: r for k, r in by_key(whole, "month", "complaint_id").items() if k[0] == number}
    assert by_key(alone, "month", "complaint_id") == of_month
