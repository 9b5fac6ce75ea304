"""Measures: `metrics/composition.py`."""

from assets.tables import Frame, report
from metrics import composition
from metrics.customer_sales import with_lines
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_composition"]


@report(TABLE)
def rpt_customer_composition(
    customers_at: Frame,
    rpt_customer_classification: Frame,
    rpt_customer_abc: Frame,
    rpt_class_composition: Frame,
    customer_period: Frame,
) -> Frame:
    """One row per as-of month, period and customer with a line in it."""
    return composition.customer_composition(
        composition.classes(customers_at, rpt_customer_classification),
        with_lines(rpt_customer_abc, customer_period),
        rpt_class_composition,
    )
