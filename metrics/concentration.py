"""How far sales depend on few customers: cr_k, HHI, and the key accounts' share.

S = sales_amount of a customer, T = the sum of all S > 0.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.abc import values_with_tiers
from metrics.ratios import floor_div, ratio, share_of

Frame = nw.LazyFrame[Any]

_GROUP = ["month", "period"]
_LARGEST = {"cr1": 1, "cr5": 5, "cr10": 10}
_DIGIT = 1 << 20


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
            **{name: ratio(nw.col(f"top{k}"), nw.col("total")) for name, k in _LARGEST.items()},
            concentration_reason=nw.when(nw.col("total").is_null()).then(nw.lit("no_sales")),
        )
    )


def _of_positive(customer_abc: Frame, cut_a: int, cut_b: int) -> Frame:
    """T, the sums of the k largest, and the HHI, over the distinct amounts."""
    values = values_with_tiers(customer_abc, "sales_amount", cut_a, cut_b)
    sales, count, above = nw.col("sales_amount"), nw.col("count"), nw.col("above_count")
    top = {
        f"top{k}": (sales * nw.min_horizontal(count, nw.max_horizontal(k - above, nw.lit(0)))).sum()
        for k in _LARGEST.values()
    }
    high, middle, low = (nw.col(name) for name in ("high", "middle", "low"))
    return (
        values.with_columns(upper=floor_div(sales, _DIGIT))
        .with_columns(high=floor_div(nw.col("upper"), _DIGIT), low=sales - nw.col("upper") * _DIGIT)
        .with_columns(middle=nw.col("upper") - high * _DIGIT)
        .group_by(*_GROUP)
        .agg(
            total=nw.col("total").max(),
            square4=(count * high * high).sum(),
            square3=(count * high * middle).sum(),
            square2=(count * (middle * middle + 2 * high * low)).sum(),
            square1=(count * middle * low).sum(),
            square0=(count * low * low).sum(),
            **top,
        )
        .with_columns(hhi=_hhi())
    )


def _hhi() -> nw.Expr:
    """Sum of S^2 over T^2, from sums over the digits of S to the base 2^20.

    A sum of doubles would depend on the order of rows, and the sum of S^2 is beyond an Int64; those of products of
    two digits are not (up to 8 million customers), so the same numbers give the same HHI on every engine.
    """
    squares = nw.col("square4").cast(nw.Float64)
    for name, times in (("square3", 2.0), ("square2", 1.0), ("square1", 2.0), ("square0", 1.0)):
        squares = squares * float(_DIGIT) + nw.col(name).cast(nw.Float64) * times
    total = nw.col("total").cast(nw.Float64)
    hhi = squares / (total * total)
    # Rounded on either side, the one square of a single customer may end up a hair above that of the total.
    return nw.when(hhi > 1).then(nw.lit(1.0)).otherwise(hhi)
