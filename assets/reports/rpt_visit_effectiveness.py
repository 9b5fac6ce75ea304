"""The asset `rpt_visit_effectiveness`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.visit_effectiveness import visit_effectiveness
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_visit_effectiveness"]


@report(TABLE)
def rpt_visit_effectiveness(
    context: dg.AssetExecutionContext, visits: Frame, visit_results: Frame, rpt_visit_plan: Frame
) -> Frame:
    """One row per as-of month, period and salesperson with a visit planned or completed in it, or a customer due."""
    months, policy = context.resources.months, context.resources.policy.visits
    rows = visit_effectiveness(
        months.every(visits),
        visit_results,
        rpt_visit_plan,
        months.windows(),
        months.bounds(),
        policy.months.model_dump(),
    )
    return rows if "visits" in months.feeds else rows.head(0)
