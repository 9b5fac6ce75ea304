"""A story of tiers: somebody falls though they sell the same as ever."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from pipelines.demo.company import LAST_MONTH, ago, month_of
from pipelines.demo.sales import settled
from pipelines.demo.stories.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product

_CUT_A = 0.75
_NO_LIMIT = {"信用额度": "", "额度到期日": ""}


def is_outgrown(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-OUTGROWN buys the same in every month; in December 2024 an order of C-OUTGROWING moves the cut above it.

    rpt_customer_abc, December, trailing_12_months: C-OUTGROWN movement `down`, previous_tier A, tier B, movement_cause
    `threshold`; C-OUTGROWING movement `up`, tier A, movement_cause `own_sales`. rpt_finding tier.moved of C-OUTGROWN,
    severity watch.
    """
    rising = Actor(company, products, span, "C-OUTGROWING", "后来居上集团", **_NO_LIMIT)
    rising.is_looked_into()
    rising.trades(500)
    before, now = (_year_to(company, month) for month in (LAST_MONTH - 1, LAST_MONTH))
    monthly = round(_just_in_tier_a(before) / 12, 2)
    steady = Actor(company, products, span, "C-OUTGROWN", "原地踏步商贸公司", **_NO_LIMIT)
    steady.is_looked_into()
    steady.trades(monthly)
    rising.buys(ago(0, 18), round(_push(now, 12 * monthly)))


def _year_to(company: Company, month: int) -> Counter[str]:
    """Net sales by customer over the twelve months that end with `month`."""
    sold: Counter[str] = Counter()
    for row in settled(company):
        if month - 11 <= month_of(date.fromisoformat(row["日期"].replace("/", "-"))) <= month:
            sold[row["客户号"]] += row["金额"]
    return sold


def _above(sold: Counter[str], amount: float) -> float:
    return sum(other for other in sold.values() if other > amount)


def _just_in_tier_a(sold: Counter[str]) -> float:
    """The sales with which one more customer would be the last of tier A, with a little to spare."""
    total = sum(amount for amount in sold.values() if amount > 0)
    places = [amount * 1.01 for amount in sold.values() if amount > 0]
    inside = [place for place in places if _above(sold, place) < 0.995 * _CUT_A * (total + place)]
    return min(inside)


def _push(sold: Counter[str], amount: float) -> float:
    """What somebody must buy, so that those above `amount` make more than tier A's share of all, with a little to spare."""
    total = amount + sum(other for other in sold.values() if other > 0)
    lacking = (_CUT_A * total - _above(sold, amount)) / (1 - _CUT_A)
    return max(2 * amount, 1.1 * lacking)


STORIES = (is_outgrown,)
