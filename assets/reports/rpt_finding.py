"""Rules: `metrics/findings`, of credit in `metrics/credit.py`; their words: `schemas/rules.py`."""

from typing import Any

import dagster as dg

from assets.rollups.carried import UNMATCHED, unmatched
from assets.tables import Frame, Portions, report
from metrics import credit
from metrics.complaints import with_elapsed
from metrics.findings import quality, service, trade
from metrics.findings.credit import credit_rules
from metrics.findings.told import told
from metrics.visit_plan import streak_days, streak_visits
from schemas.catalogue import FEEDS, TABLES
from schemas.rules import RULES

TABLE = TABLES["rpt_finding"]
_VISITS = FEEDS["visits"].ledger


@report(TABLE, deps=[_VISITS])
def rpt_finding(
    context: dg.AssetExecutionContext,
    rpt_customer_abc: Frame,
    rpt_target: Frame,
    credit_at: Frame,
    open_invoices: Frame,
    incidents: Frame,
    rpt_visit_plan: Frame,
    visit_results: Frame,
    rpt_complaint: Frame,
    customers_at: Frame,
    products_at: Frame,
    rpt_customer_classification: Frame,
    product_month: Frame,
    stock_month: Frame,
    payments: Frame,
    invoices: Frame,
) -> Portions:
    """One row per as-of month, rule and subject for which it holds; a portion per rule, since sentences take memory."""
    resources = context.resources
    months, policy, lake = resources.months, resources.policy, resources.lake
    calendar = months.calendar()
    open_incidents = credit.open_incidents(months.every(incidents), calendar)
    streak = _streak(rpt_visit_plan, visit_results, resources)
    thresholds = policy.credit.thresholds
    frames = {
        "tier.moved": trade.tier_moved(rpt_customer_abc),
        "target.missed": trade.target_missed(rpt_target, lake),
        **credit_rules(credit_at, open_invoices, open_incidents, thresholds, lake),
        **_of_visits(rpt_visit_plan, streak, context),
        **_of_complaints(with_elapsed(rpt_complaint, calendar), policy.complaints, lake),
        "quality.unregistered_customer": quality.unregistered(customers_at, "customer_id"),
        "quality.unregistered_product": quality.unregistered(products_at, "product_id"),
        "quality.unassigned_customer": quality.unassigned(
            customers_at, rpt_customer_classification
        ),
        UNMATCHED: quality.payment_without_invoice(
            *unmatched(context, payments, invoices), calendar
        ),
    }
    if "stock" in months.feeds:
        sold, counted = months.trailing(product_month, 1), months.trailing(stock_month, 1)
        frames["quality.stock_gap"] = quality.stock_gap(sold, counted)
    return Portions((told(RULES[name], frame) for name, frame in frames.items()), len(frames))


def _streak(plan: Frame, results: Frame, resources: Any) -> Frame:
    """The visits in vain that speak against a pair, from the months alone that may hold one."""
    days = resources.lake.held(streak_days(plan, results))
    return streak_visits(days, resources.lake_tables.naming(_VISITS, "visited_on", days))


def _of_visits(plan: Frame, streak: Frame, context: Any) -> dict[str, Frame]:
    limit = context.resources.policy.visits.max_ineffective
    lake = context.resources.lake
    return {
        f"visit.{action}": service.visits_in_vain(plan, streak, action, limit, lake)
        for action in ("remove", "review")
    }


def _of_complaints(complaints: Frame, targets: Any, lake: Any) -> dict[str, Frame]:
    return {
        "complaint.sla_breached": service.sla_breached(
            complaints, targets.response_hours, targets.resolution_hours, lake
        ),
        "complaint.steps_out_of_order": service.steps_out_of_order(complaints),
        "complaint.implemented_unapproved": service.implemented_unapproved(complaints),
    }
