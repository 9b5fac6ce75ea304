"""The asset `rpt_customer_product`."""

import dagster as dg

from assets.tables import Frame, Portions, report
from metrics.potential import potential
from schemas.catalogue import TABLES
from schemas.rollups import CUSTOMER_PRODUCT_MONTH

TABLE = TABLES["rpt_customer_product"]


@report(TABLE)
def rpt_customer_product(
    context: dg.AssetExecutionContext, customer_product_month: Frame, customers_at: Frame
) -> Portions:
    """One row per as-of month, customer and product with potential: each customer's best.

    In portions of months: each customer is held against all that its peers buy, more than fits into memory at once.
    """
    resources = context.resources
    policy = resources.policy.potential
    rows = resources.lake.row_counts(CUSTOMER_PRODUCT_MONTH)
    return Portions(
        potential(
            portion.trailing(customer_product_month, 12),
            portion.of_months(customers_at),
            portion.windows(),
            policy.min_buyers_share,
            policy.products_per_customer,
            resources.lake.held,
        )
        for portion in resources.months.portions(rows)
    )
