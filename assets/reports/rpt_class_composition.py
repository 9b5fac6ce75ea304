"""Measures: `metrics/composition.py`."""

import dagster as dg

from assets.tables import Frame, Portions, by_months, report
from metrics import composition
from metrics.customer_sales import with_lines
from schemas.catalogue import TABLES
from schemas.rollups import CUSTOMER_PERIOD

TABLE = TABLES["rpt_class_composition"]


@report(TABLE)
def rpt_class_composition(
    context: dg.AssetExecutionContext,
    customers_at: Frame,
    rpt_customer_classification: Frame,
    rpt_customer_abc: Frame,
    customer_period: Frame,
) -> Portions:
    """One row per as-of month, period, dimension and class that has an existing customer."""
    classes = composition.classes(customers_at, rpt_customer_classification)
    sold = with_lines(rpt_customer_abc, customer_period)
    return by_months(
        context.resources.months,
        context.resources.lake.row_counts(CUSTOMER_PERIOD),
        lambda months: composition.class_composition(
            months.of_months(classes), months.of_months(sold), months.bounds()
        ),
    )
