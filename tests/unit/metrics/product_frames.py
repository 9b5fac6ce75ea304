"""Small frames for the tests of the product measures, from rows as they read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from metrics import periods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNITS = 10_000
M = periods.month_index("2024-06")  # the as-of month of most tests

_INT32 = {"month", "fact_month", "day", "start_month", "month_count", "day_count"}  # fmt: skip
_TEXT = {"product_id", "customer_id", "member_id", "category", "subcategory", "scope", "period", "nature", "level"}  # fmt: skip


def dtype_of(name: str) -> pl.DataType:
    """The type that the lake gives a column."""
    if name in _INT32:
        return pl.Int32()
    return pl.String() if name in _TEXT else pl.Int64()


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> nw.LazyFrame[Any]:
    """A lazy frame with the types of the lake: text, Int32 for months and days, else Int64."""
    schema = {name: dtype_of(name) for name in columns}
    return nw.from_native(pl.LazyFrame(rows, schema=schema, orient="row"))


def units(amount: float | None) -> int | None:
    """An amount as integer of 1/10,000."""
    return None if amount is None else round(amount * UNITS)


def calendar_frames(
    months: Sequence[int], fiscal_year_starts: int = 1
) -> tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]:
    """Windows and bounds of the as-of months."""
    return tuple(
        nw.from_native(pl.LazyFrame(columns).with_columns(pl.col(pl.Int64).cast(pl.Int32)))
        for columns in (
            periods.windows(months, fiscal_year_starts),
            periods.bounds(months, fiscal_year_starts),
        )
    )  # type: ignore[return-value]


def collected(lazy: nw.LazyFrame[Any], *keys: str) -> list[dict[str, Any]]:
    """The rows of a Polars result, sorted by keys."""
    native: pl.LazyFrame = nw.to_native(lazy)
    result = native.collect()
    return (result.sort(list(keys)) if keys else result).to_dicts()


def by_key(lazy: nw.LazyFrame[Any], *keys: str) -> Mapping[Any, dict[str, Any]]:
    """The rows of a Polars result by their key; a key that appears twice is an error."""
    rows = collected(lazy, *keys)
    found = {
        tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows
    }
    assert len(found) == len(rows)
    return found


PRODUCT_SUMS = (
    "sales_amount", "cost_amount", "costed_sales_amount", "uncosted_line_count", "absolute_amount",
    "costed_absolute_amount", "quantity", "line_count",
)  # fmt: skip


def sold(
    product: str,
    sales: float,
    cost: float | None,
    quantity: float = 1,
    period: str = "month",
    month: int = M,
) -> tuple[Any, ...]:
    """A row of product_period whose lines all have a cost, or none (`cost` None)."""
    net, known = units(sales), cost is not None
    return (
        month, period, product, net, units(cost or 0), net if known else 0, 0 if known else 1,
        abs(net or 0), abs(net or 0) if known else 0, units(quantity), 1,
    )  # fmt: skip


def product_period(*rows: tuple[Any, ...]) -> nw.LazyFrame[Any]:
    """Rows made by `sold`."""
    return frame(["month", "period", "product_id", *PRODUCT_SUMS], rows)


def stock_months(*rows: tuple[str, int, float, float | None, float | None]) -> nw.LazyFrame[Any]:
    """Rows of (product, month, quantity, value at cost, value at retail)."""
    return frame(
        ["product_id", "month", "quantity", "value_at_cost", "value_at_retail"],
        [(product, month, *(units(value) for value in values)) for product, month, *values in rows],
    )


def products(
    *rows: tuple[str, str | None, str | None], months: Sequence[int] = (M,)
) -> nw.LazyFrame[Any]:
    """Rows of (product, category, subcategory), the same in each month."""
    return frame(
        ["month", "product_id", "category", "subcategory"],
        [(month, *row) for month in months for row in rows],
    )


def day(text: str) -> int:
    """The day number of an ISO date."""
    return periods.day_index(date.fromisoformat(text))
