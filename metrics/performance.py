"""Trading performance of customers (deck: 交易业绩分析): sales, margin, target, growth."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.composition import company_amount
from metrics.margin import with_margin
from metrics.ratios import ratio, share_of
from metrics.targets import targets_for, with_attainment

Frame = nw.LazyFrame[Any]

_ROW = ["month", "period", "customer_id"]
_SUMS = (
    "order_count", "quantity", "sales_amount", "prior_year_amount", "line_count",
    "prior_year_line_count", "cost_amount", "costed_sales_amount", "uncosted_line_count",
    "absolute_amount", "costed_absolute_amount",
)  # fmt: skip


def with_growth(frame: Frame) -> Frame:
    """Adds growth_rate = (sales_amount - prior_year_amount) / prior_year_amount, and its reason.

    prior_year_amount <= 0: NULL, `no_prior_sales`.
    """
    sales, prior = nw.col("sales_amount"), nw.col("prior_year_amount")
    return frame.with_columns(
        growth_rate=nw.when(prior > 0).then(ratio(sales - prior, prior)),
        growth_rate_reason=nw.when(prior <= 0).then(nw.lit("no_prior_sales")),
    )


def customer_performance(
    customer_period: Frame, targets: Frame, min_cost_coverage: float, *, has_targets: bool
) -> Frame:
    """One row per as-of month, period and customer with a line in it, a target, or a line in it a year before.

    Amounts are 0 where there is no line. share_of_company = sales_amount over the net sales of all customers.
    `has_targets`: whether the targets feed is supplied.
    """
    own = targets_for(targets, "customer").rename({"member_id": "customer_id"})
    sold = customer_period.filter(
        (nw.col("line_count") > 0) | (nw.col("prior_year_line_count") > 0)
    ).select(*_ROW, *_SUMS)
    brought_in = own.select(*_ROW).join(sold.select(*_ROW), on=_ROW, how="anti")
    rows = nw.concat([sold.select(*_ROW), brought_in], how="vertical")
    return (
        rows.join(sold, on=_ROW, how="left")
        .join(own, on=_ROW, how="left")
        .join(company_amount(customer_period), on=["month", "period"], how="left")
        .with_columns(nw.col(*_SUMS).fill_null(0))
        .with_columns(*share_of("sales_amount", "company_amount", "share_of_company"))
        .pipe(with_margin, min_cost_coverage)
        .pipe(with_attainment, "share_of_company", "company_amount", has_targets=has_targets)
        .pipe(with_growth)
    )
