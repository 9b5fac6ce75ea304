"""The asset `rpt_customer_grade`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.grading import grades, trailing_year
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_grade"]


@report(TABLE)
def rpt_customer_grade(context: dg.AssetExecutionContext, customer_month: Frame) -> Frame:
    """One row per as-of month and customer with positive net sales in the trailing 12 months."""
    months, policy = context.resources.months, context.resources.policy
    return grades(
        trailing_year(customer_month, months.spine()),
        months.calendar(),
        policy.grade.weights.model_dump(),
        policy.grade.a,
        policy.grade.b,
        policy.profitability.min_cost_coverage,
    )
