"""Who and what exists at each month-end, and with which attributes."""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, rollup
from metrics import registers
from metrics.classification import UNCLASSIFIED
from metrics.periods import month_number
from schemas.catalogue import naming
from schemas.columns import Column
from schemas.rollups import (
    CUSTOMER_ATTRIBUTES,
    CUSTOMER_SPANS,
    CUSTOMERS_AT,
    PRODUCT_ATTRIBUTES,
    PRODUCT_SPANS,
    PRODUCTS_AT,
)
from schemas.state import FIRST_FACTS


def _spans(
    context: dg.AssetExecutionContext, versions: Frame, key: str, columns: tuple[Column, ...]
) -> Frame:
    """Spans by the register's versions, and by the first facts that were found with the months of the run."""
    attributes = [column.name for column in columns]
    known = context.resources.lake.frame(FIRST_FACTS).filter(nw.col("key_name") == nw.lit(key))
    month = nw.col("first_fact_month").cast(nw.Int32)
    dated = versions.select(
        key,
        *attributes,
        place=nw.col("valid_from"),
        from_month=month_number(nw.col("valid_from")),
        to_month=month_number(nw.col("valid_to")),
    )
    first = known.select(month, nw.col("member_id").alias(key))
    return registers.spans(dated, first, key, attributes)


@rollup(CUSTOMER_SPANS, deps=[feed.ledger for feed in naming("customer_id")])
def customer_spans(context: dg.AssetExecutionContext, customers: Frame) -> Frame:
    """One row per customer and span of months in which month-ends see the same attributes."""
    spans = _spans(context, customers, "customer_id", CUSTOMER_ATTRIBUTES)
    return spans.with_columns(nature=nw.col("nature").fill_null(UNCLASSIFIED))


@rollup(PRODUCT_SPANS, deps=[feed.ledger for feed in naming("product_id")])
def product_spans(context: dg.AssetExecutionContext, products: Frame) -> Frame:
    """One row per product and span of months in which month-ends see the same attributes."""
    return _spans(context, products, "product_id", PRODUCT_ATTRIBUTES)


@rollup(CUSTOMERS_AT)
def customers_at(context: dg.AssetExecutionContext, customer_spans: Frame) -> Frame:
    """One row per as-of month and customer that exists at its end."""
    return registers.members_at(customer_spans, context.resources.months.calendar())


@rollup(PRODUCTS_AT)
def products_at(context: dg.AssetExecutionContext, product_spans: Frame) -> Frame:
    """One row per as-of month and product that exists at its end."""
    return registers.members_at(product_spans, context.resources.months.calendar())


ASSETS = [customer_spans, product_spans, customers_at, products_at]
