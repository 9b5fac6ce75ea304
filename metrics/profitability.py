"""What products and categories earn: margin, stock turnover, cross ratio, contribution (deck: 毛利率, 周转率, 交叉比率, 贡献比率).

S = sales_amount, GP = gross_profit_amount. 毛利率 g = GP / S; 商品周转率 = S / average stock at retail;
交叉比率 = g x turnover = GP / average stock; 贡献比率 K = cross ratio x share of sales; 贡献度 = K / sum of K. As in
Japanese retail accounting (交差比率, 貢献度); GMROI at cost.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.composition import company_amount
from metrics.contribution import with_contribution
from metrics.margin import gross_profit, is_complete, with_margin
from metrics.profitability_levels import level_sums
from metrics.ranking import with_worse
from metrics.ratios import floor_div, ratio, share_of
from metrics.reasons import first_code
from metrics.stock import average_stock

Frame = nw.LazyFrame[Any]

_PERIOD = ["month", "period"]


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

    Amounts in units of 1/10,000. An undefined ratio is NULL and a reason column says why. `has_stock`: whether the stock
    feed is supplied; if not, all that needs stock is NULL, `feed_absent`.
    """
    stock = average_stock(stock_month, windows, bounds)
    share = share_of("sales_amount", "company_amount", "sales_share")
    return (
        level_sums(product_period, stock, products_at)
        .join(bounds.select(*_PERIOD, "day_count", "month_count"), on=_PERIOD, how="inner")
        .join(company_amount(product_period), on=_PERIOD, how="left")
        .with_columns(*share, scale=(2 * (nw.col("month_count") + 1)).cast(nw.Int64))
        .pipe(with_margin, min_cost_coverage)
        .with_columns(margin_mix=_margin_mix(), **_average_stocks())
        .pipe(_with_turnovers, min_cost_coverage, has_stock=has_stock)
        .pipe(_with_cross_ratio, min_cost_coverage, has_stock=has_stock)
        .pipe(with_contribution)
        .pipe(_with_quadrant)
    )


def _margin_mix() -> nw.Expr:
    """相乘积: gross profit over the company's net sales; its sum is the company's margin rate."""
    total = nw.col("company_amount")
    return nw.when(total > 0).then(ratio(nw.col("gross_profit_amount"), total))


def _average_stocks() -> dict[str, nw.Expr]:
    """The averages as published: rounded half up to whole units."""
    names = {
        "average_stock_cost_amount": "at_cost_stock",
        "average_stock_retail_amount": "at_retail_stock",
        "average_stock_quantity": "stock_quantity",
    }
    scale = nw.col("scale")
    half = (scale.cast(nw.Float64) / 2).cast(nw.Int64)
    return {name: floor_div(nw.col(column) + half, scale) for name, column in names.items()}


def _with_turnovers(frame: Frame, min_cost_coverage: float, *, has_stock: bool) -> Frame:
    """Sales over average stock at retail, cost over average stock at cost, quantity over quantity.

    Above product level both sides are sums over the products whose average stock is known at that valuation. The scale
    of the average moves to the other side of the division.
    """
    complete = is_complete(min_cost_coverage, "at_cost_")
    cost = nw.when(complete).then(_times(nw.col("at_cost_cost_amount"), "scale"))
    sold = _times(nw.col("at_retail_sales_amount"), "scale")
    at_cost, at_retail = nw.col("at_cost_stock"), nw.col("at_retail_stock")
    reason = first_code(
        (nw.lit(not has_stock), "feed_absent"),
        (at_cost.is_null() | at_retail.is_null(), "no_stock_record"),
        (_sold_without_stock(), "no_stock"),
        ((at_cost == 0) | (at_retail == 0) | (nw.col("stock_quantity") == 0), "inactive"),
        (~complete, "cost_incomplete"),
        (cost == 0, "no_sales"),
    )
    return frame.with_columns(
        turnover_retail=ratio(sold, at_retail),
        turnover_cost=ratio(cost, at_cost),
        turnover_quantity=ratio(_times(nw.col("quantity"), "scale"), nw.col("stock_quantity")),
        turnover_annualised=ratio(sold * 12, _times(at_retail, "month_count")),
        stock_days=nw.when(at_cost != 0).then(ratio(_times(at_cost, "day_count"), cost)),
        turnover_reason=reason,
    )


