"""The form of a credit report: every text of it, in its language and order, for the HTML and the PDF alike."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.documents import charts
from pipelines.documents.labels import SIGNATORIES, UNKNOWN, code, numbered, with_unit, words
from pipelines.documents.numbers import amount_text, count_text, date_text, days_text, rate_text
from schemas.reports.rpt_customer_credit import RPT_CUSTOMER_CREDIT
from schemas.reports.rpt_finding import RPT_FINDING

if TYPE_CHECKING:
    from pipelines.documents.report import CreditReport, Finding

# Worst first; a code that is not listed comes last.
SEVERITIES = tuple(reversed(RPT_FINDING["severity"].code_values))
STATUSES = tuple(reversed(RPT_CUSTOMER_CREDIT["credit_status"].code_values))
_SECTIONS = (
    "who", "limit", "ageing", "dso", "changes", "findings", "recommended", "conclusion", "sign_off",
)  # fmt: skip

Form = dict[str, Any]
Facts = list[tuple[str, str]]


def form(report: CreditReport) -> Form:
    """All texts of a report.

    `words` and `headings` by key; `who`, `limit` and `dso` as (label, text) pairs; `ageing` as (label, amount, share)
    rows; `changes` as (item, before, after) rows; `findings` as dictionaries of texts; for each part that has nothing
    to show, its sentence under `<part>_empty`. The charts' marks are under `ageing_bars` and `dso_columns`.
    """
    fixed = words(report.language)
    return {
        "language": report.language,
        "words": fixed,
        "headings": {
            key: numbered(number, fixed[key], report.language)
            for number, key in enumerate(_SECTIONS, 1)
        },
        "company": report.company,
        "customer": report.customer_name or report.customer_id,
        "customer_id": report.customer_id,
        "as_of": date_text(report.as_of),
        "currency": report.currency,
        "status": code("credit_status", report.credit_status, report.language),
        "status_code": report.credit_status or "",
        "limit_heading": with_unit(
            numbered(2, fixed["limit"], report.language), report.currency, report.language
        ),
        "amount_heading": with_unit(fixed["amount"], report.currency, report.language),
        "who": _who(report, fixed),
        "limit": _limit(report, fixed),
        "recommended": _recommended(report, fixed),
        "signatories": [fixed[key] for key in SIGNATORIES],
        **_ageing(report, fixed),
        **_dso(report, fixed),
        **_changes(report, fixed),
        **_findings(report, fixed),
    }


def _who(report: CreditReport, fixed: dict[str, str]) -> Facts:
    language = report.language
    texts = {
        "customer_id": report.customer_id,
        "customer_name": report.customer_name,
        "nature": report.nature or UNKNOWN,
        "region": report.region or UNKNOWN,
        "industry": report.industry or UNKNOWN,
        "salesperson_id": report.salesperson_id or UNKNOWN,
        "traded_since": date_text(report.traded_since),
        "payment_terms_days": count_text(report.payment_terms_days),
        "tier": code("tier", report.tier, language),
        "rating": report.rating or UNKNOWN,
        "last_investigated_on": date_text(report.last_investigated_on),
        "report_due_on": date_text(report.report_due_on),
        "report_status": code("report_status", report.report_status, language),
    }
    # An individual has no name here: the id stands alone.
    return [(fixed[key], text) for key, text in texts.items() if text is not None]


def _limit(report: CreditReport, fixed: dict[str, str]) -> Facts:
    texts = {
        "credit_limit": _limit_text(report.credit_limit, fixed["no_limit"], fixed),
        "credit_limit_expires_on": _expiry_text(report, fixed),
        "exposure": amount_text(report.exposure),
        "headroom": amount_text(report.headroom),
        "utilisation_rate": rate_text(report.utilisation_rate),
        "credit_status": code("credit_status", report.credit_status, report.language),
        "open_amount": amount_text(report.open_amount),
        "unapplied_amount": amount_text(report.unapplied_amount),
        "disputed_amount": amount_text(report.disputed_amount),
        "balance_amount": amount_text(report.balance_amount),
        "overdue_amount": amount_text(report.overdue_amount),
        "overdue_rate": rate_text(report.overdue_rate),
        "oldest_overdue_days": count_text(report.oldest_overdue_days),
    }
    return [(fixed[key], text) for key, text in texts.items()]


def _limit_text(limit: Decimal | None, absent: str, fixed: dict[str, str]) -> str:
    """No limit, and a limit of nothing, are said in words: they are opposites."""
    if limit is None:
        return absent
    return (
        fixed["no_credit"].format(amount=amount_text(limit)) if limit == 0 else amount_text(limit)
    )


def _expiry_text(report: CreditReport, fixed: dict[str, str]) -> str:
    expires_on = report.credit_limit_expires_on
    if expires_on is not None and expires_on < report.as_of:
        return fixed["expired"].format(date=date_text(expires_on))
    return date_text(expires_on)


def _recommended(report: CreditReport, fixed: dict[str, str]) -> str:
    if report.recommended_limit is None:
        return fixed["no_recommendation"]
    return f"{report.currency} {_limit_text(report.recommended_limit, '', fixed)}"


def _ageing(report: CreditReport, fixed: dict[str, str]) -> Form:
    rows = [(code("ageing", bucket, report.language), amount) for bucket, amount in report.ageing]
    total = sum((amount for _, amount in rows), Decimal(0))
    return {
        "ageing": [(label, amount_text(amount), _share(amount, total)) for label, amount in rows],
        "ageing_total": amount_text(total),
        "ageing_total_share": _share(total, total),
        "ageing_bars": charts.ageing_bars(rows),
        "ageing_empty": "" if total else fixed["no_receivable" if rows else "no_ageing"],
    }


def _share(amount: Decimal, total: Decimal) -> str:
    return rate_text(float(amount / total) if total else None)


def _dso(report: CreditReport, fixed: dict[str, str]) -> Form:
    known = [days for _, days in report.dso_history if days is not None]
    return {
        "dso": [
            (fixed["dso_days"], days_text(report.dso_days)),
            (fixed["dso_countback_days"], days_text(report.dso_countback_days)),
        ],
        "dso_columns": charts.dso_columns(report.dso_history),
        "dso_empty": "" if known else fixed["no_dso"],
        "dso_note": fixed["dso_gap"] if known and len(known) < len(report.dso_history) else "",
    }


def _changes(report: CreditReport, fixed: dict[str, str]) -> Form:
    compared = report.compared_with
    empty = fixed["no_last_report" if compared is None else "no_changes"]
    return {
        "before_heading": with_unit(fixed["before"], date_text(compared), report.language),
        "changes": [(change.label, change.before, change.after) for change in report.changes],
        "changes_empty": "" if report.changes else empty,
    }


def _findings(report: CreditReport, fixed: dict[str, str]) -> Form:
    ordered = sorted(report.findings, key=lambda finding: rank(SEVERITIES, finding.severity))
    return {
        "findings": [_finding(finding, report) for finding in ordered],
        "findings_empty": "" if ordered else fixed["no_findings"],
    }


def _finding(finding: Finding, report: CreditReport) -> Form:
    """Texts of a finding; the evidence as a list of ids."""
    return {
        "severity": code("severity", finding.severity, report.language),
        "severity_code": finding.severity,
        "rule_id": finding.rule_id,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "evidence": [part.strip() for part in (finding.evidence or "").split(",") if part.strip()],
    }


def rank(order: tuple[str, ...], value: str | None) -> int:
    """Place in the order, the worst 0; what is not listed is last."""
    return order.index(value) if value in order else len(order)
