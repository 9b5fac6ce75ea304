"""What a credit report says of one customer; how it is gathered and how it is written stand beside this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from pipelines.documents.labels import Language


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement that a person may have to act on; texts in the report's language, ids joined by commas."""

    rule_id: str
    severity: str  # info, watch, hold, suspend
    sentence: str
    remedy: str
    evidence: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is otherwise than in the last report; texts in the report's language."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CreditReport:
    """What is known of a customer's credit at `as_of`; what is None is unknown and shown as a dash.

    Rates are fractions: 0.25 is 25 %. Texts are in the report's language; status, tier and buckets are codes.
    """

    company: str
    currency: str
    language: Language
    as_of: date
    # Who they are
    customer_id: str
    customer_name: str | None  # None for individuals: the id stands alone
    nature: str | None
    region: str | None
    industry: str | None
    salesperson_id: str | None
    traded_since: date | None
    tier: str | None  # A, B, C, N
    # Limit and exposure
    credit_limit: Decimal | None  # None: none is set; 0: no credit
    credit_limit_expires_on: date | None
    payment_terms_days: int | None
    rating: str | None  # A to D
    last_investigated_on: date | None
    report_status: str | None  # never, overdue, due, current
    report_due_on: date | None
    credit_status: str | None  # clear, watch, hold_new_orders, suspend_supply
    exposure: Decimal | None
    headroom: Decimal | None
    utilisation_rate: float | None
    dso_days: float | None
    dso_countback_days: float | None
    # Receivables
    open_amount: Decimal | None
    disputed_amount: Decimal | None
    overdue_amount: Decimal | None
    overdue_rate: float | None
    oldest_overdue_days: int | None
    unapplied_amount: Decimal | None
    balance_amount: Decimal | None
    ageing: tuple[tuple[str, Decimal], ...]  # (bucket, amount), not due first
    dso_history: tuple[tuple[str, float | None], ...]  # (month YYYY-MM, days), oldest first
    changes: tuple[Change, ...]
    compared_with: date | None  # the month's end that the last written report could see
    findings: tuple[Finding, ...]
    recommended_limit: Decimal | None
