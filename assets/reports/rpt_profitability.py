"""Measures: `metrics/profitability.py`.

Margin in `metrics/margin.py`, average stock in `metrics/stock.py`, contribution in `metrics/contribution.py`, sums of
levels in `metrics/profitability_levels.py`.
"""

import dagster as dg

from assets.tables import Frame, report
from metrics.profitability import profitability
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_profitability"]


@report(TABLE)
def rpt_profitability(
    context: dg.AssetExecutionContext,
    product_period: Frame,
    stock_month: Frame,
    products_at: Frame,
) -> Frame:
    """One row per as-of month, period, level and member with sales in the period or a stock basis."""
    months = context.resources.months
    return profitability(
        product_period,
        months.trailing(stock_month, 13),  # from the month-end before the period
        products_at,
        months.windows(),
        months.bounds(),
        context.resources.policy.profitability.min_cost_coverage,
        has_stock="stock" in months.feeds,
    )
