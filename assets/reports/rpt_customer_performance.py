"""Measures: `metrics/performance.py`, margin in `metrics/margin.py`, attainment in `metrics/targets.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.performance import customer_performance
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_performance"]


@report(TABLE)
def rpt_customer_performance(
    context: dg.AssetExecutionContext, customer_period: Frame, targets: Frame
) -> Frame:
    """One row per as-of month, period and customer with a line in it, a target, or a line a year before."""
    months, policy = context.resources.months, context.resources.policy
    return customer_performance(
        customer_period,
        months.trailing(targets, 1),
        policy.profitability.min_cost_coverage,
        has_targets="targets" in months.feeds,
    )
