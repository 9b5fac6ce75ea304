"""Whom to visit, and when 客户访问计划: five visits in vain take a customer off the plan (访问五次以上而无实效则删除)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.holding import latest
from metrics.periods import days_after, month_number, months_after
from metrics.reasons import first_code
from metrics.visits import PAIR

if TYPE_CHECKING:
    from collections.abc import Mapping

Frame = nw.LazyFrame[Any]

_KEY = ("month", *PAIR)
_COUNTS = ("completed_count", "effective_count", "ineffective_count")


def visit_plan(
    results: Frame,
    reinstatements: Frame,
    customers_at: Frame,
    classification: Frame,
    tiers: Frame,
    month_ends: Frame,
    *,
    max_ineffective: int,
    months_by_tier: Mapping[str, int],
) -> Frame:
    """One row per as-of month and pair: the register's salesperson of each existing customer, and who visited by then.

    `results`: visits.visit_results. `classification`: month, customer_id, stage. `tiers`: month, customer_id, tier of
    the trailing 12 months (none: N). `month_ends`: month, period_end. pending_count: neither effective nor ineffective
    yet. At a streak of `max_ineffective` a prospective customer is to be removed, another one reviewed. next_visit_on:
    last_visited_on + the tier's months; never visited: the day after as_of; NULL where removed, or where the register
    names another salesperson or none.
    """
    customer = ["month", "customer_id"]
    return (
        _pairs(customers_at, visits_at(results, reinstatements, month_ends))
        .join(classification.select(*customer, "stage"), on=customer, how="left")
        .join(tiers.select(*customer, "tier"), on=customer, how="left")
        .join(month_ends.select("month", "period_end"), on="month", how="left")
        .with_columns(tier=nw.col("tier").fill_null("N"), action=_action(max_ineffective))
        .with_columns(next_visit_on=_next_visit(months_by_tier))
        .drop("period_end", "is_assigned")
    )


def visits_at(results: Frame, reinstatements: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and pair with a completed visit by its end.

    last_visited_on, completed_count, effective_count, pending_count, ineffective_streak: ineffective visits after the
    last effective one and after the day of the last reinstatement; pending ones are passed over.
    """
    completed, effective, ineffective = (nw.col(name) for name in _COUNTS)
    streak = ineffective - nw.col("wiped_count")
    known = latest(_running(_events(results, reinstatements)), PAIR, ["month"], calendar)
    return known.select(
        *_KEY,
        "completed_count",
        "effective_count",
        last_visited_on="visited_on",
        pending_count=completed - effective - ineffective,
        ineffective_streak=nw.when(streak > 0).then(streak).otherwise(0),
    )


def _events(results: Frame, reinstatements: Frame) -> Frame:
    """What changes a pair's state, in the month in which it does: a visit made, found effective or in vain, wiped.

    wiped_count: how many of the pair's visits in vain, counted from its first one, no longer count in the streak.
    """
    effective_on = nw.col("effective_on")
    found = results.filter(~effective_on.is_null())
    in_vain = results.filter(effective_on.is_null())
    reinstated = (
        reinstatements.select(*PAIR, "reinstated_on")
        .join(results, on=list(PAIR), how="inner")
        .filter(nw.col("visited_on") <= nw.col("reinstated_on"))
    )
    return nw.concat(
        [
            _event(results, "visited_on", "completed_count"),
            _event(found, "effective_on", "effective_count", wiped=nw.col("vain_count")),
            _event(in_vain, "judged_on", "ineffective_count"),
            _event(reinstated, "reinstated_on", None, wiped=nw.col("vain_count")),
        ],
        how="vertical",
    )


def _event(rows: Frame, on: str, counted: str | None, wiped: nw.Expr | None = None) -> Frame:
    counts = {name: nw.lit(int(name == counted)).cast(nw.Int64) for name in _COUNTS}
    nothing = nw.lit(0).cast(nw.Int64)
    return rows.select(
        *PAIR,
        "visited_on",
        month=month_number(nw.col(on)),
        wiped_count=nothing if wiped is None else wiped,
        **counts,
    )


def _running(events: Frame) -> Frame:
    """Per pair and month with an event: the sums and maxima of all events up to it."""
    names, highest = list(_COUNTS), ["visited_on", "wiped_count"]
    monthly = events.group_by(*PAIR, "month").agg(nw.col(*names).sum(), nw.col(*highest).max())
    return monthly.with_columns(
        nw.col(*names).cum_sum().over(*PAIR, order_by="month").cast(nw.Int64),
        nw.col(*highest).cum_max().over(*PAIR, order_by="month"),
    )


def _pairs(customers_at: Frame, visited: Frame) -> Frame:
    """The pairs of the register and those with visits; is_assigned: the register names this salesperson."""
    counts = ("completed_count", "effective_count", "pending_count", "ineffective_streak")
    columns = [*_KEY, *counts, "last_visited_on", "is_assigned"]
    assigned = customers_at.filter(~nw.col("salesperson_id").is_null()).select(*_KEY)
    of_register = assigned.join(visited, on=list(_KEY), how="left").with_columns(
        *(nw.col(name).fill_null(0) for name in counts), is_assigned=nw.lit(value=True)
    )
    others = visited.join(assigned, on=list(_KEY), how="anti").with_columns(
        is_assigned=nw.lit(value=False)
    )
    return nw.concat([of_register.select(columns), others.select(columns)], how="vertical")


def _action(max_ineffective: int) -> nw.Expr:
    in_vain = nw.col("ineffective_streak") >= max_ineffective
    is_prospect = nw.col("stage") == "prospective"
    return first_code((in_vain & is_prospect, "remove"), (in_vain, "review")).fill_null("keep")


def _next_visit(months_by_tier: Mapping[str, int]) -> nw.Expr:
    never = nw.col("last_visited_on").is_null()
    again = months_after("last_visited_on", months_by_tier)
    on = nw.when(never).then(days_after("period_end", 1)).otherwise(again)
    return nw.when(nw.col("is_assigned") & (nw.col("action") != "remove")).then(on)


def streak_days(plan: Frame, results: Frame) -> Frame:
    """One row per as-of month, pair that is not to be kept, and day of a visit of its streak: month, pair, visited_on.

    `plan`: the rows of rpt_visit_plan; `results`: visits.visit_results.
    """
    completed, effective = nw.col("completed_count"), nw.col("effective_count")
    ineffective = completed - effective - nw.col("pending_count")
    stopped = plan.filter(nw.col("action") != "keep").select(
        *_KEY, "ineffective_streak", ineffective=ineffective
    )
    place = nw.col("vain_count")
    first = nw.col("ineffective") - nw.col("ineffective_streak")
    return (
        results.filter(nw.col("effective_on").is_null())
        .join(stopped, on=list(PAIR), how="inner")
        .filter((place > first) & (place <= nw.col("ineffective")))
        .select(*_KEY, "visited_on")
    )


def streak_visits(days: Frame, visits: Frame) -> Frame:
    """One row per as-of month, pair that is not to be kept, and visit of its streak: the evidence against it.

    month, salesperson_id, customer_id, visit_id. `days`: what `streak_days` returns; `visits`: the ledger's of those days. Of
    several visits on a day each is named.
    """
    done = visits.filter(nw.col("status") == "done").select(*PAIR, "visited_on", "visit_id")
    return days.join(done, on=[*PAIR, "visited_on"], how="inner").select(*_KEY, "visit_id")
