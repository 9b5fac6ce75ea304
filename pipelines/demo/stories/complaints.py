"""Stories of complaints: a step left out, no end of it, no answer in time."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from pipelines.demo.company import ago
from pipelines.demo.complaints import Step, complain, ladder
from pipelines.demo.stories.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product

_NINE = time(9)


def skips_approval(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """K-UNAPPROVED, of C-UNAPPROVED, received on 11 November 2024, was acted on before anybody approved.

    rpt_complaint, November and December: steps_in_order false, current_step `summarised`, sla_status `met`; rpt_finding
    complaint.implemented_unapproved and complaint.steps_out_of_order.
    """
    actor = Actor(company, products, span, "C-UNAPPROVED", "未批先办商贸公司")
    actor.is_looked_into()
    actor.trades()
    order = actor.buys(ago(1, 7), 5_000)
    received = datetime.combine(ago(1, 11), _NINE)
    steps = [*ladder(1, 12, "approved"), Step(6, "responded")]
    complain(company, "K-UNAPPROVED", actor.customer_id, received, "quality", "性能故障", order, steps)  # fmt: skip
    actor.pays(order, ago(0, 7), 5_000)


def is_reopened_twice(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """K-REOPENED, of C-REOPENED, received on 1 October 2024, was closed three times.

    rpt_complaint, October: reopen_count 1, full_resolution_hours NULL; November: reopen_count 2; December: reopen_count 2,
    full_resolution_hours long after first_resolution_hours. sla_status `met`: the first resolution counts.
    """
    actor = Actor(company, products, span, "C-REOPENED", "再三投诉商贸公司")
    actor.is_looked_into()
    actor.trades()
    order = actor.buys(ago(3, 24), 5_000)
    received = datetime.combine(ago(2, 1), _NINE)
    steps = [Step(4, "responded"), *ladder(1, 16)]
    for day in (29, 57):
        steps += [Step(day * 24, "reopened", "unsatisfied"), *ladder(day * 24 + 2, 20)]
    complain(company, "K-REOPENED", actor.customer_id, received, "service", "安装", order, steps)  # fmt: skip
    actor.pays(order, ago(2, 24), 5_000)


def waits_for_an_answer(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """K-LATE, of C-LATE, received on 2 December 2024, was answered after 40 hours and settled after 300.

    rpt_complaint, December: first_response_hours 40, first_resolution_hours 300, sla_status `breached`; rpt_finding
    complaint.sla_breached, observed 40, threshold 24.
    """
    actor = Actor(company, products, span, "C-LATE", "久等不复商贸公司")
    actor.is_looked_into()
    actor.trades()
    order = actor.buys(ago(1, 28), 5_000)
    received = datetime.combine(ago(0, 2), _NINE)
    steps = [Step(40, "responded"), *ladder(12, 36)]
    complain(company, "K-LATE", actor.customer_id, received, "transport", "延迟送达", order, steps)  # fmt: skip
    actor.pays(order, ago(0, 28), 5_000)


STORIES = (skips_approval, is_reopened_twice, waits_for_an_answer)
