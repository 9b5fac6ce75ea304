"""Whom to visit: what is due by the end of next month, salesperson by salesperson, and what the visits brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from metrics.periods import last_day, month_index
from pipelines.page.cells import counted, head
from pipelines.page.grids import top
from pipelines.page.month import PERIODS, Span
from pipelines.page.parts import NUMBER, Cell, Chart, Grid, Head, Note, Row, Section, same

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month, Pick
    from pipelines.page.parts import Block

TOP = 25
_KEPT = ("keep", "review")
_PLAN = ("customer_id", "salesperson_id", "next_visit_on", "last_visited_on", "tier", "stage", "ineffective_streak", "action")  # fmt: skip
_IN_VAIN = (
    "customer_id", "salesperson_id", "action", "ineffective_streak", "last_visited_on", "completed_count",
    "effective_count",
)  # fmt: skip
_EFFECT = (
    "salesperson_id", "planned_count", "completed_count", "completion_rate", "effective_rate", "due_customer_count",
    "visited_customer_count", "coverage_rate",
)  # fmt: skip


def section(month: Month) -> Section:
    """What is due, then what was done."""
    absent = Note(("没有提供访问数据。", "No visits are supplied."))
    blocks = tuple(_blocks(month)) if "visits" in month.feeds else (absent,)
    return Section(
        "visits",
        ("访问计划", "Visits to make"),
        (
            f"截至下月底（{_horizon(month)}）应访的客户；A 类优先，其次为拖得最久的。",
            f"Customers due for a visit by the end of next month ({_horizon(month)}); tier A first, then the longest overdue.",
        ),
        blocks,
    )


def _horizon(month: Month) -> object:
    return last_day(month_index(month.text) + 1)


def _blocks(month: Month) -> Iterator[Block]:
    late = month.pick("rpt_visit_plan", action=_KEPT, next_visit_on=Span(month.as_of))
    soon = late.but(next_visit_on=Span(last_day(month_index(month.text) + 1), month.as_of))
    yield _by_salesperson(month, late, soon)
    yield _due(month)
    yield _in_vain(month)
    yield from (_effect(month, period) for period in PERIODS)


def _by_salesperson(month: Month, late: Pick, soon: Pick) -> Chart:
    counts = {name: _counts(month, pick) for name, pick in (("late", late), ("soon", soon))}
    people = sorted({*counts["late"], *counts["soon"]}, key=lambda who: (-counts["late"].get(who, 0), who))  # fmt: skip
    shown = people[:TOP]
    rows = tuple(
        Row(
            (
                Cell(same(who)),
                *(
                    counted(pick.but(salesperson_id=who), counts[name].get(who, 0))
                    for name, pick in (("late", late), ("soon", soon))
                ),
            )
        )
        for who in shown
    )
    total = Row(
        (Cell(("合计", "All")), *(counted(pick, month.count(pick)) for pick in (late, soon)))
    )
    heads = (
        head(late.table, "salesperson_id"),
        Head(("已过期", "Overdue"), NUMBER),
        Head(("下月到期", "Due next month"), NUMBER),
    )
    title = ("各业务员应访客户", "Visits to make by salesperson")
    bars = [
        {"who": who, "late": counts["late"].get(who, 0), "soon": counts["soon"].get(who, 0)}
        for who in shown
    ]
    told = ("各业务员已过期与下月到期的应访客户数", "Bars: customers overdue and due next month, by salesperson")  # fmt: skip
    grid = Grid(title, heads, rows, total=total)
    return Chart("visits", "visits", title, told, {"": {"rows": bars}}, (grid,))


def _counts(month: Month, pick: Pick) -> dict[str, int]:
    counts = month.frame(pick).group_by("salesperson_id").len().collect()
    return dict(counts.iter_rows())


def _due(month: Month) -> Grid:
    pick = month.pick("rpt_visit_plan", action=_KEPT, next_visit_on=Span(last_day(month_index(month.text) + 1)))  # fmt: skip
    return top(
        month, pick, ("应访客户", "Customers to visit"), _PLAN,
        by=[pl.col("tier"), pl.col("next_visit_on")], limit=TOP, none=("没有到期的访问。", "No visit is due."),
    )  # fmt: skip


def _in_vain(month: Month) -> Grid:
    pick = month.pick("rpt_visit_plan", action=("remove", "review"))
    return top(
        month, pick, ("访问多次而无实效", "Visited in vain"), _IN_VAIN, by=[-pl.col("ineffective_streak")], limit=TOP
    )  # fmt: skip


def _effect(month: Month, period: str) -> Grid:
    pick = month.pick("rpt_visit_effectiveness", period=period)
    return top(
        month, pick, ("访问实效", "What the visits brought"), _EFFECT, by=[pl.col("coverage_rate")], limit=TOP
    )  # fmt: skip
