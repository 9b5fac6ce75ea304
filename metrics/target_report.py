"""Every target and what became of it (deck: 交易业绩分析), in all scopes."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.classification import UNCLASSIFIED
from metrics.periods import rolling_periods
from metrics.ratios import ratio
from metrics.reasons import first_code
from metrics.targets import with_attainment

Frame = nw.LazyFrame[Any]

_GROUP = ["month", "period"]
_ROW = [*_GROUP, "scope", "member_id"]


def salesperson_month(lines: Frame) -> Frame:
    """One row per salesperson that lines name, and month of sale: `sales_amount` (units)."""
    named = lines.filter(~nw.col("salesperson_id").is_null())
    return named.group_by("salesperson_id", "month").agg(sales_amount=nw.col("net_amount").sum())


def actuals(
    customer_period: Frame,
    product_period: Frame,
    products_at: Frame,
    salesperson_month: Frame,
    spine_months: Frame,
) -> Frame:
    """One row per month, period, scope and member with lines: sales_amount (units).

    The company is member `*`; a category's products are those of the register at the month's end.
    """
    sold = customer_period.filter(nw.col("line_count") > 0)
    categories = products_at.select("month", "product_id", member_id=_category())
    by_category = product_period.join(categories, on=["month", "product_id"], how="inner")
    by_salesperson = rolling_periods(
        salesperson_month, spine_months, ["salesperson_id"], ["sales_amount"]
    )
    scopes = {
        "company": sold.with_columns(member_id=nw.lit("*")),
        "customer": sold.with_columns(member_id="customer_id"),
        "product": product_period.with_columns(member_id="product_id"),
        "category": by_category,
        "salesperson": by_salesperson.with_columns(member_id="salesperson_id"),
    }
    return nw.concat(
        [
            frame.group_by(*_GROUP, "member_id")
            .agg(sales_amount=nw.col("sales_amount").sum())
            .select(*_GROUP, "member_id", "sales_amount", scope=nw.lit(scope))
            for scope, frame in scopes.items()
        ],
        how="vertical",
    )


def _category() -> nw.Expr:
    return nw.col("category").fill_null(UNCLASSIFIED)


def target_report(targets: Frame, actual: Frame) -> Frame:
    """One row per target of the run's as-of months: what was attained of it.

    `actual`: what `actuals` returns; a member without lines sold 0. actual_share = actual / sum of net sales; of
    products / sum of the positive ones, NULL where the product's net sales are not positive.
    """
    sales = nw.col("sales_amount")
    whole = actual.filter(nw.col("scope") == "company").select(*_GROUP, net="sales_amount")
    positive = (
        actual.filter((nw.col("scope") == "product") & (sales > 0))
        .group_by(*_GROUP)
        .agg(ranked=sales.sum())
    )
    is_product = nw.col("scope") == "product"
    return (
        targets.select(*_ROW, "target_amount", "target_share")
        .join(actual, on=_ROW, how="left")
        .join(whole, on=_GROUP, how="left")
        .join(positive, on=_GROUP, how="left")
        .with_columns(nw.col("sales_amount", "net", "ranked").fill_null(0))
        .with_columns(whole=nw.when(is_product).then(nw.col("ranked")).otherwise(nw.col("net")))
        .with_columns(actual_share_reason=_share_reason(is_product))
        .with_columns(actual_share=_share())
        .pipe(with_attainment, "actual_share", "whole", has_targets=True)
        .with_columns(actual_amount="sales_amount")
    )


def _share_reason(is_product: nw.Expr) -> nw.Expr:
    sales = nw.col("sales_amount")
    return first_code(
        (is_product & (sales == 0), "no_sales"),
        (is_product & (sales < 0), "net_return"),
        (nw.col("whole") <= 0, "total_not_positive"),
    )


def _share() -> nw.Expr:
    defined = nw.col("actual_share_reason").is_null()
    return nw.when(defined).then(ratio(nw.col("sales_amount"), nw.col("whole")))
