"""Who and what exists at each month-end, and with which attributes."""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, rollup
from metrics import registers
from metrics.classification import UNCLASSIFIED
from metrics.periods import month_number
from schemas.catalogue import FEEDS
from schemas.rollups import CUSTOMER_SPANS, CUSTOMERS_AT, PRODUCT_SPANS, PRODUCTS_AT

_CUSTOMER = [
    "nature", "market_position", "region", "industry", "salesperson_id", "credit_limit", "credit_limit_expires_on",
]  # fmt: skip
_PRODUCT = ["category", "subcategory", "standard_cost", "list_price"]


def _named(feed: str, frame: Frame, key: str) -> Frame:
    """The months in which a fact names a member; facts without a date of their own name nobody."""
    dated = nw.coalesce(*(nw.col(name).cast(nw.Date) for name in FEEDS[feed].dated_by))
    return frame.filter(~dated.is_null()).select(key, month=month_number(dated))


def _spans(versions: Frame, facts: dict[str, Frame], key: str, attributes: list[str]) -> Frame:
    known = registers.first_facts([_named(feed, f, key) for feed, f in facts.items()], key)
    dated = versions.select(
        key,
        *attributes,
        place=nw.col("valid_from"),
        from_month=month_number(nw.col("valid_from")),
        to_month=month_number(nw.col("valid_to")),
    )
    return registers.spans(dated, known, key, attributes)


@rollup(CUSTOMER_SPANS)
def customer_spans(
    customers: Frame,
    sales: Frame,
    invoices: Frame,
    payments: Frame,
    credit_investigations: Frame,
    incidents: Frame,
    visits: Frame,
    reinstatements: Frame,
    complaints: Frame,
) -> Frame:
    """One row per customer and span of months in which month-ends see the same attributes."""
    facts = {
        "sales": sales,
        "invoices": invoices,
        "payments": payments,
        "credit_investigations": credit_investigations,
        "incidents": incidents,
        "visits": visits,
        "reinstatements": reinstatements,
        "complaints": complaints,
    }
    spans = _spans(customers, facts, "customer_id", _CUSTOMER)
    return spans.with_columns(nature=nw.col("nature").fill_null(UNCLASSIFIED))


@rollup(PRODUCT_SPANS)
def product_spans(products: Frame, sales: Frame, stock: Frame, complaints: Frame) -> Frame:
    """One row per product and span of months in which month-ends see the same attributes."""
    facts = {"sales": sales, "stock": stock, "complaints": complaints}
    return _spans(products, facts, "product_id", _PRODUCT)


@rollup(CUSTOMERS_AT)
def customers_at(context: dg.AssetExecutionContext, customer_spans: Frame) -> Frame:
    """One row per as-of month and customer that exists at its end."""
    return registers.members_at(customer_spans, context.resources.months.calendar())


@rollup(PRODUCTS_AT)
def products_at(context: dg.AssetExecutionContext, product_spans: Frame) -> Frame:
    """One row per as-of month and product that exists at its end."""
    return registers.members_at(product_spans, context.resources.months.calendar())


ASSETS = [customer_spans, product_spans, customers_at, products_at]
