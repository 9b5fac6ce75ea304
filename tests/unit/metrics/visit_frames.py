"""Small companies for the tests of visits: what happened, as rows that read, and both tables computed from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import polars as pl

from metrics import periods
from metrics.visit_effectiveness import visit_effectiveness
from metrics.visit_plan import streak_days, streak_visits, visit_plan
from metrics.visits import visit_purchases, visit_results
from tests.unit.metrics.customer_frames import calendar
from tests.unit.metrics.product_frames import by_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Frame = nw.LazyFrame[Any]
MONTHS = {"A": 1, "B": 3, "C": 6}

_TEXT = pl.String()
_VISIT = {
    "visit_id": _TEXT, "salesperson_id": _TEXT, "customer_id": _TEXT, "planned_on": pl.Date(),
    "visited_on": pl.Date(), "status": _TEXT, "outcome": _TEXT,
}  # fmt: skip
_LINE = {"month": pl.Int32(), "customer_id": _TEXT, "sold_on": pl.Date(), "net_amount": pl.Int64()}
_REINSTATEMENT = {"salesperson_id": _TEXT, "customer_id": _TEXT, "reinstated_on": pl.Date()}


class Visit(NamedTuple):
    """A row of the ledger; its id is its place in it."""

    salesperson: str
    customer: str
    planned_on: date | None
    visited_on: date | None
    status: str
    outcome: str | None


def day(text: str | None) -> date | None:
    """An ISO date."""
    return date.fromisoformat(text) if text else None


def done(
    visited_on: str,
    outcome: str | None = "none",
    *,
    by: str = "S1",
    at: str = "C1",
    planned: str | None = None,
) -> Visit:
    """A visit that was made."""
    return Visit(by, at, day(planned), day(visited_on), "done", outcome)


def planned(on: str, status: str = "planned", *, by: str = "S1", at: str = "C1") -> Visit:
    """A visit that was not made, or not yet."""
    return Visit(by, at, day(on), None, status, None)


@dataclass
class Company:
    """What happened, and what the register and other reports say.

    `lines`: customer, date, net amount. `reinstated`: salesperson, customer, date. `register`, `stages` and `tiers`
    give a customer's salesperson, stage and tier (None: none), in every month.
    """

    visits: list[Visit] = field(default_factory=list)
    lines: list[tuple[str, date, int]] = field(default_factory=list)
    reinstated: list[tuple[str, str, date]] = field(default_factory=list)
    register: dict[str, str | None] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    tiers: dict[str, str | None] = field(default_factory=dict)
    effect_days: int = 30
    max_ineffective: int = 5
    months_by_tier: dict[str, int] = field(default_factory=lambda: dict(MONTHS))
    fiscal: int = 1

    @property
    def customers(self) -> list[str]:
        """Everybody whom anything names."""
        return sorted({*self.register, *(v.customer for v in self.visits)})


def company(
    *visits: Visit,
    sold: Iterable[tuple[str, str]] = (),
    reinstated: Iterable[str] = (),
    stage: str = "current",
    tier: str | None = None,
) -> Company:
    """C1, who belongs to S1; `sold`: customer and date of lines; `reinstated`: dates on which S1 got C1 back."""
    lines = [(customer, date.fromisoformat(on), 1) for customer, on in sold]
    back = [("S1", "C1", date.fromisoformat(on)) for on in reinstated]
    return Company(list(visits), lines, back, {"C1": "S1"}, {"C1": stage}, {"C1": tier})


class Result(NamedTuple):
    """The frames of a company, lazily."""

    purchases: Frame
    results: Frame
    plan: Frame
    effectiveness: Frame
    streak: Frame


def _frame(schema: dict[str, pl.DataType], rows: Iterable[Any]) -> Frame:
    return nw.from_native(pl.LazyFrame(list(rows), schema=schema, orient="row"))


def visits_of(of: Company) -> Frame:
    """The ledger of visits, their ids V0, V1, ..."""
    return _frame(_VISIT, [(f"V{place}", *visit) for place, visit in enumerate(of.visits)])


def lines_of(of: Company) -> Frame:
    """The ledger of sales."""
    month = [periods.month_index(on.isoformat()) for _, on, _ in of.lines]
    return _frame(
        _LINE, [(at, who, on, net) for at, (who, on, net) in zip(month, of.lines, strict=True)]
    )


def computed(
    of: Company, first: str, last: str, moved: Callable[[Frame], Frame] = lambda frame: frame
) -> Result:
    """Both tables for the as-of months from `first` to `last`; `moved` takes each input to another engine."""
    when = calendar(first, last, of.fiscal)
    months = range(periods.month_index(first), periods.month_index(last) + 1)
    text = dict.fromkeys(("customer_id", "salesperson_id", "stage", "tier"), _TEXT)

    def monthly(name: str, values: dict[str, Any]) -> Frame:
        rows = [(m, who, what) for m in months for who, what in values.items()]
        schema = {"month": pl.Int32(), "customer_id": _TEXT, name: text[name]}
        return moved(_frame(schema, rows))

    visits, lines = moved(visits_of(of)), moved(lines_of(of))
    tiers = {who: tier for who, tier in of.tiers.items() if tier}
    stages = {who: of.stages.get(who, "current") for who in of.customers}
    windows, bounds = moved(when.windows), moved(when.bounds)
    purchases = visit_purchases(lines, visits, moved(when.spine), of.effect_days)
    results = visit_results(visits, purchases, of.effect_days)
    plan = visit_plan(
        results,
        moved(_frame(_REINSTATEMENT, of.reinstated)),
        monthly("salesperson_id", {who: of.register.get(who) for who in of.customers}),
        monthly("stage", stages),
        monthly("tier", tiers),
        bounds.filter(nw.col("period") == "month"),
        max_ineffective=of.max_ineffective,
        months_by_tier=of.months_by_tier,
    )
    effectiveness = visit_effectiveness(visits, results, plan, windows, bounds, of.months_by_tier)
    return Result(
        purchases, results, plan, effectiveness, streak_visits(streak_days(plan, results), visits)
    )


def plan_of(of: Company, month: str, by: str = "S1", at: str = "C1") -> dict[str, Any]:
    """The pair's row of rpt_visit_plan."""
    rows = by_key(computed(of, month, month).plan, "salesperson_id", "customer_id")
    return rows[by, at]


def streaks(of: Company, first: str, last: str) -> list[int]:
    """The ineffective streak of S1 at C1, month by month."""
    rows = by_key(computed(of, first, last).plan, "month", "salesperson_id", "customer_id")
    months = range(periods.month_index(first), periods.month_index(last) + 1)
    return [rows[month, "S1", "C1"]["ineffective_streak"] for month in months]


def effect_of(of: Company, month: str, period: str = "month", by: str = "S1") -> dict[str, Any]:
    """The salesperson's row of rpt_visit_effectiveness; empty where there is none."""
    rows = by_key(computed(of, month, month).effectiveness, "period", "salesperson_id")
    return rows.get((period, by), {})
