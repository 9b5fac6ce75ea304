"""Complaints once more: the events of one complaint after the other, replayed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from fractions import Fraction
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.oracle import YEAR, Row, Table, end_of, name_of, over

if TYPE_CHECKING:
    from tests.oracle_books import Books

STEPS = (
    "recorded", "judged", "assigned", "analysed", "proposed", "approved", "implemented", "summarised"
)  # fmt: skip
RESPONSE, RESOLUTION = timedelta(hours=24), timedelta(hours=240)


class Complaints:
    """What became of every complaint by the end of a month."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.told = cache(self._told)

    def midnight(self, month: int) -> datetime:
        """The end of a month's last day."""
        return datetime.combine(end_of(month) + timedelta(days=1), time.min)

    def events(self, complaint: str, month: int) -> list[Row]:
        """The events of a complaint by the end of a month, in order."""
        events = [
            event
            for event in self.books.facts["complaint_events"]
            if event["complaint_id"] == complaint and event["occurred_at"] < self.midnight(month)
        ]
        return sorted(events, key=lambda event: (event["occurred_at"], event["sequence"]))

    def rounds(self, complaint: str, month: int) -> list[list[Row]]:
        """The events of each round of handling, without what opened it."""
        rounds: list[list[Row]] = [[]]
        for event in self.events(complaint, month):
            if event["step"] == "reopened":
                rounds.append([])
            else:
                rounds[-1].append(event)
        return rounds

    def _told(self, complaint: str, month: int) -> Row:
        given = next(x for x in self.books.facts["complaints"] if x["complaint_id"] == complaint)
        received = given["received_at"]
        answer, first, last, reopenings, is_open = None, None, None, 0, True
        validity, department = "undetermined", None
        for event in self.events(complaint, month):
            match event["step"]:
                case "responded":
                    answer = answer or event["occurred_at"]
                case "closed":
                    first, last, is_open = (
                        first or event["occurred_at"],
                        event["occurred_at"],
                        False,
                    )
                case "reopened":
                    reopenings, is_open = reopenings + 1, True
                case "judged" if event.get("result") in {"valid", "invalid"}:
                    validity = event["result"]
                case "assigned":
                    department = event.get("department")
        walks = [_walk(one) for one in self.rounds(complaint, month)]
        return {
            "customer_id": given["customer_id"],
            "category": given["category"],
            "subcategory": given.get("subcategory"),
            "received_at": received,
            "current_step": STEPS[max(walks[-1])] if walks[-1] else None,
            "validity": validity,
            "department": department,
            "first_response_hours": _hours(received, answer),
            "first_resolution_hours": _hours(received, first),
            "full_resolution_hours": None if is_open else _hours(received, last),
            "reopen_count": reopenings,
            "sla_status": self._sla(received, answer, first, month),
            "steps_in_order": all(map(_is_in_order, walks)),
        }

    def _sla(self, received: datetime, answer: Any, first: Any, month: int) -> str:
        now = self.midnight(month)
        both = ((answer, RESPONSE), (first, RESOLUTION))
        if any((at or now) - received > target for at, target in both):
            return "breached"
        return "met" if answer and first else "open"

    def is_closed(self, complaint: str, month: int) -> bool:
        """Whether a complaint stands closed."""
        return self.told(complaint, month)["full_resolution_hours"] is not None

    def late(self, complaint: str, month: int) -> tuple[Fraction, int] | None:
        """Hours that were too many, known or so far, and how many there may be; the response first."""
        row = self.told(complaint, month)
        passed = _hours(row["received_at"], self.midnight(month))
        for hours, target in (
            (row["first_response_hours"], 24),
            (row["first_resolution_hours"], 240),
        ):
            spent = passed if hours is None else hours
            if spent is not None and spent > target:
                return spent, target
        return None

    def is_unapproved(self, complaint: str, month: int) -> bool:
        """Whether any round implemented what was not approved in it before."""
        for one in self.rounds(complaint, month):
            approved = False
            for event in one:
                if event["step"] == "approved" and event.get("result") in {"approved", None}:
                    approved = True
                if event["step"] == "implemented" and not approved:
                    return True
        return False

    def received(self, month: int, period: str) -> list[str]:
        """Complaints received in a period."""
        first, end = self.books.bounds(month, period)
        return [
            row["complaint_id"]
            for row in self.books.facts["complaints"]
            if first <= row["received_at"].date() <= end
        ]

    def shown(self, month: int) -> list[str]:
        """The complaints of a month's rpt_complaint."""
        rows = self.books.upto("complaints", end_of(month))
        recent = self.received(month, YEAR)
        every = [row["complaint_id"] for row in rows]
        return [one for one in every if one in recent or not self.is_closed(one, month)]

    def complaint(self) -> Table:
        """rpt_complaint."""
        return {
            (name_of(month), one): self.told(one, month)
            for month in self.books.months
            for one in self.shown(month)
        }

    def summary(self) -> Table:
        """rpt_complaint_summary."""
        table: Table = {}
        for month, period in self.books.every():
            groups: dict[tuple[str, str | None], list[str]] = {}
            for one in self.received(month, period):
                row = self.told(one, month)
                groups.setdefault((row["category"], row["subcategory"]), []).append(one)
            orders = {line.order for line in self.books.inside(self.books.span(month, period))}
            for group, ids in groups.items():
                table[name_of(month), period, *group] = self._summed(ids, month, len(orders))
        return table

    def _summed(self, ids: list[str], month: int, orders: int) -> Row:
        rows = [self.told(one, month) for one in ids]

        def count(column: str, value: str) -> int:
            return sum(row[column] == value for row in rows)

        valid, invalid = count("validity", "valid"), count("validity", "invalid")
        met, breached = count("sla_status", "met"), count("sla_status", "breached")
        return {
            "received_count": len(rows),
            "valid_count": valid,
            "invalid_count": invalid,
            "undetermined_count": count("validity", "undetermined"),
            "valid_rate": over(valid, valid + invalid),
            "open_count": sum(not self.is_closed(one, month) for one in ids),
            "median_first_response_hours": _median(rows, "first_response_hours"),
            "median_resolution_hours": _median(rows, "first_resolution_hours"),
            "sla_rate": over(met, met + breached),
            "reopen_rate": over(
                sum(row["reopen_count"] > 0 for row in rows),
                sum(row["first_resolution_hours"] is not None for row in rows),
            ),
            "per_10000_orders": over(valid * 10_000, orders),
        }


def _walk(one: list[Row]) -> list[int]:
    """The steps of a round by their place in the order of steps."""
    return [STEPS.index(event["step"]) for event in one if event["step"] in STEPS]


def _is_in_order(walk: list[int]) -> bool:
    """Whether each step is the one reached already or the next."""
    reached = -1
    for step in walk:
        if step not in {reached, reached + 1}:
            return False
        reached = step
    return True


def _hours(start: datetime, end: datetime | None) -> Fraction | None:
    return (
        None if end is None else Fraction((end - start) // timedelta(microseconds=1), 3_600_000_000)
    )


def _median(rows: list[Row], column: str) -> Fraction | None:
    return (
        median(known)
        if (known := [row[column] for row in rows if row[column] is not None])
        else None
    )
