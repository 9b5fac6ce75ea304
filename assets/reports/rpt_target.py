"""Measures: `metrics/target_report.py`, attainment in `metrics/targets.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.target_report import actuals, target_report
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_target"]


@report(TABLE)
def rpt_target(
    context: dg.AssetExecutionContext,
    targets: Frame,
    customer_period: Frame,
    product_period: Frame,
    products_at: Frame,
    salesperson_month: Frame,
) -> Frame:
    """One row per as-of month, period, scope and member with a target."""
    months = context.resources.months
    sold = actuals(
        customer_period,
        product_period,
        products_at,
        months.looked_back(salesperson_month),
        months.spine(),
    )
    return target_report(months.trailing(targets, 1), sold)
