"""Measures: `metrics/grading.py`, margin in `metrics/margin.py`, growth in `metrics/performance.py`.

The previous grade is computed anew, from what the month before the run's first shows.
"""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, report
from metrics.complaint_summary import valid_counts
from metrics.credit import has_receivables
from metrics.grading import grades, payment_values, service_values, trailing_year
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_grade"]


@report(TABLE)
def rpt_customer_grade(
    context: dg.AssetExecutionContext,
    customer_month: Frame,
    order_month: Frame,
    rpt_receivable_ageing: Frame,
    rpt_complaint: Frame,
) -> Frame:
    """One row per as-of month and customer with positive net sales in the trailing 12 months."""
    months, policy = context.resources.months, context.resources.policy
    payment = service = None
    if has_receivables(months.feeds):
        payment = payment_values(
            _with_before(context, rpt_receivable_ageing, "rpt_receivable_ageing")
        )
    if {"complaints", "complaint_events"} <= months.feeds:
        valid = valid_counts(_with_before(context, rpt_complaint, "rpt_complaint"))
        lookback = nw.concat([months.before().lookback(12), months.lookback(12)], how="vertical")
        service = service_values(valid, months.trailing(order_month, 13), lookback)
    return grades(
        trailing_year(months.looked_back(customer_month), months.spine()),
        months.calendar(),
        policy.grade.weights.model_dump(),
        policy.grade.a,
        policy.grade.b,
        policy.profitability.min_cost_coverage,
        payment,
        service,
    )


def _with_before(context: dg.AssetExecutionContext, run: Frame, table: str) -> Frame:
    """The rows of the run's months and of the month before; before the first sale nobody has a grade."""
    before = context.resources.lake_tables.before(TABLES[table])
    return nw.concat([before.select(run.collect_schema().names()), run], how="vertical")
