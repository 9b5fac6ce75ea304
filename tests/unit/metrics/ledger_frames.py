"""Small ledgers for the tests of measures: rows as they read, typed as the lake hands them to a measure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import narwhals as nw
import polars as pl

from metrics import periods
from schemas.catalogue import FEEDS
from schemas.columns import NUM
from tests.unit.metrics.product_frames import units

Frame = nw.LazyFrame[Any]


def ledger(feed: str, *rows: dict[str, Any]) -> Frame:
    """A feed's ledger: amounts in money, dates as ISO text; what a row leaves out is NULL."""
    declared = FEEDS[feed]
    types = {c.name: pl.Int64() if c.dtype == NUM else c.dtype for c in declared.columns}
    typed = [{name: _typed(declared, name, row.get(name)) for name in types} for row in rows]
    months = [_month(declared, row) for row in typed]
    frame = pl.DataFrame(typed, schema=types, orient="row")
    return nw.from_native(frame.with_columns(month=pl.Series(months, dtype=pl.Int32())).lazy())


def _typed(declared: Any, name: str, value: Any) -> Any:
    kind = next(column.kind for column in declared.columns if column.name == name)
    if value is None:
        return None
    if kind == "num":
        return units(value)
    if kind == "date":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if kind == "time" else value


def _month(declared: Any, row: dict[str, Any]) -> int | None:
    dated = next((row[name] for name in declared.dated_by if row[name] is not None), None)
    return None if dated is None else dated.year * 12 + dated.month - 1


def versions(*rows: tuple[str, str, str | None, Any], of: str) -> Frame:
    """Versions of a register: (customer_id, valid_from, valid_to, value of the column `of`)."""
    frame = pl.LazyFrame(
        [
            {
                "customer_id": who,
                of: value,
                "valid_from": _day(begins),
                "valid_to": _day(ends),
            }
            for who, begins, ends, value in rows
        ],
        schema={
            "customer_id": pl.String,
            of: pl.Int64,
            "valid_from": pl.Int32,
            "valid_to": pl.Int32,
        },
    )
    return nw.from_native(frame)


def _day(text: str | None) -> int | None:
    return None if text is None else periods.day_index(date.fromisoformat(text))


def calendar(first: str, last: str) -> Frame:
    """The calendar of the as-of months from `first` to `last`."""
    return _integers(periods.calendar(_span(first, last), 1))


def lookback(first: str, last: str, count: int) -> Frame:
    """Each as-of month with the `count` months that end with it."""
    return _integers(periods.lookback(_span(first, last), count))


def _span(first: str, last: str) -> range:
    return range(periods.month_index(first), periods.month_index(last) + 1)


def _integers(columns: dict[str, list[int]]) -> Frame:
    return nw.from_native(pl.LazyFrame(columns).with_columns(pl.col(pl.Int64).cast(pl.Int32)))
