"""Mapping: a source's own columns to the canonical ones, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError, without_values

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
        told = without_values(error, part.source.words)
        raise DeliveryError(f"{file}: the mapping fails: {told}") from None
    formats = {name: one.format for name, one in sources.items() if one.format}
    return renamed, _unmapped(feed, part, found, used), formats


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
                f"{_told(feed, part, found)}"
            )
    missing = [c.name for c in feed.columns if c.required and c.name not in sources]
    if missing:
        raise DeliveryError(
            f"{part.name}: {feed.name} requires {', '.join(missing)}: not there and not mapped; "
            f"{_told(feed, part, found)}"
        )
    return sources


def _told(feed: Feed, part: Part, found: list[str]) -> str:
    """What columns there are, in one short line, whatever a broken file calls them."""
    if not _are_names(feed, part, found):
        return f"none of its {len(found)} columns is required or mapped: is the line with their names missing?"
    shown = ", ".join(map(_short, found))
    return f"found: {shown if len(shown) <= _LONGEST else f'{shown[:_LONGEST]}...'}"


def _unmapped(feed: Feed, part: Part, found: list[str], used: set[str]) -> set[str]:
    """The columns that nothing is made of."""
    if _are_names(feed, part, found):
        return {_short(name) for name in found if name not in used}
    return {f"{len(found)} columns of {part.name}, none of them required or mapped"}


def _are_names(feed: Feed, part: Part, found: list[str]) -> bool:
    """Whether one of these is the name of a required or mapped column.

    Else they may be the first row of a file without a header, and values must not go into messages.
    """
    required = {column.name for column in feed.columns if column.required}
    mappings = part.source.columns.items()
    used = _used([_expression(name, one, part.source, part.name) for name, one in mappings])
    return not (required | used).isdisjoint(found)


def _short(name: str) -> str:
    """A name for a message, up to its line break: behind one that is quoted and does not end lie rows."""
    first, *more = name.splitlines() or [""]
    shown = first if first.isprintable() else repr(first)
    return f"{shown}..." if more else shown


def _expression(name: str, one: ColumnMapping, source: Source, file: str) -> pl.Expr:
    if one.sql is None:
        expression = pl.col(one.column or name)
    else:
        try:
            expression = pl.sql_expr(one.sql)
        except pl.exceptions.PolarsError as error:
            raise DeliveryError(
                f"{file}: the sql of column {name} is wrong: {without_values(error, source.words)}"
            ) from None
    if name in source.values:
        expression = expression.cast(pl.String).str.strip_chars().replace(source.values[name])
    return expression.alias(name)


def _used(columns: list[pl.Expr]) -> set[str]:
    return {name for column in columns for name in column.meta.root_names()}
