"""The asset `rpt_customer_product`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.potential import potential
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_product"]


@report(TABLE)
def rpt_customer_product(
    context: dg.AssetExecutionContext, customer_product_month: Frame, customers_at: Frame
) -> Frame:
    """One row per as-of month, customer and product with potential: each customer's best."""
    policy = context.resources.policy.potential
    return potential(
        customer_product_month,
        customers_at,
        context.resources.months.windows(),
        policy.min_buyers_share,
        policy.products_per_customer,
    )
