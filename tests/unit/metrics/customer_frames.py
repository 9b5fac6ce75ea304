"""Small frames for the tests of the customer measures, from rows as they read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import polars as pl

from metrics import periods
from metrics.customer_sales import customer_month, customer_period, order_month
from tests.unit.metrics.product_frames import by_key, collected, day, dtype_of, units

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["by_key", "collected", "day", "units"]

Frame = nw.LazyFrame[Any]

ROW = ("month", "period", "customer_id")
YEAR = "trailing_12_months"
_TEXT = {
    "order_id", "market_position", "region", "industry", "salesperson_id", "tier", "seniority",
    "stage", "volume_class", "dimension", "class",
}  # fmt: skip
_REAL = {"value", "payment_value", "service_value"}


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Frame:
    """A lazy frame with the types of the lake: text, Int32 for months and days, Float64 for rates, else Int64."""
    schema = {name: _dtype(name) for name in columns}
    return nw.from_native(pl.LazyFrame(rows, schema=schema, orient="row"))


def _dtype(name: str) -> pl.DataType:
    if name in _REAL:
        return pl.Float64()
    if name.endswith("_day"):
        return pl.Int32()
    return pl.String() if name in _TEXT else dtype_of(name)


def month(text: str) -> int:
    """The number of a month YYYY-MM."""
    return periods.month_index(text)


class Calendar(NamedTuple):
    """The frames that a run joins with; `spine` reaches 24 months further back than `months`."""

    months: Frame
    spine: Frame
    windows: Frame
    bounds: Frame
    days: Frame


def calendar(first: str, last: str, fiscal_year_starts: int = 1) -> Calendar:
    """The calendar of the as-of months from `first` to `last`."""
    start, end = month(first), month(last)
    wanted = range(start, end + 1)
    whole = range(start - 24, end + 1)
    dates = pl.date_range(periods.first_day(start - 120), periods.last_day(end), eager=True)
    return Calendar(
        _integers(periods.calendar(wanted, fiscal_year_starts)),
        _integers(periods.calendar(whole, fiscal_year_starts)),
        _integers(periods.windows(wanted, fiscal_year_starts)),
        _integers(periods.bounds(wanted, fiscal_year_starts)),
        nw.from_native(pl.LazyFrame({"date": dates}).with_columns(day=pl.col("date").cast(pl.Int32))),
    )  # fmt: skip


def _integers(columns: dict[str, list[Any]]) -> Frame:
    return nw.from_native(pl.LazyFrame(columns).with_columns(pl.col(pl.Int64).cast(pl.Int32)))


LINE = ("order_id", "month", "day", "customer_id", "quantity", "net_amount", "cost_amount")


def line(
    order: str,
    sold_on: str,
    customer: str,
    net: float,
    cost: float | None = None,
    quantity: int = 1,
) -> tuple[Any, ...]:
    """A sales line; amounts in money."""
    return (
        order, month(sold_on[:7]), periods.day_index(date.fromisoformat(sold_on)), customer,
        units(quantity), units(net), units(cost),
    )  # fmt: skip


def lines(*rows: tuple[Any, ...]) -> Frame:
    """Lines made by `line`."""
    return frame(LINE, rows)


def monthly(sales: Frame) -> Frame:
    """customer_month of these lines."""
    return customer_month(sales, order_month(sales))


def period(sales: Frame, of: Calendar) -> Frame:
    """customer_period of these lines."""
    return customer_period(monthly(sales), order_month(sales), of.spine, of.windows)


def customers(
    *rows: tuple[str, str, str | None, str | None, str | None, str | None], months: Sequence[int]
) -> Frame:
    """Rows of (customer, nature, market_position, region, industry, salesperson_id), the same in each month."""
    return frame(
        ["month", "customer_id", "nature", "market_position", "region", "industry", "salesperson_id"],
        [(number, *row) for number in months for row in rows],
    )  # fmt: skip


def amounts(*sales: int, at: int = 24_000, of: str = "month") -> Frame:
    """One customer per amount (units), named C0, C1, ... in this order, with a line each, in one period."""
    return frame(
        [*ROW, "line_count", "sales_amount"],
        [(at, of, f"C{place}", 1, amount) for place, amount in enumerate(sales)],
    )


def column(rows: Frame, name: str, *keys: str) -> list[Any]:
    """One column of a result, its rows sorted by keys."""
    return [row[name] for row in collected(rows, *(keys or ROW))]
