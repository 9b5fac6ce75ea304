"""What products and categories earn: margin, stock turnover, cross ratio, contribution.

毛利率 g = GP / S; 商品周转率 = S / average stock at retail; 交叉比率 = g x turnover = GP / average stock; 贡献比率 K = cross ratio x
share of sales; 贡献度 = K / sum of K. As in Japanese retail accounting (交差比率, 貢献度); GMROI at cost.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.composition import share_of
from metrics.margin import gross_profit, is_complete, with_margin
from metrics.profitability_levels import level_sums
from metrics.ratios import ratio
from metrics.stock import average_stock

Frame = nw.LazyFrame[Any]

_PERIOD = ["month", "period"]
_LEVEL = ["month", "period", "level"]


def profitability(
    product_period: Frame,
    stock_month: Frame,
    products_at: Frame,
    windows: Frame,
    bounds: Frame,
    min_cost_coverage: float,
    *,
    has_stock: bool,
) -> Frame:
    """One row per as-of month, period, level and member with sales in the period or a stock basis.

    An undefined ratio is NULL and a reason column says why; without a stock feed (`has_stock`) all that needs
    stock is NULL, `feed_absent`.
    """
    stock = average_stock(stock_month, windows, bounds)
    company = product_period.group_by(*_PERIOD).agg(company_amount=nw.col("sales_amount").sum())
    rows = (
        level_sums(product_period, stock, products_at)
        .join(bounds.select(*_PERIOD, "day_count", "month_count"), on=_PERIOD, how="inner")
        .join(company, on=_PERIOD, how="left")
        .with_columns(nw.col("company_amount").fill_null(0), parts=2 * (nw.col("month_count") + 1))
        .pipe(with_margin, min_cost_coverage)
        .pipe(_with_turnover, min_cost_coverage)
        .pipe(_with_cross_ratio, min_cost_coverage, has_stock=has_stock)
        .pipe(_with_contribution)
    )
    return _with_quadrant(rows)


def _with_turnover(frame: Frame, min_cost_coverage: float) -> Frame:
    """Sales over average stock; the average is the exact sum over `parts`, so one division is left."""
    parts, months = nw.col("parts"), nw.col("month_count")
    cost = nw.when(is_complete(min_cost_coverage, "_cost")).then(nw.col("cost_amount_cost"))
    retail, at_cost = nw.col("stock_retail"), nw.col("stock_cost")
    sold = nw.col("sales_amount_retail") * parts
    return frame.with_columns(
        average_stock_cost_amount=_published(at_cost, parts),
        average_stock_retail_amount=_published(retail, parts),
        average_stock_quantity=_published(nw.col("stock_quantity"), parts),
        turnover_retail=ratio(sold, retail),
        turnover_cost=ratio(cost * parts, at_cost),
        turnover_quantity=ratio(nw.col("quantity") * parts, nw.col("stock_quantity")),
        turnover_annualised=ratio(sold * 12, retail * months),
        stock_days=ratio(nw.col("day_count") * at_cost, cost * parts),
    )


def _published(scaled: nw.Expr, parts: nw.Expr) -> nw.Expr:
    """Scaled / parts rounded half up, for scaled >= 0: small parts divide exactly on every engine."""
    halves = 2 * scaled + parts
    guess = (halves.cast(nw.Float64) / (2 * parts).cast(nw.Float64)).cast(nw.Int64)
    rest = halves - guess * 2 * parts
    down = nw.when(rest < 0).then(-1).otherwise(nw.when(rest >= 2 * parts).then(1).otherwise(0))
    return guess + down


def _with_cross_ratio(frame: Frame, min_cost_coverage: float, *, has_stock: bool) -> Frame:
    """Gross profit over average stock, at retail where that is known, else at cost."""
    at_retail = ~nw.col("stock_retail").is_null()
    at_cost = ~nw.col("stock_cost").is_null()
    known = at_retail | at_cost
    basis = (
        nw.when(at_retail).then(nw.lit("retail")).otherwise(nw.when(at_cost).then(nw.lit("cost")))
    )

    def by_basis(retail: nw.Expr, cost: nw.Expr) -> nw.Expr:
        return nw.when(at_retail).then(retail).otherwise(cost)

    stock = by_basis(nw.col("stock_retail"), nw.col("stock_cost"))
    sales = by_basis(nw.col("sales_amount_retail"), nw.col("sales_amount_cost"))
    profit = by_basis(
        gross_profit(min_cost_coverage, "_retail"), gross_profit(min_cost_coverage, "_cost")
    )
    parts = nw.col("parts")
    profit_at_cost = gross_profit(min_cost_coverage, "_cost")
    no_stock = "no_stock_record" if has_stock else "feed_absent"
    empty = nw.when(sales == 0).then(nw.lit("inactive")).otherwise(nw.lit("no_stock"))
    reason = nw.when(~known).then(nw.lit(no_stock)).otherwise(
        nw.when(stock == 0)
        .then(empty)
        .otherwise(nw.when(profit.is_null()).then(nw.lit("cost_incomplete")))
    )  # fmt: skip
    return frame.with_columns(
        cross_ratio=ratio(profit * parts, stock),
        gmroi=ratio(profit_at_cost * parts, nw.col("stock_cost")),
        cross_ratio_basis=basis,
        cross_ratio_reason=reason,
        stock_coverage=nw.when(known).then(ratio(sales, nw.col("sales_amount"))),
        has_stock=(stock > 0).fill_null(value=False),
        turnover_reason=_turnover_reason(reason),
    )


def _turnover_reason(reason: nw.Expr) -> nw.Expr:
    """Why a turnover is NULL: as for the cross ratio, or nothing was sold that stock could last for."""
    missing = nw.col("turnover_cost").is_null() | nw.col("turnover_retail").is_null()
    nothing_sold = nw.col("stock_days").is_null()
    partly = nw.when(missing).then(nw.lit("no_stock_record")).otherwise(
        nw.when(nothing_sold).then(nw.lit("no_sales"))
    )  # fmt: skip
    return nw.when(~reason.is_null()).then(reason).otherwise(partly)


def _with_contribution(frame: Frame) -> Frame:
    """K = cross ratio x share of sales; without sales but with stock it is 0; its share in the level's sum."""
    sales = nw.col("sales_amount")
    product = nw.col("cross_ratio") * nw.col("sales_share")
    idle = (sales == 0) & nw.col("has_stock")
    ratio_ = nw.when(idle).then(nw.lit(0.0)).otherwise(nw.when(sales >= 0).then(product))
    rows = (
        frame.with_columns(*share_of("sales_amount", "company_amount", "sales_share"))
        .with_columns(
            contribution_ratio=ratio_,
            margin_mix=nw.when(nw.col("company_amount") > 0).then(
                ratio(nw.col("gross_profit_amount"), nw.col("company_amount"))
            ),
        )
    )  # fmt: skip
    total = _sums_of_contribution(rows)
    own, whole = nw.col("contribution_ratio"), nw.col("total_contribution")
    return rows.join(total, on=_LEVEL, how="left").with_columns(
        contribution_degree=nw.when(whole > 0).then(own / whole),
        contribution_reason=_contribution_reason(),
    )


