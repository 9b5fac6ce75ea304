"""Who the customers are: each class's part of net sales, and what key accounts bring of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.page.cells import counted, written
from pipelines.page.grids import listing
from pipelines.page.month import PERIODS
from pipelines.page.parts import Chart, Section, Side
from schemas.vocabulary import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.page.month import Month, Pick, Rows
    from pipelines.page.parts import Grid, Words

TOP = 10
_COLUMNS = ("class", "customer_count", "sales_amount", "sales_share", "key_account_amount", "key_account_share")  # fmt: skip


def section(month: Month) -> Section:
    """One chart per dimension, tiers aside: the section before has these."""
    charts = (_chart(month, *dimension) for dimension in DIMENSIONS if dimension[0] != "tier")
    return Section(
        "composition",
        ("客户构成", "Composition of customers"),
        (
            "各类客户的净销售额，深色为其中的重点客户（A 类）。",
            "Net sales of each class of customers; the dark part is key accounts' (tier A).",
        ),
        (Side(tuple(charts)),),
    )


def _chart(month: Month, dimension: str, zh: str, en: str) -> Chart:
    picks = {
        period: month.pick("rpt_class_composition", period=period, dimension=dimension)
        for period in PERIODS
    }
    found = {
        period: month.rows(pick, by=[-pl.col("sales_amount")], limit=TOP)
        for period, pick in picks.items()
    }
    title = (f"按{zh}", f"By {en[0].lower()}{en[1:]}")
    told = (
        f"各类{zh}的净销售额及其中重点客户部分的条形图",
        f"Bars: net sales by {en[0].lower()}{en[1:]}, and key accounts' part of them",
    )
    data = {period: {"rows": list(_bars(rows))} for period, rows in found.items()}
    tables = (_grid(month, picks[period], rows, title) for period, rows in found.items())
    return Chart(f"composition-{dimension}", "composition", title, told, data, tuple(tables))


def _bars(rows: Rows) -> Iterable[dict[str, object]]:
    from schemas.catalogue import TABLES

    for one in rows:
        zh, en = written(TABLES["rpt_class_composition"]["class"], one["class"])
        yield {
            "zh": zh,
            "en": en,
            "sales": float(one["sales_amount"]),
            "key": float(one["key_account_amount"]),
            "share": one["sales_share"],
            "customers": one["customer_count"],
        }


def _grid(month: Month, pick: Pick, rows: Rows, title: Words) -> Grid:
    of = counted(pick, month.count(pick))
    return listing(title, pick.table, rows, _COLUMNS, of=of, period=pick.where["period"])
