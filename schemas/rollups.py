"""Rollups: internal tables that several reports share. They are Kehu's own and may change at any time.

By month of the fact (`fact_month`): sums that only a change in that month can change. By as-of month
(`as_of_month`): what is true at the end of a month.
"""

from schemas.columns import Column, Kind
from schemas.rules import CREDIT_RULES
from schemas.table import Table


def _columns(kind: Kind, *names: str, key: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, kind, name, name, required=key, key=key) for name in names)


_FACT_MONTH = Column("fact_month", "text", "月份", "Month of the facts", required=True, key=True)
_AS_OF_MONTH = Column("as_of_month", "text", "截止月份", "As-of month", required=True, key=True)
_PERIOD = Column("period", "text", "期间", "Period", required=True, key=True)
_SUMS = (
    *_columns("int", "line_count", "uncosted_line_count"),
    *_columns("num", "sales_amount", "quantity", "cost_amount", "costed_sales_amount"),
    *_columns("num", "absolute_amount", "costed_absolute_amount"),
)

# What reports ask of a register as of a month's end.
CUSTOMER_ATTRIBUTES = (
    *_columns("text", "nature", "market_position", "region", "industry", "salesperson_id"),
    *_columns("num", "credit_limit"),
    *_columns("date", "credit_limit_expires_on"),
)
PRODUCT_ATTRIBUTES = (
    *_columns("text", "category", "subcategory"),
    *_columns("num", "standard_cost", "list_price"),
)


def _rollup(name: str, grain: str, *columns: Column, partition: str | None) -> Table:
    return Table(name, "rollups", name, name, grain, grain, columns, partition=partition)


