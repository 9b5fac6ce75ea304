"""ABC: which items make up most of the sales (deck: 客户构成分析, 商品销售构成分析).

S = sales_amount. Rule: over the items with S > 0, T = their sum, above = sum of those with strictly greater S. A iff
above < a % of T, else B iff above < b % of T, else C; S <= 0: N. The item that crosses a cut belongs to the higher tier,
equal sales share a tier, and no sort order matters. See docs/decisions/0004-abc-tie-and-crossing.md.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ratios import ratio, share_ceiling, share_floor
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

GROUP = ("month", "period")


def values_with_tiers(frame: Frame, amount: str, cut_a: int, cut_b: int) -> Frame:
    """One row per month, period and distinct positive value of `amount`: where that value stands.

    `cut_a`, `cut_b`: hundredths of a percent. Columns besides the group and `amount`: total (T), up_to (sum
    of this value and all above), count (items of this value), above_count, tier, strict_tier. Exact in integers.
    """
    above = nw.col("up_to") - nw.col("of_value")
    total, up_to = nw.col("total"), nw.col("up_to")
    return (
        frame.filter(nw.col(amount) > 0)
        .group_by(*GROUP, amount)
        .agg(of_value=nw.col(amount).sum(), count=nw.len().cast(nw.Int64))
        .with_columns(descending=-nw.col(amount))
        .with_columns(
            total=nw.col("of_value").sum().over(*GROUP),
            up_to=nw.col("of_value").cum_sum().over(*GROUP, order_by="descending"),
            item_count=nw.col("count").cum_sum().over(*GROUP, order_by="descending"),
        )
        .with_columns(above=above, above_count=nw.col("item_count") - nw.col("count"))
        .with_columns(
            tier=_tier(
                nw.col("above") < share_ceiling(total, cut_a),
                nw.col("above") < share_ceiling(total, cut_b),
            ),
            strict_tier=_tier(
                up_to <= share_floor(total, cut_a), up_to <= share_floor(total, cut_b)
            ),
        )
        .select(*GROUP, amount, "total", "up_to", "count", "above_count", "tier", "strict_tier")
    )


def _tier(is_a: nw.Expr, is_b: nw.Expr) -> nw.Expr:
    return first_code((is_a, "A"), (is_b, "B")).fill_null("C")


def cuts(values: Frame, amount: str) -> Frame:
    """One row per month and period: the lowest value in A and in B (NULL where a tier has no item)."""
    return values.group_by(*GROUP).agg(
        lowest_a=nw.when(nw.col("tier") == "A").then(nw.col(amount)).min(),
        lowest_b=nw.when(nw.col("tier") == "B").then(nw.col(amount)).min(),
    )


def abc(frame: Frame, cut_a: int, cut_b: int) -> Frame:
    """Every row of `frame` (month, period, sales_amount, ...) with its place in the ABC ranking.

    Adds rank, sales_share, sales_share_reason, cumulative_share, tier, strict_tier, to_next_tier_amount. N rows
    (sales_amount <= 0) have no rank and no shares; the reason says no_sales or net_return.
    """
    values = values_with_tiers(frame, "sales_amount", cut_a, cut_b)
    sales = nw.col("sales_amount")
    return (
        frame.join(values, on=[*GROUP, "sales_amount"], how="left")
        .join(cuts(values, "sales_amount"), on=list(GROUP), how="left")
        .with_columns(
            rank=nw.col("above_count") + 1,
            sales_share=nw.when(sales > 0).then(ratio(sales, nw.col("total"))),
            sales_share_reason=first_code((sales == 0, "no_sales"), (sales < 0, "net_return")),
            cumulative_share=ratio(nw.col("up_to"), nw.col("total")),
            tier=nw.col("tier").fill_null("N"),
            strict_tier=nw.col("strict_tier").fill_null("N"),
        )
        .with_columns(to_next_tier_amount=_to_next_tier())
        .drop("total", "up_to", "count", "above_count", "lowest_a", "lowest_b")
    )


def _to_next_tier() -> nw.Expr:
    """Lowest S of the next higher tier that has items, minus own S; a C without any B looks to A."""
    tier, a, b = nw.col("tier"), nw.col("lowest_a"), nw.col("lowest_b")
    target = nw.when(tier == "B").then(a).otherwise(nw.when(tier == "C").then(nw.coalesce(b, a)))
    return target - nw.col("sales_amount")
