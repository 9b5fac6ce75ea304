"""What came of visits: the sales credited to them, by month of sale, and the result of each."""

import dagster as dg

from assets.tables import Frame, rollup
from metrics import visits as visit_metrics
from schemas.rollups import VISIT_PURCHASES, VISIT_RESULTS

_SHORTEST_MONTH = 28


@rollup(VISIT_PURCHASES)
def visit_purchases(context: dg.AssetExecutionContext, sales: Frame, visits: Frame) -> Frame:
    """One row per customer, day of a visit and month of the sales that are credited to it."""
    months, policy = context.resources.months, context.resources.policy.visits
    days = policy.effect_days
    credited = months.since(visits, days // _SHORTEST_MONTH + 1)
    return visit_metrics.visit_purchases(months.own(sales), credited, months.calendar(), days)


@rollup(VISIT_RESULTS)
def visit_results(
    context: dg.AssetExecutionContext, visits: Frame, visit_purchases: Frame
) -> Frame:
    """One row per completed visit: salesperson, customer and day."""
    effect_days = context.resources.policy.visits.effect_days
    every = context.resources.months.every
    return visit_metrics.visit_results(every(visits), every(visit_purchases), effect_days)


ASSETS = [visit_purchases, visit_results]
