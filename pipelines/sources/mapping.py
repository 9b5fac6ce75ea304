"""Mapping: a source's own columns to the canonical ones, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError, first_line

if TYPE_CHECKING:
    from pipelines.settings import ColumnMapping, Source
    from pipelines.sources.find import Part
    from schemas.feed import Feed

_LONGEST = 400


def mapped(
    feed: Feed, part: Part, frame: pl.LazyFrame
) -> tuple[pl.LazyFrame, set[str], dict[str, str]]:
    """The part's rows under canonical names with `_row` and `_raw`, the columns not used, and formats by column.

    Raises:
        DeliveryError: a required column, or one that the mapping names, is not there.
    """
    found = [name for name in frame.collect_schema().names() if name != "_row"]
    sources = _sources(feed, part, found)
    file = part.name
    with_file = frame.with_columns(pl.lit(file).alias("_file"))
    columns = [_expression(name, one, part.source, file) for name, one in sources.items()]
    raw = pl.struct(pl.col(name) for name in found).alias("_raw")
    used = _used(columns)
    try:
        renamed = with_file.select(pl.col("_row"), raw, *columns)
        renamed.collect_schema()
    except pl.exceptions.PolarsError as error:
        raise DeliveryError(f"{file}: the mapping fails: {first_line(error)}") from error
    formats = {name: one.format for name, one in sources.items() if one.format}
    return renamed, set(found) - used, formats


def _sources(feed: Feed, part: Part, found: list[str]) -> dict[str, ColumnMapping]:
    """Where each canonical column comes from; what maps itself need not be named."""
    from pipelines.settings import ColumnMapping

    named = part.source.columns
    itself = {
        name: ColumnMapping(column=name)
        for name in feed.names
        if name in found and name not in named
    }
    sources = {
        name: named.get(name) or itself[name]
        for name in feed.names
        if name in named or name in itself
    }
    available = {*found, "_row", "_file"}
    for name, one in sources.items():
        if one.column is not None and one.column not in available:
            raise DeliveryError(
                f"{part.name}: column {one.column}, which {feed.name}.{name} is mapped to, is not there; "
                f"found: {_listed(found)}"
            )
    missing = [c.name for c in feed.columns if c.required and c.name not in sources]
    if missing:
        raise DeliveryError(
            f"{part.name}: {feed.name} requires {', '.join(missing)}: not there and not mapped; "
            f"found: {_listed(found)}"
        )
    return sources


def _listed(names: list[str]) -> str:
    """Column names for a message; whatever a broken file calls its columns, it is one short line."""
    shown = ", ".join(name if name.isprintable() else repr(name) for name in names)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _expression(name: str, one: ColumnMapping, source: Source, file: str) -> pl.Expr:
    if one.sql is None:
        expression = pl.col(one.column or name)
    else:
        try:
            expression = pl.sql_expr(one.sql)
        except pl.exceptions.PolarsError as error:
            raise DeliveryError(
                f"{file}: the sql of column {name} is wrong: {first_line(error)}"
            ) from error
    if name in source.values:
        expression = expression.cast(pl.String).str.strip_chars().replace(source.values[name])
    return expression.alias(name)


def _used(columns: list[pl.Expr]) -> set[str]:
    return {name for column in columns for name in column.meta.root_names()}
