"""Measures: `metrics/rfm.py`, days of sale in `metrics/customer_sales.py`."""

import dagster as dg

from assets.rollups.carried import bought
from assets.tables import Frame, report
from metrics.customer_sales import positive_history
from metrics.periods import of_trailing_year
from metrics.rfm import rfm
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_rfm"]


@report(TABLE)
def rpt_rfm(
    context: dg.AssetExecutionContext,
    customer_period: Frame,
    customer_month: Frame,
    rpt_customer_classification: Frame,
) -> Frame:
    """One row per as-of month and customer with positive net sales in the trailing 12 months."""
    calendar = context.resources.months.calendar()
    return rfm(
        of_trailing_year(customer_period),
        positive_history(bought(context, customer_month), calendar),
        rpt_customer_classification,
        calendar,
    )
