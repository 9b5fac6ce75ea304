"""Row rules: from a feed's declaration, what is wrong with each row, with every reason.

A reason is `missing:`, `type:`, `range:` or `code:` and the column. A row that withdraws its key needs the key alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.lake import in_decimals
from pipelines.sources import parse
from schemas.columns import LARGEST_TOTAL, UNITS, Column

if TYPE_CHECKING:
    from datetime import date

    from schemas.feed import Feed


def checked(feed: Feed, raw: pl.LazyFrame, formats: dict[str, str], timezone: str) -> pl.LazyFrame:
    """Every row with its canonical columns typed, `_reasons` (list of text, empty: accepted), `_row`, `_raw`.

    What does not parse is NULL with a `type:` reason, so that no value is ever guessed.
    """
    schema = raw.collect_schema()
    parsed = [
        _parsed(column, schema.get(column.name), formats.get(column.name), timezone)
        for column in feed.all_columns
    ]
    given = [_given(schema, column).alias(f"given:{column.name}") for column in feed.all_columns]
    typed = raw.select("_row", "_raw", *parsed, *given)
    withdrawn = pl.col("deleted").fill_null(value=False)
    reasons = [reason for column in feed.all_columns for reason in _reasons(column, withdrawn)]
    checked_rows = typed.with_columns(_reasons=pl.concat_list(reasons).list.drop_nulls())
    return checked_rows.select(
        "_row", "_raw", "_reasons", *(_stored(column) for column in feed.all_columns)
    )


def _parsed(column: Column, dtype: pl.DataType | None, form: str | None, timezone: str) -> pl.Expr:
    """The column as its kind; num stays in integers of 1/10,000 until its range is judged."""
    if dtype is None or dtype == pl.Null:
        kind = pl.Int64() if column.kind == "num" else column.dtype
        return pl.lit(None, kind).alias(column.name)
    raw = pl.col(column.name)
    parsers = {
        "text": lambda: parse.text(raw, dtype),
        "num": lambda: parse.units(raw, dtype),
        "int": lambda: parse.integer(raw, dtype),
        "bool": lambda: parse.boolean(raw, dtype),
        "date": lambda: parse.day(raw, dtype, form, timezone),
        "time": lambda: parse.moment(raw, dtype, form, timezone),
    }
    return parsers[column.kind]().alias(column.name)


def _given(schema: pl.Schema, column: Column) -> pl.Expr:
    """Whether the source gave any value at all: blanks are none."""
    dtype = schema.get(column.name)
    if dtype is None:
        return pl.lit(value=False)
    if dtype == pl.String:
        is_blank = pl.col(column.name).str.strip_chars(parse.BLANKS) == ""
        return (~is_blank).fill_null(value=False)
    return pl.col(column.name).is_not_null()


def _reasons(column: Column, withdrawn: pl.Expr) -> list[pl.Expr]:
    """One expression per fault that the column may have: its reason, or NULL."""
    value, given = pl.col(column.name), pl.col(f"given:{column.name}")
    counts = pl.lit(value=True) if column.key or column.name == "deleted" else ~withdrawn
    faults = {"type": given & value.is_null()}
    needed = _needed(column)
    if needed is not None:
        faults["missing"] = needed & ~given
    outside = _outside(column)
    if outside is not None:
        faults["range"] = outside.fill_null(value=False)
    if column.codes:
        faults["code"] = (~value.is_in(column.code_values)).fill_null(value=False)
    if column.kind == "text":
        del faults["type"]  # any text is text
    return [
        pl.when(fault & counts).then(pl.lit(f"{name}:{column.name}"))
        for name, fault in faults.items()
    ]


def _needed(column: Column) -> pl.Expr | None:
    if column.required_when is not None:
        other, code = column.required_when
        return (pl.col(other) == code).fill_null(value=False)
    return pl.lit(value=True) if column.required else None


def _outside(column: Column) -> pl.Expr | None:
    """Whether the value leaves the range that its column or its kind allows."""
    value = pl.col(column.name)
    tests = []
    if column.low is not None:
        tests.append(value < _bound(column, column.low))
    if column.high is not None:
        tests.append(value > _bound(column, column.high))
    if column.kind == "num":
        tests.append(value.abs() > LARGEST_TOTAL * UNITS)
    if column.first_of_month:
        tests.append(value.dt.day() != 1)
    return pl.any_horizontal(tests) if tests else None


def _bound(column: Column, bound: int | date) -> pl.Expr:
    if column.kind == "num" and isinstance(bound, int):
        return pl.lit(bound * UNITS, pl.Int64)
    return pl.lit(bound)


def _stored(column: Column) -> pl.Expr:
    """The value as the lake keeps it; an amount out of range is no amount."""
    if column.kind != "num":
        return pl.col(column.name)
    kept = pl.when(pl.col(column.name).abs() <= LARGEST_TOTAL * UNITS).then(pl.col(column.name))
    return in_decimals(kept).alias(column.name)
