"""Visits against a slow reading of the rules: every column of both tables, month by month, visit by visit."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import periods
from metrics.visits import visit_purchases
from tests.unit.metrics.customer_frames import calendar
from tests.unit.metrics.product_frames import by_key, collected
from tests.unit.metrics.visit_frames import Company, Visit, computed, lines_of, visits_of

if TYPE_CHECKING:
    import polars as pl

FIRST, LAST = "2024-01", "2024-08"
_MONTHS = range(periods.month_index(FIRST), periods.month_index(LAST) + 1)
_SETTINGS = settings(max_examples=40)
_FEW = settings(_SETTINGS, max_examples=12)
# Days on which months turn, and few others, so that facts meet; from before the first as-of month to after the last one.
_AROUND = range(_MONTHS.start - 2, _MONTHS.stop + 1)
_DAYS = st.sampled_from(
    [periods.first_day(m) + timedelta(days=lag) for m in _AROUND for lag in (-2, -1, 0, 1, 10, 11)]
)
_PEOPLE, _CUSTOMERS = st.sampled_from(["S1", "S2"]), st.sampled_from(["C1", "C2"])
_EFFECTS = ["order", "quotation", "contract", "collection"]
# Days between a visit and a sale: where the rule turns.
_LAGS = st.sampled_from([0, 1, 1, 10, 29, 30, 31, 45, 46])


@st.composite
def _visit(draw: st.DrawFn) -> Visit:
    status = draw(st.sampled_from(["done", "done", "done", "done", "planned", "cancelled"]))
    visited = draw(_DAYS)
    near = visited - timedelta(days=draw(st.integers(-3, 40)))
    # A visit called off may keep the date on which it was to be.
    kept = visited if status == "done" or draw(st.booleans()) else None
    outcome = draw(st.sampled_from([None, "none", "none", "none", "none", *_EFFECTS]))
    return Visit(
        draw(_PEOPLE),
        draw(_CUSTOMERS),
        draw(st.sampled_from([None, visited, near])),
        kept,
        status,
        outcome,
    )


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Few people and customers, so that visits and sales meet often."""
    names = ["C1", "C2", "C3"]
    visits = draw(st.lists(_visit(), min_size=draw(st.sampled_from([0, 20])), max_size=30))
    some_day = st.sampled_from([v.visited_on for v in visits if v.visited_on] or [date(2024, 3, 1)])
    near = st.builds(lambda on, lag: on + timedelta(days=lag), some_day, _LAGS)
    return Company(
        visits,
        draw(st.lists(st.tuples(_CUSTOMERS, near, st.sampled_from([-1, 0, 1, 1, 1])), max_size=15)),
        draw(st.lists(st.tuples(_PEOPLE, _CUSTOMERS, some_day), max_size=3, unique=True)),
        {n: draw(st.sampled_from(["S1", "S2", "S3", None])) for n in names},
        {n: draw(st.sampled_from(["current", "past", "prospective"])) for n in names},
        {n: draw(st.sampled_from(["A", "B", "C", "N", None])) for n in names},
        draw(st.sampled_from([0, 1, 30, 45])),
        draw(st.integers(1, 3)),
        {tier: draw(st.sampled_from([1, 2, 6, 14])) for tier in "ABC"},
        draw(st.integers(1, 12)),
    )


