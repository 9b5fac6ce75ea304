"""Sales and stock by month of the fact, and sales by as-of month and period."""

from collections.abc import Callable

import dagster as dg
import narwhals as nw

from assets.tables import Frame, Portions, by_months, rollup
from metrics import customer_sales, product_sales, registers, target_report
from metrics import stock as stock_metrics
from metrics.costing import costed
from metrics.periods import PERIODS, day_number
from schemas import rollups
from schemas.catalogue import FEEDS


def _lines(context: dg.AssetExecutionContext, sales: Frame) -> Frame:
    """The lines of the months that this run sums anew."""
    return context.resources.months.own(sales).with_columns(day=day_number(nw.col("sold_on")))


def _portions(
    context: dg.AssetExecutionContext, sales: Frame, make: Callable[[Frame], Frame]
) -> Portions:
    """The same some months at a time, for what has nearly as many rows as there are lines."""
    resources = context.resources
    rows = resources.lake.row_counts(FEEDS["sales"].ledger)
    portions = resources.months.own_in_portions(sales, rows)
    return Portions((make(some) for some in portions), len(portions))


@rollup(rollups.ORDER_MONTH)
def order_month(context: dg.AssetExecutionContext, sales: Frame) -> Portions:
    """One row per customer, order and month of sale."""
    return _portions(context, sales, customer_sales.order_month)


@rollup(rollups.CUSTOMER_MONTH)
def customer_month(
    context: dg.AssetExecutionContext, sales: Frame, products_at: Frame, order_month: Frame
) -> Frame:
    """One row per customer and month of sale."""
    lines = costed(_lines(context, sales), products_at)
    return customer_sales.customer_month(lines, context.resources.months.own(order_month))


@rollup(rollups.PRODUCT_MONTH)
def product_month(context: dg.AssetExecutionContext, sales: Frame, products_at: Frame) -> Frame:
    """One row per product and month of sale."""
    return product_sales.product_month(costed(_lines(context, sales), products_at))


@rollup(rollups.CUSTOMER_PRODUCT_MONTH)
def customer_product_month(context: dg.AssetExecutionContext, sales: Frame) -> Portions:
    """One row per customer, product and month of sale."""
    return _portions(context, sales, product_sales.customer_product_month)


@rollup(rollups.SALESPERSON_MONTH)
def salesperson_month(context: dg.AssetExecutionContext, sales: Frame) -> Frame:
    """One row per salesperson that lines name, and month of sale."""
    return target_report.salesperson_month(_lines(context, sales))


@rollup(rollups.STOCK_MONTH)
def stock_month(context: dg.AssetExecutionContext, stock: Frame, product_spans: Frame) -> Frame:
    """One row per product and month: its last snapshot, missing values at the prices of that month-end."""
    snapshots = context.resources.months.own(stock)
    prices = registers.members_at(product_spans, snapshots.select("month").unique(["month"]))
    dated = snapshots.with_columns(day=day_number(nw.col("stock_on")))
    return stock_metrics.stock_month(dated, prices)


@rollup(rollups.CUSTOMER_PERIOD, deps=[rollups.CUSTOMERS_AT])
def customer_period(
    context: dg.AssetExecutionContext, customer_month: Frame, order_month: Frame
) -> Portions:
    """One row per as-of month, period and customer with lines in it, a month or a year before."""
    counts = context.resources.lake.row_counts(rollups.CUSTOMERS_AT)
    most = {month: len(PERIODS) * count for month, count in counts.items()}
    return by_months(
        context.resources.months,
        most,
        lambda months: customer_sales.customer_period(
            months.looked_back(customer_month),
            months.looked_back(order_month),
            months.spine(),
            months.windows(),
        ),
    )


@rollup(rollups.PRODUCT_PERIOD)
def product_period(context: dg.AssetExecutionContext, product_month: Frame) -> Frame:
    """One row per as-of month, period and product with lines in it."""
    months = context.resources.months
    sold = months.looked_back(product_month)
    return product_sales.product_period(sold, months.spine(), months.calendar())


ASSETS = [
    order_month, customer_month, product_month, customer_product_month, salesperson_month, stock_month,
    customer_period, product_period,
]  # fmt: skip
