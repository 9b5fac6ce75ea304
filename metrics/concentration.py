"""How far sales depend on few customers: cr_k, HHI, and the key accounts' share."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.abc import values_with_tiers
from metrics.composition import share_of
from metrics.ratios import ratio

Frame = nw.LazyFrame[Any]

_GROUP = ["month", "period"]
_LARGEST = (1, 5, 10)


def concentration(customer_abc: Frame, bounds: Frame, cut_a: int, cut_b: int) -> Frame:
    """One row per as-of month and period; without any sale the counts are 0 and the ratios NULL (`no_sales`).

    `customer_abc`: customers with lines in the period. cr_k = sum of the k largest S > 0, over T. hhi = sum of (S/T)^2.
    """
    key = nw.when(nw.col("tier") == "A").then(nw.col("sales_amount")).otherwise(0)
    totals = customer_abc.group_by(*_GROUP).agg(
        customer_count=nw.len().cast(nw.Int64),
        sales_amount=nw.col("sales_amount").sum(),
        key_account_amount=key.sum(),
    )
    return (
        bounds.select(*_GROUP)
        .join(totals, on=_GROUP, how="left")
        .with_columns(nw.col("customer_count", "sales_amount", "key_account_amount").fill_null(0))
        .join(_of_positive(customer_abc, cut_a, cut_b), on=_GROUP, how="left")
        .with_columns(
            *share_of("key_account_amount", "sales_amount", "key_account_share"),
            *(ratio(nw.col(f"top{k}"), nw.col("total")).alias(f"cr{k}") for k in _LARGEST),
            concentration_reason=nw.when(nw.col("total").is_null()).then(nw.lit("no_sales")),
        )
    )


def _of_positive(customer_abc: Frame, cut_a: int, cut_b: int) -> Frame:
    """T, the sums of the k largest, and the HHI, over the distinct amounts.

    The squares are added in the order of the amounts, so that the sum does not depend on how rows arrive.
    """
    values = values_with_tiers(customer_abc, "sales_amount", cut_a, cut_b)
    sales, count, above = nw.col("sales_amount"), nw.col("count"), nw.col("above_count")
    top = {
        f"top{k}": (sales * nw.min_horizontal(count, nw.max_horizontal(k - above, nw.lit(0)))).sum()
        for k in _LARGEST
    }
    share = ratio(sales, nw.col("total"))
    return (
        values.with_columns(square=count.cast(nw.Float64) * share * share)
        .with_columns(squares=nw.col("square").cum_sum().over(*_GROUP, order_by="sales_amount"))
        .group_by(*_GROUP)
        .agg(total=nw.col("total").max(), hhi=nw.col("squares").max(), **top)
    )
