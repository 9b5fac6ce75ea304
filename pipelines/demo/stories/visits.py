"""Stories of visits: five in vain, and what becomes of it (访问五次以上而无实效则删除)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.demo.company import ago
from pipelines.demo.stories.actor import SALESPERSON, Actor
from pipelines.demo.visits import reinstate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product

# Prospects have no limit: nobody wants a credit report of them.
_PROSPECT = {"信用额度": "", "额度到期日": ""}


def is_dropped(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-DROPPED never bought and was visited in vain on the 10th of every month from March to July 2024.

    rpt_visit_plan of S1: ineffective_streak 4 in July (the fifth visit is pending), 5 from August on, action `remove`,
    next_visit_on NULL; rpt_finding visit.remove.
    """
    actor = Actor(company, products, span, "C-DROPPED", "五访无果事务所", **_PROSPECT)
    for month in range(9, 4, -1):
        actor.is_visited(ago(month, 10))


def is_reviewed(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-REVIEWED bought until January 2024; then five visits, from March to July, were in vain.

    rpt_visit_plan of S1: from August on ineffective_streak 5 and action `review`, not `remove`, because there was trade;
    rpt_finding visit.review.
    """
    actor = Actor(company, products, span, "C-REVIEWED", "今非昔比商贸公司", **_PROSPECT)
    for month in (12, 11):
        order = actor.buys(ago(month, 15), 12_000)
        actor.pays(order, ago(month - 1, 14), 12_000)
    for month in range(9, 4, -1):
        actor.is_visited(ago(month, 10))


def is_reinstated(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-REINSTATED was visited in vain from February to June 2024, reinstated on 5 September, and orders at last.

    rpt_visit_plan of S1: `remove` in July and August; from September on `keep`, ineffective_streak 0; a visit in October
    brings a quotation, one in November an order: effective_count 2, stage `current` from November on.
    """
    actor = Actor(company, products, span, "C-REINSTATED", "失而复得商贸公司", **_PROSPECT)
    for month in range(10, 5, -1):
        actor.is_visited(ago(month, 10))
    reinstate(company, actor.customer_id, SALESPERSON, ago(3, 5))
    actor.is_visited(ago(2, 10), "报价")
    actor.is_visited(ago(1, 10), "订货")
    actor.buys(ago(1, 12), 15_000)


STORIES = (is_dropped, is_reviewed, is_reinstated)
