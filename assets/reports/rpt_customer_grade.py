"""The asset `rpt_customer_grade`.

The previous grade is computed anew, so what it needs of the month before the run's first is computed here as well.
"""

from typing import Any

import dagster as dg
import narwhals as nw

from assets.rollups.credit import payment_terms
from assets.tables import Frame, report
from metrics.complaint_summary import valid_counts
from metrics.complaints import complaints as handled
from metrics.credit import has_receivables
from metrics.grading import grades, payment_values, service_values, trailing_year
from metrics.receivables import ageing, open_invoices
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_grade"]


@report(TABLE)
def rpt_customer_grade(
    context: dg.AssetExecutionContext,
    customer_month: Frame,
    order_month: Frame,
    customers: Frame,
    invoices: Frame,
    payments: Frame,
    rpt_receivable_ageing: Frame,
    complaints: Frame,
    complaint_events: Frame,
    rpt_complaint: Frame,
) -> Frame:
    """One row per as-of month and customer with positive net sales in the trailing 12 months."""
    months, policy = context.resources.months, context.resources.policy
    payment = service = None
    if has_receivables(months.feeds):
        before = _ageing_before(context, invoices, payments, customers)
        payment = payment_values(_both(before, rpt_receivable_ageing))
    if {"complaints", "complaint_events"} <= months.feeds:
        earlier = _complaints_before(context, complaints, complaint_events)
        valid = valid_counts(_both(earlier, rpt_complaint))
        lookback = _both(months.before().lookback(12), months.lookback(12))
        service = service_values(valid, order_month, lookback)
    return grades(
        trailing_year(customer_month, months.spine()),
        months.calendar(),
        policy.grade.weights.model_dump(),
        policy.grade.a,
        policy.grade.b,
        policy.profitability.min_cost_coverage,
        payment,
        service,
    )


def _ageing_before(context: Any, invoices: Frame, payments: Frame, customers: Frame) -> Frame:
    calendar = context.resources.months.before().calendar()
    terms = context.resources.policy.credit.default_terms_days
    opened = open_invoices(invoices, payments, payment_terms(customers), calendar, terms)
    return ageing(opened, invoices, payments, calendar)


def _complaints_before(context: Any, complaints: Frame, events: Frame) -> Frame:
    calendar, targets = (
        context.resources.months.before().calendar(),
        context.resources.policy.complaints,
    )
    hours = (targets.response_hours, targets.resolution_hours)
    return handled(complaints, events, calendar, *hours, has_events=True)


def _both(before: Frame, run: Frame) -> Frame:
    """The rows of the month before and those of the run, in the columns that both have."""
    names = [
        name for name in before.collect_schema().names() if name in run.collect_schema().names()
    ]
    return nw.concat([before.select(names), run.select(names)], how="vertical")
