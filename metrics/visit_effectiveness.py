"""What visits achieve 访问实效: by salesperson and period, what was planned, done, effective, and who was seen in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.periods import month_number, months_after
from metrics.ratios import flag, ratio
from metrics.reasons import first_code
from metrics.visits import PAIR

if TYPE_CHECKING:
    from collections.abc import Mapping

Frame = nw.LazyFrame[Any]

_KEY = ("month", "period", "salesperson_id")
_COUNTS = (
    "planned_count", "planned_done_count", "completed_count", "effective_count",
    "ineffective_count", "pending_count", "due_customer_count", "visited_customer_count",
)  # fmt: skip


def visit_effectiveness(
    visits: Frame,
    results: Frame,
    plan: Frame,
    windows: Frame,
    bounds: Frame,
    months_by_tier: Mapping[str, int],
) -> Frame:
    """One row per as-of month, period and salesperson with a visit planned or completed in it, or a customer due.

    `visits`: the ledger's with a planned_on in any period.
    `results`: visits.visit_results.
    `plan`: the rows of rpt_visit_plan.

    completion_rate = those of the planned visits done by as_of / planned_count: NULL `nothing_planned`. effective_rate =
    effective / (effective + ineffective): NULL `no_visits` without a completed visit, `visits_pending` where all are
    pending. coverage_rate = visited / due customers: NULL `nothing_due`.
    """
    parts = [
        _planned(visits, windows),
        _completed(results, windows),
        _due(results, plan, bounds, months_by_tier),
    ]
    counted = nw.concat([part.pipe(_with_all_counts) for part in parts], how="vertical")
    return (
        counted.group_by(*_KEY)
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(judged_count=nw.col("effective_count") + nw.col("ineffective_count"))
        .with_columns(**_rates())
        .drop("planned_done_count", "judged_count")
    )


def _with_all_counts(part: Frame) -> Frame:
    there = part.collect_schema().names()
    nothing = nw.lit(0).cast(nw.Int64)
    missing = {name: nothing for name in _COUNTS if name not in there}
    return part.with_columns(**missing).select(*_KEY, *(nw.col(n).cast(nw.Int64) for n in _COUNTS))


def _rates() -> dict[str, nw.Expr]:
    planned, completed = nw.col("planned_count"), nw.col("completed_count")
    judged, due = nw.col("judged_count"), nw.col("due_customer_count")
    return {
        "completion_rate": ratio(nw.col("planned_done_count"), planned),
        "completion_rate_reason": first_code((planned == 0, "nothing_planned")),
        "effective_rate": ratio(nw.col("effective_count"), judged),
        "effective_rate_reason": first_code(
            (completed == 0, "no_visits"), (judged == 0, "visits_pending")
        ),
        "coverage_rate": ratio(nw.col("visited_customer_count"), due),
        "coverage_rate_reason": first_code((due == 0, "nothing_due")),
    }


def _counted(rows: Frame, windows: Frame, *kinds: str) -> Frame:
    """Rows by salesperson, fact_month and kinds, met with every period that holds the fact month: `rows` is their number."""
    keys = ["salesperson_id", "fact_month", *kinds]
    few = rows.select(*keys).group_by(*keys).agg(rows=nw.len().cast(nw.Int64))
    return few.join(windows, on="fact_month", how="inner")


def _sum_where(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.col("rows")).otherwise(0).sum()


def _planned(visits: Frame, windows: Frame) -> Frame:
    """Visits by the period of planned_on, whatever their status, and those of them done by the period's end."""
    done = nw.when(nw.col("status") == "done").then(month_number(nw.col("visited_on")))
    planned = visits.filter(~nw.col("planned_on").is_null()).with_columns(
        fact_month=month_number(nw.col("planned_on")), done_month=done
    )
    return (
        _counted(planned, windows, "done_month")
        .group_by(*_KEY)
        .agg(
            planned_count=nw.col("rows").sum(),
            planned_done_count=_sum_where(nw.col("done_month") <= nw.col("month")),
        )
    )


def _completed(results: Frame, windows: Frame) -> Frame:
    """Completed visits by the period of visited_on, and what is known of them at its end."""
    known_on = nw.coalesce("effective_on", "judged_on")
    known = nw.col("known_month") <= nw.col("month")
    visited = results.with_columns(
        fact_month=month_number(nw.col("visited_on")),
        known_month=month_number(known_on),
        is_effective=~nw.col("effective_on").is_null(),
    )
    return (
        _counted(visited, windows, "known_month", "is_effective")
        .group_by(*_KEY)
        .agg(
            completed_count=nw.col("rows").sum(),
            effective_count=_sum_where(known & nw.col("is_effective")),
            ineffective_count=_sum_where(known & ~nw.col("is_effective")),
            pending_count=_sum_where(~known),
        )
    )


def _due(results: Frame, plan: Frame, bounds: Frame, months_by_tier: Mapping[str, int]) -> Frame:
    """Customers on the plan whose next visit falls on or before the period's end, and those of them visited in it.

    The next visit is counted from the last one before the period; without one the customer is due at once.
    """
    on_plan = plan.filter(~nw.col("next_visit_on").is_null()).select(
        "month", *PAIR, "tier", "last_visited_on"
    )
    seen = nw.col("last_visited_on") >= nw.col("period_start")
    return (
        on_plan.join(bounds, on="month", how="inner")
        .join(
            _not_due(results, on_plan, bounds, months_by_tier),
            on=["month", "period", *PAIR],
            how="anti",
        )
        .group_by(*_KEY)
        .agg(
            due_customer_count=nw.len(),
            visited_customer_count=flag(seen).sum(),
        )
    )


def _not_due(
    results: Frame, on_plan: Frame, bounds: Frame, months_by_tier: Mapping[str, int]
) -> Frame:
    """As-of month, period and pair that a visit before the period puts off until after its end; may repeat itself.

    Only visits less than the longest interval before as_of can do that, so few meet each period.
    """
    longest = max(months_by_tier.values())
    fact, month = nw.col("fact_month"), nw.col("month")
    visited = results.select(*PAIR, "visited_on", fact_month=month_number(nw.col("visited_on")))
    within_reach = (
        visited.select("fact_month")
        .unique(["fact_month"])
        .join(bounds, how="cross")
        .filter((fact < nw.col("start_month")) & (fact + longest > month))
    )
    return (
        visited.join(within_reach, on="fact_month", how="inner")
        .join(on_plan.drop("last_visited_on"), on=["month", *PAIR], how="inner")
        .filter(months_after("visited_on", months_by_tier) > nw.col("period_end"))
    )
