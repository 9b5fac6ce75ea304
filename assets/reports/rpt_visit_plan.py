"""Measures: `metrics/visit_plan.py`, results of visits in `metrics/visits.py`."""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, report
from metrics.periods import of_trailing_year
from metrics.visit_plan import visit_plan
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_visit_plan"]


@report(TABLE)
def rpt_visit_plan(
    context: dg.AssetExecutionContext,
    visit_results: Frame,
    reinstatements: Frame,
    customers_at: Frame,
    rpt_customer_classification: Frame,
    rpt_customer_abc: Frame,
) -> Frame:
    """One row per as-of month, salesperson and customer: the register's pairs, and those with visits."""
    months, policy = context.resources.months, context.resources.policy.visits
    plan = visit_plan(
        visit_results,
        months.every(reinstatements),
        customers_at,
        rpt_customer_classification,
        of_trailing_year(rpt_customer_abc),
        months.bounds().filter(nw.col("period") == "month"),
        max_ineffective=policy.max_ineffective,
        months_by_tier=policy.months.model_dump(),
    )
    return plan if "visits" in months.feeds else plan.head(0)
