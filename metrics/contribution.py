"""Contribution ratio 贡献比率 and contribution degree 贡献度 of the members of a level."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

_LEVEL = ("month", "period", "level")


def with_contribution(frame: Frame) -> Frame:
    """Adds contribution_ratio, contribution_degree and contribution_reason.

    K = cross_ratio x sales_share; 0 where stock lay without net sales, NULL for net returns. The degree is K over the
    sum of the K of the level that are not NULL; NULL where that sum is not positive. `frame`: sales_amount,
    cross_ratio and sales_share with their reasons, basis_stock (the average stock behind the cross ratio, at any
    scale; NULL: none).
    """
    sales, stock_reason = nw.col("sales_amount"), nw.col("cross_ratio_reason")
    idle = (sales == 0) & (nw.col("basis_stock") > 0)
    k = nw.when(sales >= 0).then(nw.col("cross_ratio") * nw.col("sales_share"))
    value, total = nw.col("contribution_ratio"), nw.col("contribution_total")
    absent = stock_reason == "feed_absent"
    why = nw.coalesce(
        first_code((absent, "feed_absent"), (sales < 0, "net_return")),
        stock_reason,
        nw.col("sales_share_reason"),
    )
    no_total = first_code((total <= 0, "total_not_positive"))
    return (
        frame.with_columns(contribution_ratio=nw.when(idle).then(nw.lit(0.0)).otherwise(k))
        .pipe(with_order_free_total, "contribution_ratio", "contribution_total")
        .with_columns(
            contribution_degree=nw.when(total > 0).then(value / total),
            contribution_reason=nw.when(value.is_null()).then(why).otherwise(no_total),
        )
    )


def with_order_free_total(frame: Frame, value: str, total: str) -> Frame:
    """Adds the sum of a Float64 column over the level; NULL counts as 0. The same in whatever order rows are added.

    Float64 sums depend on the order, which engines and threads choose. Each value is therefore cut at a grid so coarse
    that all partial sums fall on it exactly; what is cut off is summed on a second, finer grid. What that cuts off
    is below 1e-19 of the largest value, for up to 10,000 members. (Reproducible summation, Demmel and Nguyen 2013.)
    """
    x = nw.col(value).fill_null(0.0)
    count = nw.len().over(*_LEVEL).cast(nw.Float64)
    coarse, fine = nw.col("coarse"), nw.col("fine")
    return (
        frame.with_columns(coarse=4 * count * x.abs().max().over(*_LEVEL), count=count)
        .with_columns(high=(x + coarse) - coarse, fine=coarse * nw.col("count") * 2.0**-50)
        .with_columns(low=((x - nw.col("high")) + fine) - fine)
        .with_columns(
            (nw.col("high").sum().over(*_LEVEL) + nw.col("low").sum().over(*_LEVEL)).alias(total)
        )
        .drop("coarse", "fine", "count", "high", "low")
    )
