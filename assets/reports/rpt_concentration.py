"""Measures: `metrics/concentration.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.concentration import concentration
from metrics.customer_sales import with_lines
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_concentration"]


@report(TABLE)
def rpt_concentration(
    context: dg.AssetExecutionContext, rpt_customer_abc: Frame, customer_period: Frame
) -> Frame:
    """One row per as-of month and period."""
    cuts = context.resources.policy.abc
    return concentration(
        with_lines(rpt_customer_abc, customer_period),
        context.resources.months.bounds(),
        cuts.hundredths_a,
        cuts.hundredths_b,
    )
