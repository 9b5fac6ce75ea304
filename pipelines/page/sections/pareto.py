"""Which customers matter: ABC by net sales, the cuts, and the largest customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.page.cells import of_row, summed
from pipelines.page.grids import BLANK, Extra, listing, top
from pipelines.page.month import PERIODS, read
from pipelines.page.parts import NUMBER, Cell, Chart, Grid, Head, Row, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month, Pick, Rows

TOP = 20
# So many customers have a bar each; of the others, ever more share one.
_SINGLE = 150
_BARS_PER_E = 60
_LARGEST = (
    "rank", "sales_amount", "sales_share", "cumulative_share", "tier", "previous_tier", "to_next_tier_amount",
)  # fmt: skip
_ABC = ("A", "B", "C")


def section(month: Month) -> Section:
    """The curve with its cuts, then the largest customers."""
    policy = month.policy.abc
    data = {period: _curve(month, period) for period in PERIODS}
    tiers = tuple(_tiers(month, period) for period in PERIODS)
    chart = Chart(
        "pareto",
        "pareto",
        ("客户累计构成（帕累托）", "Pareto of customers"),
        (
            "按净销售额从大到小排列的客户：柱为每位客户的净销售额，线为累计构成比，竖线为 A、B 类的分界。",
            "Customers by net sales, the largest first: bars for the net sales of each, a line for the cumulative share, rules where A and B end.",
        ),
        data,
        tiers,
    )
    return Section(
        "pareto",
        ("重点客户（ABC 分析）", "Customers that matter (ABC)"),
        (
            f"累计净销售额达到 {policy.a:g}% 之前为 A，{policy.b:g}% 之前为 B，其余为 C；跨线者归高一级。",
            f"A up to {policy.a:g} % of net sales, B up to {policy.b:g} %, C the rest; the customer that crosses a cut goes up.",
        ),
        (chart, *(_largest(month, period) for period in PERIODS)),
    )


def _curve(month: Month, period: str) -> dict[str, Rows]:
    """The bars and the cuts. A bar is one rank, or several neighbours' of one tier: their mean, up to the last's exact share."""
    pick = month.pick("rpt_customer_abc", period=period, tier=_ABC)
    ranks = (
        month.frame(pick)
        .group_by("rank", "tier")
        .agg(pl.len().alias("count"), pl.col("sales_amount", "cumulative_share").first())
        .sort("rank")
        .with_columns(end=pl.col("count").cum_sum())
    )
    late = (pl.col("end").cast(pl.Float64) / _SINGLE).log() * _BARS_PER_E
    bar = (
        pl.when(pl.col("end") <= _SINGLE).then(pl.col("end")).otherwise(late.floor() + _SINGLE + 1)
    )
    total = (pl.col("sales_amount").cast(pl.Float64) * pl.col("count")).sum()
    bars = (
        ranks.group_by(bar.cast(pl.Int64).alias("bar"), "tier")
        .agg(
            pl.col("end", "cumulative_share").max(),
            count=pl.col("count").sum(),
            sales=total / pl.col("count").sum(),
        )
        .select("tier", "end", "sales", "count", start=pl.col("end") - pl.col("count"), share="cumulative_share")
        .sort("end")
    )  # fmt: skip
    found = read(bars)
    origin = [{"end": 0, "share": 0.0}] if found else []
    line = [*origin, *({"end": one["end"], "share": one["share"]} for one in found)]
    return {"rows": found, "line": line, "cuts": list(_cuts(found))}


def _cuts(bars: Rows) -> Iterator[dict[str, Any]]:
    """Where tiers A and B end, and on which side of it there is room for words."""
    for tier in _ABC[:-1]:
        ends = [bar for bar in bars if bar["tier"] == tier]
        if ends:
            last = ends[-1]
            side = "left" if 2 * last["end"] < bars[-1]["end"] else "right"
            yield {"tier": tier, "end": last["end"], "share": last["share"], "side": side}


def _tiers(month: Month, period: str) -> Grid:
    pick = month.pick("rpt_class_composition", period=period, dimension="tier")
    least = month.pick("rpt_customer_abc", period=period)
    cut = Extra(
        Head(("最低净销售额（分界）", "Least net sales (the cut)"), NUMBER),
        lambda one: _least(month, least.but(tier=one["class"])),
    )
    columns = ("class", "customer_count", "sales_amount", "sales_share", cut)
    return listing(
        ("各等级的客户", "Customers by tier"), pick.table, month.rows(pick), columns, period=period
    )


def _least(month: Month, pick: Pick) -> Cell:
    """The least net sales of a tier: what a customer needs for it."""
    found = month.rows(pick, by=[pl.col("sales_amount")], limit=1)
    return of_row(pick.table, found[0], "sales_amount") if found else BLANK


def _largest(month: Month, period: str) -> Grid:
    pick = month.pick("rpt_customer_abc", period=period)
    return top(
        month, pick, ("净销售额最大的客户", "The largest customers"), ("customer_id", *_LARGEST),
        by=[-pl.col("sales_amount")], limit=TOP, none=("该期间没有销售。", "No sales in the period."),
        total=_all(month, pick),
    )  # fmt: skip


def _all(month: Month, pick: Pick) -> Row:
    total = summed(pick, "sales_amount", month.total(pick, "sales_amount"))
    label = Cell(("全部客户", "All customers"))
    cells = [total if name == "sales_amount" else BLANK for name in _LARGEST]
    return Row((label, *cells))
