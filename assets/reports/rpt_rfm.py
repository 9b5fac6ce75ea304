"""The asset `rpt_rfm`."""

import dagster as dg
import narwhals as nw

from assets.rollups.carried import bought
from assets.tables import Frame, report
from metrics.customer_sales import positive_history
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
        customer_period.filter(nw.col("period") == "trailing_12_months"),
        positive_history(bought(context, customer_month), calendar),
        rpt_customer_classification,
        calendar,
    )
