"""The asset `rpt_profitability`."""

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
    return profitability(
        product_period,
        stock_month,
        products_at,
        context.resources.months.windows(),
        context.resources.months.bounds(),
        context.resources.policy.profitability.min_cost_coverage,
        has_stock="stock" in context.resources.months.feeds,
    )
