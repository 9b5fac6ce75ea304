"""Whose tier moved since last month, which way, and whether by their own sales or by what others bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.page.cells import counted
from pipelines.page.grids import top
from pipelines.page.month import PERIODS
from pipelines.page.parts import NUMBER, Cell, Grid, Head, Row, Section, same
from schemas.vocabulary import TIER_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month
    from pipelines.page.parts import Words

TOP = 15
_COLUMNS = (
    "customer_id", "movement", "previous_tier", "tier", "movement_cause", "sales_amount", "to_next_tier_amount",
)  # fmt: skip
# The caption, the movements, and the tier that says how much each weighs: the one that was lost, or gained.
_SIDES: tuple[tuple[Words, tuple[str, ...], str], ...] = (
    (("下降或退出", "Fell or left"), ("down", "exit"), "previous_tier"),
    (("上升或进入", "Rose or entered"), ("up", "enter"), "tier"),
)


def section(month: Month) -> Section:
    """How many moved from where to where, then who, the falls first."""
    return Section(
        "movers",
        ("等级变动", "Who moved"),
        (
            "与上月同一期间的等级相比；原因区分自身销售额的变化与其他客户的变化。",
            "Against the tier of the same period last month; the cause tells own sales from what others bought.",
        ),
        tuple(block for period in PERIODS for block in _blocks(month, period)),
    )


def _blocks(month: Month, period: str) -> Iterator[Grid]:
    yield _moves(month, period)
    for caption, movements, weight in _SIDES:
        pick = month.pick("rpt_customer_abc", period=period, movement=movements)
        yield top(
            month, pick, caption, _COLUMNS, by=[pl.col(weight), -pl.col("sales_amount")], limit=TOP,
            none=("没有客户。", "No customer."),
        )  # fmt: skip


def _moves(month: Month, period: str) -> Grid:
    """Customers by the tier that was and the tier that is."""
    pick = month.pick("rpt_customer_abc", period=period)
    before = [*TIER_CODES, (None, "上月无销售", "No sales before")]
    rows = (
        Row(
            (
                Cell((zh, en)),
                *(_count(month, period, was, now) for now, _, _ in TIER_CODES),
            )
        )
        for was, zh, en in before
    )
    heads = (Head((zh, en), NUMBER) for _, zh, en in TIER_CODES)
    return Grid(
        ("上月等级（行）到本月等级（列）的客户数", "Customers by last month's tier (rows) and this month's (columns)"),
        (Head(("上月等级", "Last month")), *heads),
        tuple(rows) if month.count(pick) else (),
        period=period,
    )  # fmt: skip


def _count(month: Month, period: str, was: str | None, now: str) -> Cell:
    pick = month.pick("rpt_customer_abc", period=period, previous_tier=was, tier=now)
    shown = counted(pick, month.count(pick))
    mark = "level" if was == now else ""
    return Cell(shown.text if shown.origin["value"] != "0" else same("·"), shown.origin, mark=mark)  # fmt: skip