CUSTOMER_MONTH = _rollup(
    "customer_month", "customer and month of sale",
    _FACT_MONTH, *_columns("text", "customer_id", key=True), *_SUMS,
    *_columns("int", "positive_month_count", "first_positive_day", "last_positive_day"),
    *_columns("int", "order_count", "positive_order_count"),
    partition="fact_month",
)  # fmt: skip
ORDER_MONTH = _rollup(
    "order_month", "customer, order and month of sale",
    _FACT_MONTH, *_columns("text", "customer_id", "order_id", key=True), *_columns("num", "sales_amount"),
    partition="fact_month",
)  # fmt: skip
PRODUCT_MONTH = _rollup(
    "product_month", "product and month of sale",
    _FACT_MONTH, *_columns("text", "product_id", key=True), *_SUMS,
    *_columns("int", "positive_line_count"),
    partition="fact_month",
)  # fmt: skip
CUSTOMER_PRODUCT_MONTH = _rollup(
    "customer_product_month", "customer, product and month of sale",
    _FACT_MONTH, *_columns("text", "customer_id", "product_id", key=True),
    *_columns("num", "sales_amount"),
    partition="fact_month",
)  # fmt: skip
STOCK_MONTH = _rollup(
    "stock_month", "product and month: its last snapshot",
    _FACT_MONTH, *_columns("text", "product_id", key=True),
    *_columns("num", "quantity", "value_at_cost", "value_at_retail"),
    partition="fact_month",
)  # fmt: skip
CUSTOMER_SPANS = _rollup(
    "customer_spans", "customer and span of months in which month-ends see the same attributes",
    *_columns("text", "customer_id", key=True), *_columns("bool", "is_registered"),
    *CUSTOMER_ATTRIBUTES,
    *_columns("int", "from_month", "to_month"),
    partition=None,
)  # fmt: skip
PRODUCT_SPANS = _rollup(
    "product_spans", "product and span of months in which month-ends see the same attributes",
    *_columns("text", "product_id", key=True), *_columns("bool", "is_registered"),
    *PRODUCT_ATTRIBUTES,
    *_columns("int", "from_month", "to_month"),
    partition=None,
)  # fmt: skip
CUSTOMERS_AT = _rollup(
    "customers_at", "as-of month and customer that exists at its end",
    _AS_OF_MONTH, *_columns("text", "customer_id", key=True), *_columns("bool", "is_registered"),
    *CUSTOMER_ATTRIBUTES,
    partition="as_of_month",
)  # fmt: skip
PRODUCTS_AT = _rollup(
    "products_at", "as-of month and product that exists at its end",
    _AS_OF_MONTH, *_columns("text", "product_id", key=True), *_columns("bool", "is_registered"),
    *PRODUCT_ATTRIBUTES,
    partition="as_of_month",
)  # fmt: skip
CUSTOMER_PERIOD = _rollup(
    "customer_period", "as-of month, period and customer",
    _AS_OF_MONTH, _PERIOD, *_columns("text", "customer_id", key=True), *_SUMS,
    *_columns("int", "order_count", "positive_order_count", "positive_month_count"),
    *_columns("int", "prior_year_line_count", "previous_line_count"),
    *_columns("num", "prior_year_amount", "previous_sales_amount"),
    partition="as_of_month",
)  # fmt: skip
PRODUCT_PERIOD = _rollup(
    "product_period", "as-of month, period and product",
    _AS_OF_MONTH, _PERIOD, *_columns("text", "product_id", key=True), *_SUMS,
    partition="as_of_month",
)  # fmt: skip
OPEN_INVOICES = _rollup(
    "open_invoices", "as-of month and invoice whose open amount is not 0",
    _AS_OF_MONTH, *_columns("text", "invoice_id", key=True), *_columns("text", "customer_id"),
    *_columns("num", "open_amount"), *_columns("int", "overdue_days"), *_columns("bool", "is_disputed"),
    partition="as_of_month",
)  # fmt: skip
CREDIT_AT = _rollup(
    "credit_at", "as-of month and customer that exists at its end: measures, and the severity by each credit rule",
    _AS_OF_MONTH, *_columns("text", "customer_id", key=True),
    *_columns("num", "credit_limit", "exposure_amount", "headroom_amount"),
    *_columns("ratio", "utilisation_rate", "dso_days", "dso_countback_days", "overdue_share"),
    *_columns("text", "utilisation_rate_reason", "dso_days_reason", "dso_countback_days_reason"),
    *_columns("int", "oldest_overdue_days", "open_incident_count"),
    *_columns("text", "tier", "rating", "rating_investigation_id", "last_report_id", "report_status", "credit_status"),
    *_columns("date", "as_of", "credit_limit_expires_on", "last_investigated_on", "last_report_on", "report_due_on"),
    *_columns("text", *CREDIT_RULES),
    partition="as_of_month",
)  # fmt: skip
SALESPERSON_MONTH = _rollup(
    "salesperson_month", "salesperson of the lines and month of sale",
    _FACT_MONTH, *_columns("text", "salesperson_id", key=True), *_columns("num", "sales_amount"),
    partition="fact_month",
)  # fmt: skip
VISIT_PURCHASES = _rollup(
    "visit_purchases", "customer, day of a visit and month of the sales that are credited to it",
    _FACT_MONTH, *_columns("text", "customer_id", key=True), *_columns("date", "visited_on", key=True),
    *_columns("date", "sold_on"),
    partition="fact_month",
)  # fmt: skip
VISIT_RESULTS = _rollup(
    "visit_results", "completed visit: salesperson, customer and day",
    *_columns("text", "salesperson_id", "customer_id", key=True), *_columns("date", "visited_on", key=True),
    *_columns("date", "effective_on", "judged_on"), *_columns("int", "vain_count"),
    partition=None,
)  # fmt: skip

ROLLUPS: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMER_MONTH, ORDER_MONTH, PRODUCT_MONTH, CUSTOMER_PRODUCT_MONTH, STOCK_MONTH,
        CUSTOMER_SPANS, PRODUCT_SPANS, CUSTOMERS_AT, PRODUCTS_AT, CUSTOMER_PERIOD, PRODUCT_PERIOD,
        OPEN_INVOICES, CREDIT_AT, SALESPERSON_MONTH, VISIT_PURCHASES, VISIT_RESULTS,
    )
}  # fmt: skip
