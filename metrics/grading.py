"""The grade of a customer by all that counts (deck: 划分客户等级): sales, margin, growth, payment, service.

A score is 100 x number strictly worse / (n - 1), n being the customers with a value for it; n = 1: 100. S = sales_amount.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.margin import with_margin
from metrics.performance import with_growth
from metrics.periods import TRAILING, rolling_periods
from metrics.ranking import with_worse
from metrics.ratios import ratio
from metrics.reasons import first_code, null_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping

Frame = nw.LazyFrame[Any]

# Each score, and the value that it ranks.
_SCORES = {
    "sales_score": "sales_amount",
    "margin_score": "gross_profit_amount",
    "growth_score": "growth_rate",
    "payment_score": "payment_value",
    "service_score": "service_value",
}
# Payment and service have a value for everybody if their feeds are supplied.
_REASONS = {
    "margin_score": "cost_incomplete",
    "growth_score": "no_prior_sales",
    "payment_score": "feed_absent",
    "service_score": "feed_absent",
}
_SUMS = (
    "line_count", "sales_amount", "cost_amount", "costed_sales_amount", "uncosted_line_count",
    "absolute_amount", "costed_absolute_amount",
)  # fmt: skip


def trailing_year(monthly: Frame, spine_months: Frame) -> Frame:
    """One row per month and customer with S > 0 in the trailing 12 months, with its sums and those a year before."""
    return rolling_periods(
        monthly,
        spine_months,
        ["customer_id"],
        _SUMS,
        {"prior_year_amount": ("sales_amount", 12)},
        periods=[TRAILING],
    ).filter(nw.col("sales_amount") > 0)


def grades(
    year: Frame,
    calendar: Frame,
    weights: Mapping[str, float],
    cut_a: float,
    cut_b: float,
    min_cost_coverage: float,
    payment: Frame | None,
    service: Frame | None,
) -> Frame:
    """One row per as-of month and customer with S > 0 in the trailing 12 months.

    `year`: what `trailing_year` returns, from the month before the first as-of month on. `payment`: month, customer_id,
    payment_value = -overdue_rate; `service`: month, customer_id, service_value = -(valid complaints in 12 months /
    distinct orders); both from that month on, customers not in them have nothing open, no complaint: 0. None: the
    feed is absent and the score NULL. total_score = weighted mean of the scores that are not NULL. previous_grade: of
    the same customer a month earlier.
    """
    scored = (
        year.join(_with_month_before(calendar), on="month", how="semi")
        .pipe(with_margin, min_cost_coverage)
        .pipe(with_growth)
        .pipe(_with_value, payment, "payment_value")
        .pipe(_with_value, service, "service_value")
    )
    for value in _SCORES.values():
        scored = with_worse(scored, ["month"], value)
    graded = (
        scored.with_columns(**{score: _score(value) for score, value in _SCORES.items()})
        .with_columns(total_score=_total(weights))
        .with_columns(grade=_grade(cut_a, cut_b))
    )
    before = graded.select(
        "customer_id", month=(nw.col("month") + 1).cast(nw.Int32), previous_grade="grade"
    )
    return (
        graded.join(calendar.select("month"), on="month", how="semi")
        .join(before, on=["month", "customer_id"], how="left")
        .with_columns(**null_reasons(_REASONS))
    )


def payment_values(ageing: Frame) -> Frame:
    """month, customer_id and payment_value = -overdue_rate; NULL where nothing is open."""
    return ageing.select("month", "customer_id", payment_value=-nw.col("overdue_rate"))


def service_values(valid_counts: Frame, order_month: Frame, lookback: Frame) -> Frame:
    """month, customer_id and service_value = -(valid complaints / distinct orders), of the trailing 12 months.

    `valid_counts`: month, customer_id, valid_count (> 0). `lookback`: periods.lookback of 12 months. Customers without an
    order are left out: nothing can be said of them.
    """
    on = ["month", "customer_id"]
    complaining = valid_counts.select("customer_id").unique(["customer_id"])
    orders = (
        order_month.join(complaining, on="customer_id", how="semi")
        .rename({"month": "fact_month"})
        .join(lookback.select("month", "fact_month"), on="fact_month", how="inner")
        .select(*on, "order_id")
        .unique([*on, "order_id"])
        .group_by(*on)
        .agg(order_count=nw.len().cast(nw.Int64))
    )
    return valid_counts.join(orders, on=on, how="inner").select(
        *on, service_value=-ratio(nw.col("valid_count"), nw.col("order_count"))
    )


def _with_month_before(calendar: Frame) -> Frame:
    before = calendar.select(month=(nw.col("month") - 1).cast(nw.Int32))
    return nw.concat([calendar.select("month"), before], how="vertical").unique(["month"])


def _with_value(frame: Frame, values: Frame | None, name: str) -> Frame:
    if values is None:
        return frame.with_columns(nw.lit(None).cast(nw.Float64).alias(name))
    on = ["month", "customer_id"]
    known = frame.join(values.select(*on, name), on=on, how="left")
    # -0.0 + 0.0 is 0.0: a rate of 0 ties with nothing open, whichever sign its zero has.
    return known.with_columns(nw.col(name).fill_null(0.0) + 0.0)


def _score(value: str) -> nw.Expr:
    worse, count = nw.col(f"{value}_worse"), nw.col(f"{value}_count")
    return nw.when(count == 1).then(nw.lit(100.0)).otherwise(ratio(100 * worse, count - 1))


def _total(weights: Mapping[str, float]) -> nw.Expr:
    """The weighted mean of the scores that are known; the sales score always is.

    Added one after the other, and divided by a column: `sum_horizontal` may add in any order, and Polars multiplies by the
    reciprocal of a constant; either changes the last digit, by how the rows happen to lie.
    """
    weighing = [(nw.col(score), weights[score.removesuffix("_score")]) for score in _SCORES]
    points = [
        nw.when(~score.is_null()).then(score * weight).otherwise(nw.lit(0.0))
        for score, weight in weighing
    ]
    counted = [(~score.is_null()).cast(nw.Float64) * float(weight) for score, weight in weighing]
    return reduce(add, points) / reduce(add, counted)


def _grade(cut_a: float, cut_b: float) -> nw.Expr:
    total = nw.col("total_score")
    return first_code((total >= cut_a, "A"), (total >= cut_b, "B")).fill_null("C")
