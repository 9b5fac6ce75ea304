"""Visits once more: for every pair and day, was there anything to show for it?"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from tests.oracle import Row, Table, end_of, name_of, over
from tests.oracle_books import Books, months_after

if TYPE_CHECKING:
    from datetime import date

FRUIT = {"order", "quotation", "contract", "collection"}
MONTHS = {"A": 1, "B": 3, "C": 6, "N": 6}
Pair = tuple[str, str]


class Visits:
    """Who visited whom, to what effect, and who is to be visited next."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.judged = cache(self._judged)
        self.pair = cache(self._pair)

    def _done(self, month: int) -> list[Row]:
        end = end_of(month)
        return [v for v in self.books.facts["visits"] if v["status"] == "done" and v["visited_on"] <= end]  # fmt: skip

    def _credited(self, month: int) -> set[tuple[str, date]]:
        """Customers and days of completed visits that a later line is credited to."""
        days: dict[str, set[date]] = {}
        for visit in self._done(month):
            days.setdefault(visit["customer_id"], set()).add(visit["visited_on"])
        found = set()
        for line in self.books.lines:
            before = [day for day in days.get(line.customer, ()) if day < line.day]
            if line.amount > 0 and line.day <= end_of(month) and before:
                latest = max(before)
                if (line.day - latest).days <= 30:
                    found.add((line.customer, latest))
        return found

    def _judged(self, month: int) -> dict[Pair, dict[date, str]]:
        """Every completed visit, by salesperson and customer and by day, as of a month's end."""
        credited, end = self._credited(month), end_of(month)
        judged: dict[Pair, dict[date, str]] = {}
        for visit in self._done(month):
            pair, day = (visit["salesperson_id"], visit["customer_id"]), visit["visited_on"]
            known = judged.setdefault(pair, {})
            if visit.get("outcome") in FRUIT or (pair[1], day) in credited:
                known[day] = "effective"
            known.setdefault(day, "pending" if day + timedelta(days=30) > end else "ineffective")
        return judged

    def streak_days(self, pair: Pair, month: int) -> list[date]:
        """Days of ineffective visits since the last effective one and the last reinstatement."""
        wiped = [
            row["reinstated_on"]
            for row in self.books.upto("reinstatements", end_of(month))
            if (row["salesperson_id"], row["customer_id"]) == pair
        ]
        days = []
        for day, what in sorted(self.judged(month).get(pair, {}).items(), reverse=True):
            if what == "effective" or any(day <= one for one in wiped):
                break
            days += [day] * (what == "ineffective")
        return days

    def pairs(self, month: int) -> set[Pair]:
        """The register's pairs, and all with a completed visit."""
        existing = self.books.existing(month)
        own = {(s, c) for c in existing if (s := self.books.salesperson(c, month)) is not None}
        return own | set(self.judged(month))

    def plan(self) -> Table:
        """rpt_visit_plan."""
        return {
            (name_of(month), *pair): self.pair(pair, month)
            for month in self.books.months
            for pair in self.pairs(month)
        }

    def _pair(self, pair: Pair, month: int) -> Row:
        salesperson, customer = pair
        visits = self.judged(month).get(pair, {})
        counts = Counter(visits.values())
        tier, stage = self.books.tier(customer, month), self.books.classes(customer, month)["stage"]
        streak, action = len(self.streak_days(pair, month)), "keep"
        if streak >= 5:
            action = "remove" if stage == "prospective" else "review"
        last = max(visits, default=None)
        next_on = months_after(last, MONTHS[tier]) if last else end_of(month) + timedelta(days=1)
        if action == "remove" or self.books.salesperson(customer, month) != salesperson:
            next_on = None
        return {
            "tier": tier,
            "stage": stage,
            "last_visited_on": last,
            "next_visit_on": next_on,
            "ineffective_streak": streak,
            "completed_count": len(visits),
            "effective_count": counts["effective"],
            "pending_count": counts["pending"],
            "action": action,
        }

    def effectiveness(self) -> Table:
        """rpt_visit_effectiveness."""
        table: Table = {}
        for month, period in self.books.every():
            for salesperson in {
                *(row["salesperson_id"] for row in self.books.facts["visits"]),
                *(salesperson for salesperson, _ in self.pairs(month)),
            }:
                row = self._period(salesperson, month, *self.books.bounds(month, period))
                if row["planned_count"] or row["completed_count"] or row["due_customer_count"]:
                    table[name_of(month), period, salesperson] = row
        return table

    def _period(self, salesperson: str, month: int, first: date, end: date) -> Row:
        planned = [
            v for v in self.books.facts["visits"]
            if v["salesperson_id"] == salesperson and v.get("planned_on") and first <= v["planned_on"] <= end
        ]  # fmt: skip
        kept = [v for v in planned if v["status"] == "done" and v["visited_on"] <= end]
        judged = {pair: days for pair, days in self.judged(month).items() if pair[0] == salesperson}
        inside = Counter(
            what for days in judged.values() for day, what in days.items() if day >= first
        )
        due = [
            pair
            for pair in self.pairs(month)
            if pair[0] == salesperson and self._is_due(pair, month, first)
        ]
        seen = [pair for pair in due if any(day >= first for day in judged.get(pair, ()))]
        return {
            "planned_count": len(planned),
            "completed_count": inside.total(),
            "effective_count": inside["effective"],
            "ineffective_count": inside["ineffective"],
            "pending_count": inside["pending"],
            "effective_rate": over(inside["effective"], inside["effective"] + inside["ineffective"]),
            "completion_rate": over(len(kept), len(planned)),
            "due_customer_count": len(due),
            "visited_customer_count": len(seen),
            "coverage_rate": over(len(seen), len(due)),
        }  # fmt: skip

    def _is_due(self, pair: Pair, month: int, first: date) -> bool:
        """Whether a customer was to be visited in the period that begins on a day and ends with the month."""
        salesperson, customer = pair
        row = self.pair(pair, month)
        if row["action"] == "remove" or self.books.salesperson(customer, month) != salesperson:
            return False
        before = [day for day in self.judged(month).get(pair, ()) if day < first]
        return not before or months_after(max(before), MONTHS[row["tier"]]) <= end_of(month)
