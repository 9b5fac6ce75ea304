"""Profitability, first half: exact sums per product, subcategory, category and company.

Turnover, cross ratio and GMROI of a level take numerator and denominator over the products whose average stock is
known at that valuation; the sums with the suffixes `_cost` and `_retail` are over those products alone.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.classification import UNCLASSIFIED
from metrics.product_sales import VALUES

Frame = nw.LazyFrame[Any]

VALUED = ("cost", "retail")
_ROW = ["month", "period", "product_id"]
_LEVELS = ("product", "subcategory", "category", "company")


def level_sums(product_period: Frame, stock: Frame, products_at: Frame) -> Frame:
    """One row per as-of month, period, level and member with sales in the period or a stock basis.

    `stock`: average_stock. Besides the sums of product_period, all again per valuation over the products known at it,
    with `stock_cost`, `stock_retail` (x 2 (n + 1); NULL: none known), `stock_quantity` (products alone), stock_basis.
    """
    products = _products(product_period, stock, products_at)
    return nw.concat([_level(products, level) for level in _LEVELS], how="vertical")


def _products(product_period: Frame, stock: Frame, products_at: Frame) -> Frame:
    sold = product_period.select(*_ROW, *VALUES)
    only_stock = stock.select(*_ROW).join(sold.select(*_ROW), on=_ROW, how="anti")
    attributes = products_at.select(
        "month",
        "product_id",
        category=nw.col("category").fill_null(UNCLASSIFIED),
        subcategory=nw.col("subcategory").fill_null(UNCLASSIFIED),
    )
    return (
        nw.concat([sold.select(*_ROW), only_stock], how="vertical")
        .join(sold, on=_ROW, how="left")
        .join(stock, on=_ROW, how="left")
        .join(attributes, on=["month", "product_id"], how="left")
        .with_columns(
            nw.col(*VALUES).fill_null(0),
            stock_basis=nw.col("stock_basis").fill_null("none"),
            category=nw.col("category").fill_null(UNCLASSIFIED),
            subcategory=nw.col("subcategory").fill_null(UNCLASSIFIED),
            company=nw.lit("*"),
            product=nw.col("product_id"),
        )
        .with_columns(
            *(
                nw.when(~nw.col(f"stock_{valued}").is_null())
                .then(nw.col(name))
                .otherwise(0)
                .alias(f"{name}_{valued}")
                for valued in VALUED
                for name in VALUES
            )
        )
    )


def _level(products: Frame, level: str) -> Frame:
    sums = [*VALUES, *(f"{name}_{valued}" for valued in VALUED for name in VALUES)]
    known = {f"known_{v}": _flag(~nw.col(f"stock_{v}").is_null()).sum() for v in VALUED}
    return (
        products.group_by("month", "period", level)
        .agg(
            *(nw.col(name).sum() for name in sums),
            *(nw.col(f"stock_{v}").sum() for v in VALUED),
            stock_quantity=nw.col("stock_quantity").sum(),
            known_quantity=_flag(~nw.col("stock_quantity").is_null()).sum(),
            open_close=_flag(nw.col("stock_basis") == "open_close").sum(),
            month_ends=_flag(nw.col("stock_basis") == "month_ends").sum(),
            **known,
        )
        .rename({level: "member_id"})
        .with_columns(level=nw.lit(level), stock_basis=_basis())
        .with_columns(
            *(_or_null(f"stock_{v}", nw.col(f"known_{v}") > 0) for v in VALUED),
            _or_null("stock_quantity", (nw.col("known_quantity") > 0) & (nw.lit(level) == "product")),
        )
        .select(
            "month", "period", "level", "member_id", *sums, "stock_cost", "stock_retail",
            "stock_quantity", "stock_basis",
        )
    )  # fmt: skip


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1).otherwise(0).cast(nw.Int64)


def _basis() -> nw.Expr:
    exact = nw.when(nw.col("month_ends") > 0).then(nw.lit("month_ends")).otherwise(nw.lit("none"))
    return nw.when(nw.col("open_close") > 0).then(nw.lit("open_close")).otherwise(exact)


def _or_null(name: str, known: nw.Expr) -> nw.Expr:
    return nw.when(known).then(nw.col(name)).alias(name)
