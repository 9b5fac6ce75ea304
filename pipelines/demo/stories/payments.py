"""Stories of single payments: too much, for nothing in particular, for an invoice that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.demo.company import ago
from pipelines.demo.stories.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product


def pays_too_much(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-OVERPAID paid 12,000 on 20 December 2024 for an invoice of 10,000.

    rpt_receivable_ageing, December: open 0, unapplied_amount -2,000, balance_amount -2,000; overdue_rate NULL
    (`no_receivable`).
    """
    actor = Actor(company, products, span, "C-OVERPAID", "多付货款商贸公司")
    actor.is_looked_into()
    order = actor.buys(ago(1, 20), 10_000)
    actor.pays(order, ago(0, 20), 12_000)


def names_no_invoice(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-UNAPPLIED paid 8,000 on 15 December 2024 and did not say for what; an invoice of 8,000 is open.

    rpt_receivable_ageing, December: open_amount 8,000 (1 to 30 days overdue), unapplied_amount -8,000, balance_amount 0.
    """
    actor = Actor(company, products, span, "C-UNAPPLIED", "来款不明商贸公司")
    actor.is_looked_into()
    actor.buys(ago(1, 15), 8_000)
    actor.pays_for("", ago(0, 15), 8_000)


def names_an_unknown_invoice(
    company: Company, products: Sequence[Product], span: Sequence[int]
) -> None:
    """C-UNKNOWN paid 6,000 on 16 December 2024 for INV-LOST, which is none of our invoices.

    rpt_receivable_ageing, December: unapplied_amount -6,000 beside an open 6,000; rpt_finding
    quality.payment_without_invoice, subject PAY-C-UNKNOWN-2024-12-16, observed 6000.0000.
    """
    actor = Actor(company, products, span, "C-UNKNOWN", "错填发票商贸公司")
    actor.is_looked_into()
    actor.buys(ago(1, 16), 6_000)
    actor.pays_for("INV-LOST", ago(0, 16), 6_000)


def disputes_an_invoice(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """C-DISPUTED does not accept an invoice of 7,000 of 10 November 2024, and pays the others.

    rpt_receivable_ageing, December: open_amount 16,000, of it disputed_amount 7,000 and overdue_1_30_amount 7,000.
    """
    actor = Actor(company, products, span, "C-DISPUTED", "拒付争议商贸公司")
    actor.is_looked_into()
    actor.trades()
    actor.buys(ago(1, 10), 7_000, disputed=True)


STORIES = (pays_too_much, names_no_invoice, names_an_unknown_invoice, disputes_an_invoice)
