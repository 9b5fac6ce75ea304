"""The asset `rpt_class_composition`."""

import dagster as dg

from assets.tables import Frame, report
from metrics import composition
from metrics.customer_sales import with_lines
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_class_composition"]


@report(TABLE)
def rpt_class_composition(
    context: dg.AssetExecutionContext,
    customers_at: Frame,
    rpt_customer_classification: Frame,
    rpt_customer_abc: Frame,
    customer_period: Frame,
) -> Frame:
    """One row per as-of month, period, dimension and class that has an existing customer."""
    return composition.class_composition(
        composition.classes(customers_at, rpt_customer_classification),
        with_lines(rpt_customer_abc, customer_period),
        context.resources.months.bounds(),
    )
