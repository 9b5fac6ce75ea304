"""What customers owe, how they pay, and what is known of their credit. Most pay near their terms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.demo.company import LAST_MONTH, day_of, month_end, month_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pipelines.demo.company import Company
    from pipelines.demo.customers import Person
    from pipelines.demo.sales import Order

_SOURCES = ("internal",) * 6 + ("rating_agency", "financial_institution", "trade_body")
_RATINGS = "AAAABBBBBBCC"
_TROUBLES = ("经营异常", "法律纠纷", "股权变更", "火灾损失")


def invoice(
    company: Company,
    invoice_id: str,
    customer_id: str,
    day: date,
    amount: float,
    due_on: date | None = None,
    *,
    disputed: bool = False,
) -> None:
    """An invoice; without `due_on` it is due by the customer's terms."""
    row = {
        "invoice_id": invoice_id,
        "customer_id": customer_id,
        "invoiced_on": day.isoformat(),
        "due_on": due_on.isoformat() if due_on else "",
        "amount": f"{amount:.2f}",
        "disputed": "是" if disputed else "否",
    }
    company.record("invoices", day, row)


def payment(
    company: Company, payment_id: str, customer_id: str, invoice_id: str, day: date, amount: float
) -> None:
    """Money received for an invoice; "": nobody knows yet for which."""
    row = {
        "payment_id": payment_id,
        "customer_id": customer_id,
        "invoice_id": invoice_id,
        "paid_on": day.isoformat(),
        "amount": f"{amount:.2f}",
    }
    company.record("payments", day, row)


def investigation(
    company: Company, customer_id: str, day: date, rating: str, limit: float, source: str = "internal"
) -> None:  # fmt: skip
    """A written credit report."""
    row = {
        "investigation_id": f"I-{customer_id}-{day}",
        "customer_id": customer_id,
        "investigated_on": day.isoformat(),
        "source": source,
        "report_kind": "written",
        "rating": rating,
        "recommended_limit": f"{limit:.2f}",
        "conclusion": "资信良好，可继续交易" if rating in "AB" else "付款变慢，须关注",
        "investigator": "信用管理员",
    }
    company.record("credit_investigations", day, row)


def incident(
    company: Company, customer_id: str, day: date, kind: str, resolved_on: date | None, *, suspend: bool
) -> None:  # fmt: skip
    """Something that puts a customer's credit in doubt; one resolved after the last month is open still."""
    known = resolved_on is not None and resolved_on <= month_end(LAST_MONTH)
    row = {
        "incident_id": f"X-{customer_id}-{day}",
        "customer_id": customer_id,
        "reported_on": day.isoformat(),
        "kind": kind,
        "reported_by": "业务员",
        "suspend_supply": "是" if suspend else "否",
        "approved_by": "总经理" if suspend else "",
        "resolved_on": resolved_on.isoformat() if known and resolved_on else "",
    }
    company.record("incidents", day, row)


def bill(company: Company, random: Random, person: Person, order: Order) -> None:
    """An order's invoice and what is paid on it; a return's credit note and its refund."""
    if not order.amount:
        return
    invoice_id = f"INV-{order.order_id}"
    agreed = order.day + timedelta(days=60) if random.random() < 0.05 else None
    disputed = order.amount > 0 and random.random() < 0.008
    due = agreed or order.day + timedelta(days=person.terms_days)
    invoice(
        company, invoice_id, person.customer_id, order.day, order.amount, agreed, disputed=disputed
    )
    if random.random() < 0.001:
        return  # written off one day; until then it grows old
    late = person.pays_after + random.gauss(0, 3) + (random.uniform(20, 50) if disputed else 0)
    if random.random() < 0.015:
        late += random.uniform(15, 60)
    paid_on = max(order.day, due + timedelta(days=int(late)))
    _pay(company, random, person.customer_id, order, paid_on)


def _pay(company: Company, random: Random, customer_id: str, order: Order, day: date) -> None:
    """At once or in two parts; some payments name no invoice until the month after, when the customer was asked."""
    invoice_id, payment_id = f"INV-{order.order_id}", f"PAY-{order.order_id}"
    fate = random.random()
    if fate < 0.03:
        half = round(order.amount / 2, 2)
        later = day + timedelta(days=10)
        payment(company, f"{payment_id}-1", customer_id, invoice_id, day, half)
        payment(company, f"{payment_id}-2", customer_id, invoice_id, later, order.amount - half)
    elif fate < 0.05:
        _pay_namelessly(company, payment_id, customer_id, invoice_id, day, order.amount)
    else:
        more = 50 if fate > 0.998 and order.amount > 0 else 0
        payment(company, payment_id, customer_id, invoice_id, day, order.amount + more)


def _pay_namelessly(
    company: Company, payment_id: str, customer_id: str, invoice_id: str, day: date, amount: float
) -> None:
    payment(company, payment_id, customer_id, "", day, amount)
    if month_of(day) < LAST_MONTH:
        row = company.rows["payments"][month_end(month_of(day))][-1]
        asked = month_end(month_of(day) + 1)
        company.add("payments", asked, {**row, "invoice_id": invoice_id})


def investigate(company: Company, random: Random, person: Person, span: Sequence[int]) -> None:
    """Written reports about as often as the customer's size asks for; some are forgotten, few were never made."""
    if person.limit is None or person.number % 37 == 11:
        return
    day = day_of(person.starts, 1) - timedelta(days=random.randint(1, 20))
    interval = 85 if person.is_large else 170 if person.is_medium else 340
    while day <= month_end(span[-1]):
        rating = "D" if random.random() < 0.003 else random.choice(_RATINGS)
        limit = round(person.limit * random.choice((0.8, 1, 1, 1.2)), -3)
        investigation(company, person.customer_id, day, rating, limit, random.choice(_SOURCES))
        if person.number % 31 == 3:
            return
        day += timedelta(days=interval + random.randint(-15, 3))


def trouble(company: Company, random: Random, people: Sequence[Person], month: int) -> None:
    """A month's incidents: rare, most of them over after some weeks."""
    if random.random() < 0.5:
        person = random.choice(people)
        day = day_of(month, random.randint(1, 28))
        lasts = timedelta(days=random.randint(10, 60))
        suspend = random.random() < 0.2
        kind = random.choice(_TROUBLES)
        over = None if random.random() < 0.1 else day + lasts
        incident(company, person.customer_id, day, kind, over, suspend=suspend)
