"""What customers complain of, by kind, and whether they were answered in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.page.cells import summed, written
from pipelines.page.grids import BLANK, top
from pipelines.page.month import PERIODS
from pipelines.page.parts import Cell, Chart, Grid, Note, Row, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.page.month import Month, Rows
    from pipelines.page.parts import Block, Words

TOP = 20
_COUNTS = ("received_count", "valid_count", "open_count", "sla_met_count", "sla_breached_count")
_COLUMNS = (
    "category", "subcategory", *_COUNTS, "sla_rate", "median_first_response_hours", "median_resolution_hours",
    "reopen_rate", "per_10000_orders",
)  # fmt: skip
_ONE = (
    "complaint_id", "customer_id", "category", "subcategory", "received_at", "current_step", "department",
    "sla_status", "first_response_hours", "first_resolution_hours",
)  # fmt: skip


def section(month: Month) -> Section:
    """By kind, then one by one what is open and what was late."""
    hours = month.policy.complaints
    absent = Note(("没有提供投诉数据。", "No complaints are supplied."))
    blocks = tuple(_blocks(month)) if "complaints" in month.feeds else (absent,)
    return Section(
        "complaints",
        ("投诉", "Complaints"),
        (
            f"时限：首次答复 {hours.response_hours:g} 小时，首次结案 {hours.resolution_hours:g} 小时。",
            f"Allowed: {hours.response_hours:g} hours to the first response, {hours.resolution_hours:g} to the first resolution.",
        ),
        blocks,
    )


def _blocks(month: Month) -> Iterator[Block]:
    yield Chart(
        "complaints",
        "complaints",
        ("各类投诉是否按时处理", "Complaints by kind, in time or late"),
        ("各类投诉按时与超时的件数", "Bars: complaints by kind, answered in time and late"),
        {period: {"rows": _bars(month, period)} for period in PERIODS},
        tuple(_kinds(month, period) for period in PERIODS),
    )
    still = ("未结的投诉", "Open complaints"), {"is_closed": False}
    late = ("超时的投诉（近十二个月及未结）", "Late complaints (12 months, and open ones)"), {"sla_status": "breached"}  # fmt: skip
    yield from (_one_by_one(month, caption, where) for caption, where in (still, late))


def _bars(month: Month, period: str) -> Rows:
    pick = month.pick("rpt_complaint_summary", period=period)
    sums = month.frame(pick).group_by("category").agg(pl.col("sla_met_count", "sla_breached_count").sum())  # fmt: skip
    bars = []
    largest = -pl.sum_horizontal("sla_met_count", "sla_breached_count")
    for category, met, breached in sums.sort(largest, "category").collect().iter_rows():
        zh, en = written(pick.table["category"], category)
        bars.append({"zh": zh, "en": en, "met": met, "breached": breached})
    return bars


def _kinds(month: Month, period: str) -> Grid:
    pick = month.pick("rpt_complaint_summary", period=period)
    sums = (summed(pick, name, month.total(pick, name)) if name in _COUNTS else BLANK for name in _COLUMNS[1:])  # fmt: skip
    return top(
        month, pick, ("各类投诉", "Complaints by kind"), _COLUMNS, by=[-pl.col("received_count")], limit=TOP,
        none=("该期间没有投诉。", "No complaint in the period."), total=Row((Cell(("合计", "All")), *sums)),
    )  # fmt: skip


def _one_by_one(month: Month, caption: Words, where: Mapping[str, object]) -> Grid:
    pick = month.pick("rpt_complaint", **where)
    latest = -pl.col("received_at").to_physical()
    return top(month, pick, caption, _ONE, by=[latest], limit=TOP)
