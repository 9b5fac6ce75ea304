"""Stories of credit: limits, ratings, incidents, and a customer who slowly stops paying."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipelines.demo.company import ago
from pipelines.demo.money import incident
from pipelines.demo.stories.actor import TERMS_DAYS, Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product


def drifts_into_suspension(
    company: Company, products: Sequence[Product], span: Sequence[int]
) -> None:
    """C-DRIFTING pays later and later, then not at all; its orders grow the while.

    rpt_customer_credit.credit_status: `clear` to August 2024, `watch` in September (near_limit: 92,000 of 100,000),
    `hold_new_orders` in October (over_limit, overdue_long) and November, `suspend_supply` in December (the invoice of
    August is 118 days overdue). rpt_finding tells each of them.
    """
    actor = Actor(company, products, span, "C-DRIFTING", "每况愈下商贸公司")
    actor.is_looked_into("B", "C")
    late = {7: 5, 6: 12, 5: 20}  # months before December: days after the due date
    for month in range(len(span) - 1, 4, -1):
        order = actor.buys(ago(month, 5), 30_000)
        actor.pays(order, order.day + timedelta(days=TERMS_DAYS + late.get(month, 0)), 30_000)
    unpaid = actor.buys(ago(4, 5), 46_000)
    actor.buys(ago(3, 5), 46_000)
    actor.buys(ago(2, 5), 38_000)
    actor.pays(unpaid, ago(1, 18), 5_000)


def has_no_credit(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-NO-CREDIT has a limit of 0 and owes money all the same, an invoice of each month's 5th.

    rpt_customer_credit, every month: utilisation_rate NULL (`no_credit`), headroom -9,000, `hold_new_orders`; rpt_finding
    credit.over_limit.
    """
    actor = Actor(company, products, span, "C-NO-CREDIT", "现款现货商行", 信用额度="0")
    actor.is_looked_into()
    actor.trades()


def lets_its_limit_expire(
    company: Company, products: Sequence[Product], span: Sequence[int]
) -> None:
    """C-EXPIRED has a limit that expired on 30 September 2024 and that nobody renewed.

    rpt_customer_credit.credit_status: `clear` to September, `watch` from October on; rpt_finding credit.limit_expired.
    """
    actor = Actor(company, products, span, "C-EXPIRED", "额度过期商贸公司", 额度到期日="2024-09-30")
    actor.is_looked_into()
    actor.trades()


def is_rated_d(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-RATED-D was rated D by an investigation of 20 November 2024.

    rpt_customer_credit: `clear` to October, from November on rating D and `hold_new_orders`; rpt_finding credit.rating_d.
    """
    actor = Actor(company, products, span, "C-RATED-D", "资信堪忧商贸公司")
    actor.is_looked_into("D")
    actor.trades()


def has_an_incident(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-INCIDENT had its accounts frozen on 12 October 2024; the matter was settled on 9 December.

    rpt_customer_credit.credit_status: `suspend_supply` in October and November, `clear` before and after; rpt_finding
    credit.incident, severity suspend.
    """
    actor = Actor(company, products, span, "C-INCIDENT", "账户冻结商贸公司")
    actor.is_looked_into()
    actor.trades()
    incident(company, actor.customer_id, ago(2, 12), "账户冻结", ago(0, 9), suspend=True)


def was_never_looked_into(
    company: Company, products: Sequence[Product], span: Sequence[int]
) -> None:
    """C-NEVER has a limit and buys, but nobody ever wrote a report.

    rpt_customer_credit, every month: report_status `never`, `watch`; rpt_finding credit.report_overdue, observed `never`.
    """
    Actor(company, products, span, "C-NEVER", "无人调查商贸公司").trades()


STORIES = (
    drifts_into_suspension, has_no_credit, lets_its_limit_expire, is_rated_d, has_an_incident,
    was_never_looked_into,
)  # fmt: skip
