"""The exact sums behind profitability, per product, subcategory, category and company.

What needs stock is summed over the products whose average stock is known at that valuation: the sums behind the
prefixes `at_cost_` and `at_retail_`.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.classification import UNCLASSIFIED
from metrics.margin import MARGIN_SUMS
from metrics.ratios import flag
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

_ROW = ["month", "period", "product_id"]
_LEVELS = ("product", "subcategory", "category", "company")
_KEY = ("month", "period", "level", "member_id")
_QUANTITIES = ("quantity", "stock_quantity")
_SUMS = (*MARGIN_SUMS, "quantity")
_VALUATIONS = ("at_cost_", "at_retail_")


def level_sums(product_period: Frame, stock: Frame, products_at: Frame) -> Frame:
    """One row per as-of month, period, level and member with sales in the period or a stock basis.

    `stock`: average_stock. Columns: the sums of the lines, the same behind at_cost_ and at_retail_ with the average
    stock `..._stock` (times 2 (n + 1); NULL where no product is known), stock_basis (month_ends, open_close if that of any
    product is, none), stock_quantity and quantity (products alone, NULL above).
    """
    products = _products(product_period, stock, products_at)
    return nw.concat([_level(products, level) for level in _LEVELS], how="vertical")


def _products(product_period: Frame, stock: Frame, products_at: Frame) -> Frame:
    """One row per product with a line or a stock basis, and the member that it is part of at each level."""
    sold = product_period.select(*_ROW, *_SUMS)
    unsold = stock.select(*_ROW).join(sold.select(*_ROW), on=_ROW, how="anti")
    attributes = products_at.select("month", "product_id", "category", "subcategory")
    return (
        nw.concat([sold.select(*_ROW), unsold], how="vertical")
        .join(sold, on=_ROW, how="left")
        .join(stock, on=_ROW, how="left")
        .join(attributes, on=["month", "product_id"], how="left")
        .with_columns(
            nw.col(*_SUMS).fill_null(0),
            nw.col("category", "subcategory").fill_null(UNCLASSIFIED),
            product=nw.col("product_id"),
            company=nw.lit("*"),
        )
        .with_columns(_where_known(prefix, name) for prefix in _VALUATIONS for name in MARGIN_SUMS)
    )


def _where_known(prefix: str, name: str) -> nw.Expr:
    known = ~nw.col(f"{prefix}stock").is_null()
    return nw.when(known).then(nw.col(name)).otherwise(0).alias(f"{prefix}{name}")


def _level(products: Frame, level: str) -> Frame:
    """The sums per member of one level; a sum without any known value is NULL, not 0."""
    valued = [f"{prefix}{name}" for prefix in _VALUATIONS for name in (*MARGIN_SUMS, "stock")]
    stocks = [f"{prefix}stock" for prefix in _VALUATIONS]
    bases = {
        code: flag(nw.col("stock_basis") == code).sum() for code in ("month_ends", "open_close")
    }
    of_one = nw.lit(level == "product")
    return (
        products.group_by("month", "period", level)
        .agg(
            *(nw.col(name).sum().cast(nw.Int64) for name in (*MARGIN_SUMS, *valued)),
            *(nw.col(name).max() for name in _QUANTITIES),
            *(flag(~nw.col(name).is_null()).sum().alias(f"{name}s") for name in stocks),
            **bases,
        )
        .rename({level: "member_id"})
        .with_columns(
            *(nw.when(nw.col(f"{name}s") > 0).then(nw.col(name)).alias(name) for name in stocks),
            *(nw.when(of_one).then(nw.col(name)).alias(name) for name in _QUANTITIES),
            level=nw.lit(level),
            stock_basis=_basis(),
        )
        .select(*_KEY, "stock_basis", *_QUANTITIES, *MARGIN_SUMS, *valued)
    )


def _basis() -> nw.Expr:
    return first_code(
        (nw.col("open_close") > 0, "open_close"),
        (nw.col("month_ends") > 0, "month_ends"),
    ).fill_null("none")