class Slow:
    """The rules once more, for one company at the end of one month: no sums that are carried on, no windows."""

    def __init__(self, of: Company, month: int) -> None:
        self.of, self.month, self.end = of, month, periods.last_day(month)
        made = [v for v in of.visits if v.status == "done" and v.visited_on and v.visited_on <= self.end]  # fmt: skip
        self.days: dict[tuple[str, str], dict[date, list[str | None]]] = defaultdict(dict)
        for v in made:
            self.days[v.salesperson, v.customer].setdefault(v.visited_on, []).append(v.outcome)
        self.states = {
            pair: {on: self._state(pair[1], on) for on in sorted(days)}
            for pair, days in self.days.items()
        }

    def _outcomes(self, customer: str, on: date) -> dict[tuple[str, str], list[str | None]]:
        return {p: d[on] for p, d in self.days.items() if p[1] == customer and on in d}

    def _visit_before(self, customer: str, line_on: date) -> date | None:
        days = [on for (_, c), d in self.days.items() if c == customer for on in d if on < line_on]
        return max(days, default=None)

    def _state(self, customer: str, on: date) -> dict[str, str]:
        """By salesperson who visited the customer that day: effective, pending, ineffective."""
        until = on + timedelta(days=self.of.effect_days)
        bought = any(
            who == customer
            and net > 0
            and on < sold_on <= min(until, self.end)
            and self._visit_before(customer, sold_on) == on
            for who, sold_on, net in self.of.lines
        )
        states = {}
        for (person, _), outcomes in self._outcomes(customer, on).items():
            if bought or set(outcomes) & set(_EFFECTS):
                states[person] = "effective"
            else:
                states[person] = "pending" if until > self.end else "ineffective"
        return states

    def of_pair(self, pair: tuple[str, str]) -> dict[date, str]:
        """Day by day, what became of the pair's visits."""
        return {on: states[pair[0]] for on, states in self.states.get(pair, {}).items()}

    def streak(self, pair: tuple[str, str]) -> list[date]:
        """Walk back from the last visit until one was effective, or lies before a reinstatement."""
        found: list[date] = []
        for on, state in sorted(self.of_pair(pair).items(), reverse=True):
            back = [r for s, c, r in self.of.reinstated if (s, c) == pair and r <= self.end]
            if state == "effective" or any(on <= r for r in back):
                break
            if state == "ineffective":
                found.append(on)
        return found

    def _tier(self, customer: str) -> str:
        return self.of.tiers.get(customer) or "N"

    def _next_after(self, customer: str, on: date) -> date:
        months = {**self.of.months_by_tier, "N": self.of.months_by_tier["C"]}
        month = on.year * 12 + on.month - 1 + months[self._tier(customer)]
        year, zero_based = divmod(month, 12)
        last = monthrange(year, zero_based + 1)[1]
        return date(year, zero_based + 1, min(on.day, last))

    def plan(self) -> dict[tuple[str, str], dict[str, Any]]:
        """rpt_visit_plan by pair."""
        own = {(s, c) for c, s in self.of.register.items() if s}
        rows = {}
        for pair in own | set(self.days):
            states, streak = list(self.of_pair(pair).values()), len(self.streak(pair))
            stage = self.of.stages[pair[1]]
            stop = "remove" if stage == "prospective" else "review"
            action = stop if streak >= self.of.max_ineffective else "keep"
            last = max(self.days.get(pair, {}), default=None)
            following = self._next_after(pair[1], last) if last else self.end + timedelta(days=1)
            rows[pair] = {
                "tier": self._tier(pair[1]), "stage": stage, "last_visited_on": last,
                "next_visit_on": following if pair in own and action != "remove" else None,
                "ineffective_streak": streak, "completed_count": len(states),
                "effective_count": states.count("effective"),
                "pending_count": states.count("pending"), "action": action,
            }  # fmt: skip
        return rows

    def effectiveness(self) -> dict[tuple[str, str], dict[str, Any]]:
        """rpt_visit_effectiveness by period and salesperson."""
        rows = {}
        for period in periods.PERIODS:
            start = periods.first_day(periods.period_start(self.month, period, self.of.fiscal))
            for person in ("S1", "S2", "S3"):
                row = self._effect(person, start)
                if any(row.values()):
                    rows[period, person] = self._with_rates(row)
        return rows

    def _effect(self, person: str, start: date) -> dict[str, int]:
        plans = [v for v in self.of.visits if v.salesperson == person and v.planned_on and start <= v.planned_on <= self.end]  # fmt: skip
        kept = [v for v in plans if v.status == "done" and v.visited_on <= self.end]  # type: ignore[operator]
        states = [
            state
            for pair in self.days
            if pair[0] == person
            for on, state in self.of_pair(pair).items()
            if on >= start
        ]
        due, visited = 0, 0
        for pair, row in self.plan().items():
            if pair[0] != person or self.of.register.get(pair[1]) != person:
                continue
            before = max((on for on in self.days.get(pair, {}) if on < start), default=None)
            following = self._next_after(pair[1], before) if before else start
            if row["action"] != "remove" and following <= self.end:
                due += 1
                visited += any(on >= start for on in self.days.get(pair, {}))
        return {
            "planned_count": len(plans), "kept": len(kept), "completed_count": len(states),
            "effective_count": states.count("effective"),
            "ineffective_count": states.count("ineffective"),
            "pending_count": states.count("pending"), "due_customer_count": due,
            "visited_customer_count": visited,
        }  # fmt: skip

    def _with_rates(self, row: dict[str, int]) -> dict[str, Any]:
        kept = row.pop("kept")
        judged = row["effective_count"] + row["ineffective_count"]
        planned, due = row["planned_count"], row["due_customer_count"]
        nothing_judged = "visits_pending" if row["completed_count"] else "no_visits"
        return {
            **row,
            "completion_rate": kept / planned if planned else None,
            "completion_rate_reason": None if planned else "nothing_planned",
            "effective_rate": row["effective_count"] / judged if judged else None,
            "effective_rate_reason": None if judged else nothing_judged,
            "coverage_rate": row["visited_customer_count"] / due if due else None,
            "coverage_rate_reason": None if due else "nothing_due",
        }

    def evidence(self) -> dict[tuple[str, str], set[str]]:
        """The visits that speak against a pair."""
        return {
            pair: {
                f"V{place}"
                for place, v in enumerate(self.of.visits)
                if (v.salesperson, v.customer, v.status) == (*pair, "done")
                and v.visited_on in self.streak(pair)
            }
            for pair, row in self.plan().items()
            if row["action"] != "keep"
        }


