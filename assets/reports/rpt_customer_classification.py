"""Measures: `metrics/classification.py`, first and last sale in `metrics/customer_sales.py`."""

import dagster as dg
import narwhals as nw

from assets.rollups.carried import bought
from assets.tables import Frame, report
from metrics.classification import classification
from metrics.customer_sales import positive_history
from metrics.periods import day_number, of_trailing_year
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_classification"]


@report(TABLE)
def rpt_customer_classification(
    context: dg.AssetExecutionContext,
    customers_at: Frame,
    customer_month: Frame,
    customer_period: Frame,
    rpt_customer_abc: Frame,
    sales: Frame,
) -> Frame:
    """One row per as-of month and customer that exists at its end."""
    months, classes = context.resources.months, context.resources.policy.classes
    return classification(
        customers_at,
        positive_history(bought(context, customer_month), months.calendar()),
        _trailing(customer_period, rpt_customer_abc),
        months.calendar(),
        months.days(),
        months.first(sales).select(earliest_sale_day=day_number(nw.col("sold_on")).min()),
        active_days=classes.active_days,
        new_days=classes.new_days,
        sporadic_months=classes.sporadic_months,
    )


def _trailing(customer_period: Frame, rpt_customer_abc: Frame) -> Frame:
    """Tier and months with sales, of the trailing 12 months."""
    keys = ["month", "customer_id"]
    months_sold = of_trailing_year(customer_period).select(*keys, "positive_month_count")
    return (
        of_trailing_year(rpt_customer_abc)
        .select(*keys, "tier")
        .join(months_sold, on=keys, how="left")
    )
