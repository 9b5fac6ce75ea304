"""Targets and how far they were attained (deck: 交易业绩分析, 商品销售构成分析)."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ratios import over_constant, ratio, share_ceiling
from metrics.reasons import first_code
from schemas.columns import UNITS

Frame = nw.LazyFrame[Any]


def targets_for(targets: Frame, scope: str) -> Frame:
    """One row per month, period and member with a target in this scope.

    month, period, member_id, target_amount and target_share: both in units of 1/10,000 (a share of 0.25 is 2,500),
    either may be NULL.
    """
    own = targets.filter(nw.col("scope") == scope)
    return own.select("month", "period", "member_id", "target_amount", "target_share")


def with_attainment(frame: Frame, share: str, whole: str, *, has_targets: bool) -> Frame:
    """Adds attainment_rate, attainment_rate_reason and target_status; target_share becomes a fraction (Float64).

    `frame`: sales_amount, target_amount, target_share as `targets_for` gives them, and the columns named: `share` is
    sales_amount over `whole`, NULL where undefined. The amount is judged where one is set, else the share:
    attainment = actual / target, met iff actual >= target, in exact integers. A target of 0 has no rate
    (`target_zero`) but can be met; an undefined share misses its target (`share_undefined`); without both:
    `no_target`. `has_targets`: whether the targets feed is supplied; if not, the reason is `feed_absent`.
    """
    amount, fraction = nw.col("target_amount"), nw.col("target_share")
    by_amount = ~amount.is_null()
    by_share = ~by_amount & ~fraction.is_null()
    is_met = _meets(by_amount, by_share, share, whole)
    share_rate = ratio(nw.col(share), over_constant(fraction, UNITS))
    return frame.with_columns(
        attainment_rate=nw.when(by_amount)
        .then(ratio(nw.col("sales_amount"), amount))
        .otherwise(share_rate),
        attainment_rate_reason=first_code(
            (~by_amount & ~by_share, "no_target" if has_targets else "feed_absent"),
            ((by_amount & (amount == 0)) | (by_share & (fraction == 0)), "target_zero"),
            (by_share & nw.col(share).is_null(), "share_undefined"),
        ),
        target_status=first_code((is_met, "met"), (by_amount | by_share, "missed")).fill_null(
            "no_target"
        ),
        target_share=over_constant(fraction, UNITS),
    )


def _meets(by_amount: nw.Expr, by_share: nw.Expr, share: str, whole: str) -> nw.Expr:
    sales = nw.col("sales_amount")
    defined = by_share & ~nw.col(share).is_null()
    least = share_ceiling(nw.col(whole), nw.col("target_share"))
    return (by_amount & (sales >= nw.col("target_amount"))) | (defined & (sales >= least))
