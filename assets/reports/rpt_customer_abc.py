"""Measures: `metrics/customer_abc.py`, the rule of ABC in `metrics/abc.py`."""

import dagster as dg

from assets.tables import Frame, Portions, by_months, report
from metrics.customer_abc import customer_abc
from schemas.catalogue import TABLES
from schemas.rollups import CUSTOMER_PERIOD

TABLE = TABLES["rpt_customer_abc"]


@report(TABLE)
def rpt_customer_abc(context: dg.AssetExecutionContext, customer_period: Frame) -> Portions:
    """One row per as-of month, period and customer with a line in it or a previous tier A-C."""
    cuts = context.resources.policy.abc
    return by_months(
        context.resources.months,
        context.resources.lake.row_counts(CUSTOMER_PERIOD),
        lambda months: customer_abc(
            months.of_months(customer_period), cuts.hundredths_a, cuts.hundredths_b
        ),
    )
