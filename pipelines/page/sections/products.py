"""What the products earn: margin × turnover, cross ratio and contribution ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.page.cells import cell, counted, head, summed, written
from pipelines.page.grids import BLANK, Extra, listing, member
from pipelines.page.month import PERIODS
from pipelines.page.parts import NUMBER, Cell, Chart, Grid, Head, Note, Row, Section
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month, Pick, Rows
    from pipelines.page.parts import Block

TOP = 20
POINTS = 300
_COLUMNS = (
    "sales_amount", "gross_profit_amount", "gross_margin_rate", "turnover_retail", "cross_ratio", "sales_share",
    "contribution_ratio", "contribution_degree",
)  # fmt: skip
_HIGH = {"turnover_retail": ("star", "traffic"), "gross_margin_rate": ("star", "niche")}
_TABLE = TABLES["rpt_profitability"]
_CATEGORY = Extra(Head(("类别", "Category")), lambda one: cell(_TABLE, one, "member_id"))


def section(month: Month) -> Section:
    """The map of products, then products and categories by contribution."""
    absent = Note(
        (
            "没有提供库存数据：周转率、交叉比率与贡献比率无从计算，只列销售与毛利。",
            "No stock is supplied: turnover, cross ratio and contribution ratio cannot be told, only sales and margin.",
        )
    )
    map_: Block = _map(month) if "stock" in month.feeds else absent
    return Section(
        "products",
        ("商品：毛利率 × 周转率", "Products: margin × turnover"),
        (
            "交叉比率 = 毛利率 × 周转率，即每元库存带来的毛利；贡献比率再乘以销售额构成比。",
            "Cross ratio = margin × turnover, the gross profit of each unit of stock; contribution ratio = cross ratio × share of sales.",
        ),
        (map_, *(grid for period in PERIODS for grid in _tables(month, period))),
    )


def _map(month: Month) -> Chart:
    data = {period: _points(month, period) for period in PERIODS}
    tables = tuple(_quadrants(month, period) for period in PERIODS)
    return Chart(
        "products",
        "products",
        ("商品象限", "Map of products"),
        (
            f"每点一种商品（净销售额最大的 {POINTS} 种以内）：横轴为商品周转率，纵轴为毛利率，大小为净销售额，颜色与形状为象限；从虚线起为高。",
            f"A dot per product, up to {POINTS} by net sales: turnover across, margin up, colour and shape by quadrant; high from the dashed lines on.",
        ),
        data,
        tables,
    )


def _points(month: Month, period: str) -> dict[str, Rows]:
    pick = month.pick("rpt_profitability", period=period, level="product")
    known = month.frame(pick).filter(pl.col("quadrant").is_not_null())
    found = known.sort(-pl.col("sales_amount"), "member_id").head(POINTS).collect().to_dicts()
    names = month.names((one["member_id"] for one in found), "dim_product")
    points = [
        {
            "id": one["member_id"],
            "name": names.get(one["member_id"], one["member_id"]),
            "turnover": one["turnover_retail"],
            "margin": one["gross_margin_rate"],
            "sales": float(one["sales_amount"]),
            "cross": one["cross_ratio"],
            **dict(zip(("zh", "en"), written(pick.table["quadrant"], one["quadrant"]), strict=True)),
        }
        for one in found
    ]  # fmt: skip
    return {"rows": points, "cuts": [_cuts(month, pick)] if points else []}


def _cuts(month: Month, pick: Pick) -> dict[str, Any]:
    """From where on turnover and margin are high: the least of those that are."""
    least = (
        month.frame(pick).filter(pl.col("quadrant").is_in(high)).select(pl.col(name).min())
        for name, high in _HIGH.items()
    )
    turnover, margin = (frame.collect().item() for frame in least)
    return {"turnover": turnover, "margin": margin}


def _quadrants(month: Month, period: str) -> Grid:
    pick = month.pick("rpt_profitability", period=period, level="product")
    rows = []
    for code, zh, en in pick.table["quadrant"].codes:
        own = pick.but(quadrant=code)
        number = counted(own, month.count(own))
        rows.append(
            Row(
                (
                    Cell((zh, en), mark=code),
                    number,
                    summed(own, "sales_amount", month.total(own, "sales_amount")),
                )
            )
        )
    heads = (head(pick.table, "quadrant"), Head(("商品数", "Products"), NUMBER), head(pick.table, "sales_amount"))  # fmt: skip
    return Grid(("各象限的商品", "Products by quadrant"), heads, tuple(rows), period=period)


def _tables(month: Month, period: str) -> Iterator[Grid]:
    yield _members(month, period, "category")
    yield _members(month, period, "product")


def _members(month: Month, period: str, level: str) -> Grid:
    pick = month.pick("rpt_profitability", period=period, level=level)
    found = month.rows(pick, by=[-pl.col("contribution_ratio"), -pl.col("sales_amount")], limit=TOP)
    if level == "product":
        names = month.names((one["member_id"] for one in found), "dim_product")
        who = member("member_id", ("商品", "Product"), names)
        columns: tuple[Any, ...] = (who, "quadrant", *_COLUMNS)
        caption = ("贡献比率最高的商品", "Products with the highest contribution ratio")
    else:
        columns = (_CATEGORY, *_COLUMNS)
        caption = ("商品类别", "Categories")
    total = Row(
        (
            Cell(("合计", "All")),
            *(
                summed(pick, name, month.total(pick, name)) if name == "sales_amount" else BLANK
                for name in columns[1:]
            ),
        )
    )
    return listing(
        caption, _TABLE, found, columns, total=total,
        of=counted(pick, month.count(pick)), period=period,
    )  # fmt: skip
