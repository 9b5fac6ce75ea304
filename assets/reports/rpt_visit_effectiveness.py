"""Measures: `metrics/visit_effectiveness.py`, results of visits in `metrics/visits.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.visit_effectiveness import visit_effectiveness
from schemas.catalogue import FEEDS, TABLES

TABLE = TABLES["rpt_visit_effectiveness"]
_VISITS = FEEDS["visits"].ledger
_YEAR = 12


@report(TABLE, deps=[_VISITS])
def rpt_visit_effectiveness(
    context: dg.AssetExecutionContext, visit_results: Frame, rpt_visit_plan: Frame
) -> Frame:
    """One row per as-of month, period and salesperson with a visit planned or completed in it, or a customer due."""
    resources = context.resources
    months, policy = resources.months, resources.policy.visits
    # A visit lies in the month in which it was made; no period is longer than a year.
    days = months.trailing_days(_YEAR).rename({"date": "planned_on"})
    rows = visit_effectiveness(
        resources.lake_tables.naming(_VISITS, "planned_on", days),
        visit_results,
        rpt_visit_plan,
        months.windows(),
        months.bounds(),
        policy.months.model_dump(),
    )
    return rows if "visits" in months.feeds else rows.head(0)
