"""Measures: `metrics/complaint_summary.py`, numbers of orders in `metrics/orders.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.complaint_summary import complaint_summary
from metrics.orders import company_orders
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_complaint_summary"]


@report(TABLE)
def rpt_complaint_summary(
    context: dg.AssetExecutionContext, rpt_complaint: Frame, order_month: Frame
) -> Frame:
    """One row per as-of month, period, category and subcategory with a complaint received in the period."""
    months = context.resources.months
    return complaint_summary(
        rpt_complaint,
        company_orders(months.trailing(order_month, 12), months.windows()),
        months.bounds(),
        has_events="complaint_events" in months.feeds,
    )