def _split(rows: Any, *keys: str) -> dict[Any, dict[str, Any]]:
    return {key: {k: v for k, v in row.items() if k not in keys} for key, row in rows.items()}


@_SETTINGS
@given(companies())
def test_both_tables_equal_the_slow_reading(of: Company) -> None:
    """A visit judged too early, a streak not broken, a customer wrongly due: each looks like a plausible row."""
    found = computed(of, FIRST, LAST)
    plan_keys = ("month", "salesperson_id", "customer_id")
    effect_keys = ("month", "period", "salesperson_id")
    plan = _split(by_key(found.plan, *plan_keys), *plan_keys)
    effect = _split(by_key(found.effectiveness, *effect_keys), *effect_keys)
    slow = {month: Slow(of, month) for month in _MONTHS}
    assert plan == {(m, *pair): row for m, s in slow.items() for pair, row in s.plan().items()}
    assert effect == {
        (m, *key): row for m, s in slow.items() for key, row in s.effectiveness().items()
    }
    evidence: dict[Any, set[str]] = defaultdict(set)
    for row in collected(found.streak):
        evidence[tuple(row[key] for key in plan_keys)].add(row["visit_id"])
    assert evidence == {(m, *pair): ids for m, s in slow.items() for pair, ids in s.evidence().items()}  # fmt: skip


def _known_at(of: Company, end: date) -> Company:
    """The company as it was known at the end of a day: visits of later days are not done yet."""
    visits = [
        v._replace(status="planned", visited_on=None, outcome=None)
        if v.visited_on and v.visited_on > end
        else v
        for v in of.visits
    ]
    return replace(
        of,
        visits=visits,
        lines=[line for line in of.lines if line[1] <= end],
        reinstated=[row for row in of.reinstated if row[2] <= end],
    )


@_FEW
@given(companies(), st.sampled_from(["2024-02", "2024-05"]))
def test_what_comes_later_changes_no_earlier_month(of: Company, month: str) -> None:
    """A visit judged by a sale of next month would rewrite last month's plan."""
    end = periods.last_day(periods.month_index(month))
    later, then = (computed(c, FIRST, month) for c in (of, _known_at(of, end)))
    for first, second in (
        (later.plan, then.plan),
        (later.effectiveness, then.effectiveness),
        (later.streak, then.streak),
    ):
        assert _sorted(first).equals(_sorted(second))


def _sorted(lazy: nw.LazyFrame[Any]) -> pl.DataFrame:
    native: pl.LazyFrame = nw.to_native(lazy)
    frame = native.collect()
    return frame.sort(frame.columns)


@_FEW
@given(companies())
def test_purchases_by_month_are_those_of_one_pass(of: Company) -> None:
    """A night that sums one month anew must not credit its sales to other visits than a rebuild does."""
    lines, visits, when = lines_of(of), visits_of(of), calendar("2023-10", "2024-10").months
    whole = _sorted(visit_purchases(lines, visits, when, of.effect_days))
    parts = [
        visit_purchases(
            lines.filter(nw.col("month") == month),
            visits,
            when.filter(nw.col("month") == month),
            of.effect_days,
        )
        for month in range(periods.month_index("2023-10"), periods.month_index("2024-10") + 1)
    ]
    assert whole.equals(_sorted(nw.concat(parts)))


@_FEW
@given(companies(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(of: Company, random: Any) -> None:
    """Two visits on one day, in another order, must not become another result."""
    shuffled = replace(
        of,
        visits=random.sample(of.visits, len(of.visits)),
        lines=random.sample(of.lines, len(of.lines)),
        reinstated=random.sample(of.reinstated, len(of.reinstated)),
    )
    first, second = (computed(c, FIRST, LAST) for c in (of, shuffled))
    assert _sorted(first.plan).equals(_sorted(second.plan))
    assert _sorted(first.effectiveness).equals(_sorted(second.effectiveness))