def _sums_of_contribution(rows: Frame) -> Frame:
    """The sum of K per level, added in the order of K, so that it does not depend on how rows arrive."""
    return (
        rows.select(*_LEVEL, "contribution_ratio")
        .filter(~nw.col("contribution_ratio").is_null())
        .with_columns(
            up_to=nw.col("contribution_ratio")
            .cum_sum()
            .over(*_LEVEL, order_by="contribution_ratio"),
            place=nw.col("contribution_ratio")
            .cum_count()
            .over(*_LEVEL, order_by="contribution_ratio"),
            last=nw.len().over(*_LEVEL),
        )
        .filter(nw.col("place") == nw.col("last"))
        .select(*_LEVEL, total_contribution=nw.col("up_to"))
    )


def _contribution_reason() -> nw.Expr:
    undefined = nw.col("contribution_ratio").is_null()
    why = nw.when(nw.col("sales_amount") < 0).then(nw.lit("net_return")).otherwise(
        nw.coalesce(nw.col("cross_ratio_reason"), nw.col("sales_share_reason"))
    )  # fmt: skip
    no_total = (nw.col("total_contribution") <= 0).fill_null(value=True)
    return nw.when(undefined).then(why).otherwise(
        nw.when(no_total).then(nw.lit("total_not_positive"))
    )  # fmt: skip


def _with_quadrant(rows: Frame) -> Frame:
    """Products by turnover and margin against the medians of the period; at the median counts as high."""
    turnover, margin = nw.col("turnover_retail"), nw.col("gross_margin_rate")
    judged = (nw.col("level") == "product") & ~turnover.is_null() & ~margin.is_null()
    medians = (
        rows.filter(judged)
        .group_by(*_PERIOD)
        .agg(median_turnover=turnover.median(), median_margin=margin.median())
    )
    fast, rich = turnover >= nw.col("median_turnover"), margin >= nw.col("median_margin")
    quick = nw.when(rich).then(nw.lit("star")).otherwise(nw.lit("traffic"))
    slow = nw.when(rich).then(nw.lit("niche")).otherwise(nw.lit("dog"))
    quadrant = nw.when(fast).then(quick).otherwise(slow)
    return rows.join(medians, on=_PERIOD, how="left").with_columns(
        quadrant=nw.when(judged).then(quadrant)
    )
