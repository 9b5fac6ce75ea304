"""Measures: `metrics/receivables.py`; the ages: `schemas/reports/rpt_receivable_ageing.py`."""

import dagster as dg

from assets.rollups import carried
from assets.tables import Frame, report
from metrics.receivables import ageing
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_receivable_ageing"]


@report(TABLE)
def rpt_receivable_ageing(
    context: dg.AssetExecutionContext, open_invoices: Frame, invoices: Frame, payments: Frame
) -> Frame:
    """One row per as-of month and customer with an invoice or a payment up to its end."""
    calendar = context.resources.months.calendar()
    return ageing(open_invoices, *carried.receivables(context, invoices, payments), calendar)
