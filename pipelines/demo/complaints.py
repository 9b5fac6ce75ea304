"""What customers complain of and how it is handled, step by step; most is answered and settled in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from metrics.complaint_states import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pipelines.demo.company import Company
    from pipelines.demo.sales import Order

# Category: what exactly, and the department that answers for it.
CATEGORIES = {
    "quality": (("商品破损", "性能故障", "色差", ""), "质检部"),
    "contract": (("价格不符", "数量短缺", ""), "销售部"),
    "transport": (("延迟送达", "包装破损", "错送"), "物流部"),
    "service": (("安装", "态度", ""), "客服部"),
}
_RESULTS = {"judged": "valid", "approved": "approved", "closed": "satisfied"}


class Step(NamedTuple):
    """A step so many hours after the complaint was received."""

    hours: float
    name: str
    result: str = ""


def ladder(begins: float, pace: float, *skipped: str) -> list[Step]:
    """A round of a valid complaint: all steps but the skipped ones, a step every `pace` hours, and its close."""
    names = [name for name in (*STEPS, "closed") if name not in skipped]
    return [
        Step(begins + pace * number, name, _RESULTS.get(name, ""))
        for number, name in enumerate(names)
    ]


def complain(
    company: Company,
    complaint_id: str,
    customer_id: str,
    received_at: datetime,
    category: str,
    subcategory: str,
    order: Order,
    steps: Sequence[Step],
) -> None:
    """A complaint about an order, and its steps as far as they have happened."""
    complaint = {
        "complaint_id": complaint_id,
        "customer_id": customer_id,
        "received_at": received_at.isoformat(),
        "category": category,
        "subcategory": subcategory,
        "product_id": order.product_id,
        "order_id": order.order_id,
        "description": f"订单 {order.order_id}：{subcategory or '未细分'}",
    }
    company.record("complaints", received_at.date(), complaint)
    for sequence, step in enumerate(sorted(steps), start=1):
        at = received_at + timedelta(minutes=round(step.hours * 60))
        event = {
            "complaint_id": complaint_id,
            "sequence": sequence,
            "step": step.name,
            "occurred_at": at.isoformat(),
            "actor": "客服专员",
            "department": CATEGORIES[category][1] if step.name == "assigned" else None,
            "result": step.result or None,
        }
        company.record("complaint_events", at.date(), event)


def grumble(company: Company, random: Random, customer_id: str, order: Order) -> None:
    """About one order in thirty-five is complained of, some days later."""
    if random.random() > 0.028 or order.amount <= 0:
        return
    waited = timedelta(days=random.randint(2, 12), minutes=random.randint(8 * 60, 18 * 60))
    received_at = datetime.combine(order.day, datetime.min.time()) + waited
    category = random.choices(list(CATEGORIES), (4, 2, 3, 2))[0]
    subcategory = random.choice(CATEGORIES[category][0])
    key = f"K-{order.order_id}"
    steps = _handled(random)
    complain(company, key, customer_id, received_at, category, subcategory, order, steps)


def _handled(random: Random) -> list[Step]:
    """A round in a week or so, sometimes two; one in twenty is answered, or settled, too late."""
    pace = random.uniform(8, 24) * (2 if random.random() < 0.05 else 1)
    answer = random.uniform(25, 60) if random.random() < 0.05 else random.uniform(1, 20)
    begins = random.uniform(0.1, 2)
    answered = Step(max(answer, begins), "responded")
    if random.random() < 0.25:
        judged = Step(begins + pace, "judged", "invalid")
        closed = Step(max(judged.hours, answered.hours) + 1, "closed")
        return [Step(begins, "recorded"), answered, judged, closed]
    steps = [*ladder(begins, pace), answered]
    if random.random() < 0.05:
        again = max(steps).hours + random.uniform(24, 120)
        steps += [Step(again, "reopened", "unsatisfied"), *ladder(again + 1, 10)]
    return steps
