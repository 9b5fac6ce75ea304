"""Tiers of customers, and who moved between them and why (deck: 交易业绩分析)."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.abc import GROUP, abc, cuts, values_with_tiers
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

_LEVEL = {"A": 3, "B": 2, "C": 1}


def customer_abc(customer_period: Frame, cut_a: int, cut_b: int) -> Frame:
    """One row per as-of month, period and customer with a sales line in it or a previous tier A-C.

    previous_tier: of the same period a month earlier if the customer had a line in it, else NULL. movement_cause
    is set for up and down only.
    """
    rows = customer_period.filter(
        (nw.col("line_count") > 0) | (nw.col("previous_sales_amount") > 0)
    ).select(
        *GROUP, "customer_id", "line_count", "sales_amount", "previous_line_count",
        "previous_sales_amount",
    )  # fmt: skip
    now = values_with_tiers(customer_period, "sales_amount", cut_a, cut_b)
    before = values_with_tiers(customer_period, "previous_sales_amount", cut_a, cut_b)
    group = list(GROUP)
    return (
        abc(rows, cut_a, cut_b)
        .join(_as_previous(before), on=[*group, "previous_sales_amount"], how="left")
        .join(cuts(now, "sales_amount"), on=group, how="left")
        .join(
            cuts(before, "previous_sales_amount").rename(
                {"lowest_a": "previous_a", "lowest_b": "previous_b"}
            ),
            on=group,
            how="left",
        )
        .with_columns(previous_tier=_previous_tier())
        .with_columns(movement=_movement())
        .with_columns(movement_cause=_cause())
    )


def _as_previous(values: Frame) -> Frame:
    return values.select(*GROUP, "previous_sales_amount", previous_tier=nw.col("tier"))


def _previous_tier() -> nw.Expr:
    had_lines = nw.col("previous_line_count") > 0
    return nw.when(had_lines).then(nw.col("previous_tier").fill_null("N"))


def _level(tier: nw.Expr) -> nw.Expr:
    """N and no tier: 0, C: 1, B: 2, A: 3."""
    level = nw.lit(0)
    for name, number in _LEVEL.items():
        level = nw.when((tier == name).fill_null(value=False)).then(number).otherwise(level)
    return level


def _movement() -> nw.Expr:
    now, before = _level(nw.col("tier")), _level(nw.col("previous_tier"))
    return first_code(
        (now == before, "stay"), (before == 0, "enter"), (now == 0, "exit"), (now > before, "up")
    ).fill_null("down")


def _tier_by(amount: nw.Expr, lowest_a: nw.Expr, lowest_b: nw.Expr) -> nw.Expr:
    """The tier of an amount under given cuts; a cut that no item makes never matches."""
    return first_code(
        (amount >= lowest_a, "A"), (amount >= lowest_b, "B"), (amount > 0, "C")
    ).fill_null("N")


def _cause() -> nw.Expr:
    before = nw.col("previous_tier").fill_null("N")
    own = _tier_by(nw.col("sales_amount"), nw.col("previous_a"), nw.col("previous_b")) != before
    threshold = (
        _tier_by(nw.col("previous_sales_amount"), nw.col("lowest_a"), nw.col("lowest_b")) != before
    )
    cause = first_code((own == threshold, "both"), (own, "own_sales")).fill_null("threshold")
    return nw.when(nw.col("movement").is_in(["up", "down"])).then(cause)
