"""Findings on credit: each rule of `metrics.credit.rules` with its numbers and the invoices at issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics import texts
from schemas.rules import RULES

if TYPE_CHECKING:
    from metrics.credit import CreditPolicy
    from metrics.findings.told import Joined

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def credit_rules(
    credit_at: Frame, open_at: Frame, incidents_at: Frame, policy: CreditPolicy, joined: Joined
) -> dict[str, Frame]:
    """The frame of each credit rule. `credit_at`: credit.with_rules; `open_at`: receivables.open_invoices, both as of."""
    owed = open_at.filter(nw.col("open_amount") > 0)
    invoices = joined(owed, _KEY, "invoice_id").rename({"invoice_id": "evidence"})
    limit, exposure = nw.col("credit_limit"), nw.col("exposure_amount")
    as_of, due = nw.col("as_of").cast(nw.String), nw.col("report_due_on").cast(nw.String)
    holding = {name: _holding(credit_at, name) for name in _CREDIT}
    return {
        "credit.over_limit": holding["over_limit"]
        .join(invoices, on=_KEY, how="left")
        .with_columns(
            observed=texts.exact_money(exposure),
            threshold=texts.exact_money(limit),
            excess_amount=exposure - limit,
        ),
        "credit.overdue_long": _overdue_long(holding["overdue_long"], owed, policy, joined),
        "credit.overdue_share": _overdue_share(holding["overdue_share"], owed, policy, joined),
        "credit.rating_d": holding["rating_d"].with_columns(
            observed=nw.lit("D"), threshold=nw.lit("D"), evidence="rating_investigation_id"
        ),
        "credit.incident": holding["incident"]
        .join(
            joined(incidents_at, _KEY, "incident_id").rename({"incident_id": "evidence"}),
            on=_KEY,
            how="left",
        )
        .with_columns(
            observed=nw.col("open_incident_count").cast(nw.String), threshold=nw.lit("0")
        ),
        "credit.limit_expired": holding["limit_expired"].with_columns(
            observed=nw.col("credit_limit_expires_on").cast(nw.String), threshold=as_of
        ),
        "credit.report_overdue": holding["report_overdue"].with_columns(
            observed=due.fill_null("never"),
            threshold=as_of,
            evidence=nw.coalesce("last_report_id", "customer_id"),
            lateness=nw.concat_str(nw.lit("应于 "), due, nw.lit(" 前完成")).fill_null("从未出具"),
            lateness_en=nw.concat_str(nw.lit("was due on "), due).fill_null("was never written"),
        ),
        "credit.near_limit": holding["near_limit"]
        .join(invoices, on=_KEY, how="left")
        .with_columns(
            observed=nw.col("utilisation_rate").cast(nw.String),
            threshold=nw.lit(str(policy.near_limit)),
            limit=nw.lit(policy.near_limit),
        ),
    }


_CREDIT = tuple(rule.name for rule in RULES.values() if rule.topic == "credit")


def _holding(credit_at: Frame, name: str) -> Frame:
    """The customers for which a credit rule holds, with its severity."""
    severity = nw.col(f"rule_{name}")
    return credit_at.filter(~severity.is_null()).with_columns(
        subject_id="customer_id", severity=severity
    )


def _overdue_long(customers: Frame, owed: Frame, policy: CreditPolicy, joined: Joined) -> Frame:
    """By the invoices that are overdue longer than the threshold of the row's severity."""
    days = (
        nw.when(nw.col("severity") == "suspend")
        .then(policy.suspend_overdue_days)
        .otherwise(policy.hold_overdue_days)
    )
    return _with_overdue(customers.with_columns(days=days), owed, joined).with_columns(
        observed=nw.col("oldest_overdue_days").cast(nw.String),
        threshold=nw.col("days").cast(nw.String),
        minimum=nw.lit(policy.overdue_min),
    )


def _overdue_share(customers: Frame, owed: Frame, policy: CreditPolicy, joined: Joined) -> Frame:
    of_days = customers.with_columns(days=nw.lit(policy.share_overdue_days))
    return _with_overdue(of_days, owed, joined).with_columns(
        observed=nw.col("overdue_share").cast(nw.String),
        threshold=nw.lit(str(policy.max_overdue_share)),
        limit=nw.lit(policy.max_overdue_share),
        minimum=nw.lit(policy.overdue_min),
    )


def _with_overdue(customers: Frame, owed: Frame, joined: Joined) -> Frame:
    """Adds overdue_amount and evidence: of the invoices overdue for more than `days`."""
    late = owed.join(customers.select(*_KEY, "days"), on=_KEY, how="inner").filter(
        nw.col("overdue_days") > nw.col("days")
    )
    amounts = late.group_by(*_KEY).agg(overdue_amount=nw.col("open_amount").sum())
    ids = joined(late, _KEY, "invoice_id").rename({"invoice_id": "evidence"})
    return customers.join(amounts, on=_KEY, how="left").join(ids, on=_KEY, how="left")
