"""The asset `rpt_customer_abc`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.customer_abc import customer_abc
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_abc"]


@report(TABLE)
def rpt_customer_abc(context: dg.AssetExecutionContext, customer_period: Frame) -> Frame:
    """One row per as-of month, period and customer with a line in it or a previous tier A-C."""
    cuts = context.resources.policy.abc
    return customer_abc(customer_period, cuts.hundredths_a, cuts.hundredths_b)