def _times(amount: nw.Expr, number: str) -> nw.Expr:
    """The product as a double, exact as long as it has 53 bits: a year's sums times days or scale may exceed 64."""
    return amount.cast(nw.Float64) * nw.col(number).cast(nw.Float64)


def _sold_without_stock() -> nw.Expr:
    """Whether one of the averages is 0 although the products behind it were sold."""
    at_cost = (nw.col("at_cost_stock") == 0) & (nw.col("at_cost_sales_amount") != 0)
    at_retail = (nw.col("at_retail_stock") == 0) & (nw.col("at_retail_sales_amount") != 0)
    return at_cost | at_retail | ((nw.col("stock_quantity") == 0) & (nw.col("sales_amount") != 0))


def _with_cross_ratio(frame: Frame, min_cost_coverage: float, *, has_stock: bool) -> Frame:
    """Gross profit over average stock: at retail where any is known at retail, else at cost; GMROI at cost.

    stock_coverage: net sales of the products behind the cross ratio, over those of the member.
    """
    at_retail = ~nw.col("at_retail_stock").is_null()
    profit_at_cost = gross_profit(min_cost_coverage, "at_cost_")
    profit = _by_basis(gross_profit(min_cost_coverage, "at_retail_"), profit_at_cost)
    stock = _by_basis(nw.col("at_retail_stock"), nw.col("at_cost_stock"))
    sales = _by_basis(nw.col("at_retail_sales_amount"), nw.col("at_cost_sales_amount"))
    basis = first_code((at_retail, "retail"), (~nw.col("at_cost_stock").is_null(), "cost"))
    reason = first_code(
        (nw.lit(not has_stock), "feed_absent"),
        (stock.is_null(), "no_stock_record"),
        ((stock == 0) & (sales != 0), "no_stock"),
        (stock == 0, "inactive"),
        (profit.is_null(), "cost_incomplete"),
    )
    covered = nw.lit(has_stock) & (nw.col("sales_amount") > 0)
    return frame.with_columns(
        cross_ratio=ratio(_times(profit, "scale"), stock),
        cross_ratio_basis=basis,
        cross_ratio_reason=reason,
        gmroi=ratio(_times(profit_at_cost, "scale"), nw.col("at_cost_stock")),
        stock_coverage=nw.when(covered).then(ratio(sales, nw.col("sales_amount"))),
        basis_stock=stock,
    )


def _by_basis(at_retail: nw.Expr, at_cost: nw.Expr) -> nw.Expr:
    return nw.when(~nw.col("at_retail_stock").is_null()).then(at_retail).otherwise(at_cost)


def _with_quadrant(frame: Frame) -> Frame:
    """Products by turnover at retail and margin rate against the period's medians; at the median counts as high.

    At or above the median means that fewer than half of the products have strictly more: counts decide, so that no
    engine's idea of a median matters.
    """
    turnover, margin = nw.col("turnover_retail"), nw.col("gross_margin_rate")
    judged = (nw.col("level") == "product") & ~turnover.is_null() & ~margin.is_null()
    fast = nw.col("slowness_worse") * 2 < nw.col("slowness_count")
    rich = nw.col("poorness_worse") * 2 < nw.col("poorness_count")
    quadrant = first_code(
        (fast & rich, "star"), (fast & ~rich, "traffic"), (~fast & rich, "niche"), (judged, "dog")
    )
    return (
        frame.with_columns(
            slowness=nw.when(judged).then(-turnover), poorness=nw.when(judged).then(-margin)
        )
        .pipe(with_worse, _PERIOD, "slowness")
        .pipe(with_worse, _PERIOD, "poorness")
        .with_columns(quadrant=quadrant)
    )
