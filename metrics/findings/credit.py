"""Findings on credit: each rule of `metrics.credit.rules` with its numbers and the invoices at issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics import texts

if TYPE_CHECKING:
    from metrics.credit import CreditPolicy
    from metrics.findings.told import Engine

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def credit_rules(
    credit_at: Frame, open_at: Frame, incidents_at: Frame, policy: CreditPolicy, engine: Engine
) -> dict[str, Frame]:
    """The frame of each credit rule. `credit_at`: credit.with_rules; `open_at`: receivables.open_invoices, both as of."""
    owed = open_at.filter(nw.col("open_amount") > 0)
    invoices = _evidence(owed, "invoice_id", engine)
    return {
        "credit.over_limit": _over_limit(credit_at, invoices),
        "credit.overdue_long": _overdue_long(credit_at, owed, policy, engine),
        "credit.overdue_share": _overdue_share(credit_at, owed, policy, engine),
        "credit.rating_d": _rating_d(credit_at),
        "credit.incident": _incident(credit_at, _evidence(incidents_at, "incident_id", engine)),
        "credit.limit_expired": _limit_expired(credit_at),
        "credit.report_overdue": _report_overdue(credit_at),
        "credit.near_limit": _near_limit(credit_at, invoices, policy, engine),
    }


def _holding(credit_at: Frame, rule: str) -> Frame:
    """The customers for which a credit rule holds, with its severity."""
    severity = nw.col(rule)
    return credit_at.filter(~severity.is_null()).with_columns(
        subject_id="customer_id", severity=severity
    )


def _evidence(rows: Frame, key: str, engine: Engine) -> Frame:
    """One row per as-of month and customer: the keys of its rows."""
    return engine.joined(rows, _KEY, key).rename({key: "evidence"})


def _over_limit(credit_at: Frame, invoices: Frame) -> Frame:
    limit, exposure = nw.col("credit_limit"), nw.col("exposure_amount")
    customers = _holding(credit_at, "rule_over_limit")
    return customers.join(invoices, on=_KEY, how="left").with_columns(
        observed=texts.exact_money(exposure),
        threshold=texts.exact_money(limit),
        excess_amount=exposure - limit,
    )


def _rating_d(credit_at: Frame) -> Frame:
    return _holding(credit_at, "rule_rating_d").with_columns(
        observed=nw.lit("D"), threshold=nw.lit("D"), evidence="rating_investigation_id"
    )


def _incident(credit_at: Frame, incidents: Frame) -> Frame:
    customers = _holding(credit_at, "rule_incident")
    return customers.join(incidents, on=_KEY, how="left").with_columns(
        observed=nw.col("open_incident_count").cast(nw.String), threshold=nw.lit("0")
    )


def _limit_expired(credit_at: Frame) -> Frame:
    return _holding(credit_at, "rule_limit_expired").with_columns(
        observed=nw.col("credit_limit_expires_on").cast(nw.String),
        threshold=nw.col("as_of").cast(nw.String),
    )


def _report_overdue(credit_at: Frame) -> Frame:
    due = nw.col("report_due_on").cast(nw.String)
    return _holding(credit_at, "rule_report_overdue").with_columns(
        observed=due.fill_null("never"),
        threshold=nw.col("as_of").cast(nw.String),
        evidence=nw.coalesce("last_report_id", "customer_id"),
        lateness=nw.concat_str(nw.lit("应于 "), due, nw.lit(" 前完成")).fill_null("从未出具"),
        lateness_en=nw.concat_str(nw.lit("was due on "), due).fill_null("was never written"),
    )


def _near_limit(credit_at: Frame, invoices: Frame, policy: CreditPolicy, engine: Engine) -> Frame:
    customers = _holding(credit_at, "rule_near_limit")
    told = customers.join(invoices, on=_KEY, how="left").with_columns(
        threshold=nw.lit(str(policy.near_limit)), limit=nw.lit(policy.near_limit)
    )
    return engine.in_text(told, observed="utilisation_rate")


def _overdue_long(credit_at: Frame, owed: Frame, policy: CreditPolicy, engine: Engine) -> Frame:
    """By the invoices that are overdue longer than the threshold of the row's severity."""
    days = (
        nw.when(nw.col("severity") == "suspend")
        .then(policy.suspend_overdue_days)
        .otherwise(policy.hold_overdue_days)
    )
    customers = _holding(credit_at, "rule_overdue_long").with_columns(days=days)
    return _with_overdue(customers, owed, engine).with_columns(
        observed=nw.col("oldest_overdue_days").cast(nw.String),
        threshold=nw.col("days").cast(nw.String),
        minimum=nw.lit(policy.overdue_min),
    )


def _overdue_share(credit_at: Frame, owed: Frame, policy: CreditPolicy, engine: Engine) -> Frame:
    days = nw.lit(policy.share_overdue_days)
    customers = _holding(credit_at, "rule_overdue_share").with_columns(days=days)
    told = _with_overdue(customers, owed, engine).with_columns(
        threshold=nw.lit(str(policy.max_overdue_share)),
        limit=nw.lit(policy.max_overdue_share),
        minimum=nw.lit(policy.overdue_min),
    )
    return engine.in_text(told, observed="overdue_share")


def _with_overdue(customers: Frame, owed: Frame, engine: Engine) -> Frame:
    """Adds overdue_amount and evidence: of the invoices overdue for more than `days`."""
    late = owed.join(customers.select(*_KEY, "days"), on=_KEY, how="inner").filter(
        nw.col("overdue_days") > nw.col("days")
    )
    amounts = late.group_by(*_KEY).agg(overdue_amount=nw.col("open_amount").sum())
    ids = _evidence(late, "invoice_id", engine)
    return customers.join(amounts, on=_KEY, how="left").join(ids, on=_KEY, how="left")
