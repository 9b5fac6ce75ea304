"""What differs between the lake and a copy of its reporting tables, part by part.

A part is what is replaced as a whole: an as-of month of a report, or "", a dimension. It is looked at only where its files
are others, and sent only where its rows are: a run that computes a month again to the same end sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.lake import Lake
    from schemas.table import Table


@dataclass
class State:
    """What tells a table from what it was: its shape, and of each part the digests of its files and of its rows."""

    shape: str
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A table as it will be, and which of its parts come and go for it; of one that is reshaped, all come."""

    table: Table
    state: State
    is_reshaped: bool
    sent: list[str]
    gone: list[str]


def change(lake: Lake, table: Table, shape: str, held: State | None) -> Change:
    """What is to be done to a copy of which `held` is known, so that it is the table of the lake in this shape."""
    is_reshaped = held is None or held.shape != shape
    known = held.parts if held and not is_reshaped else {}
    files = lake.states(table)
    rewritten = [part for part, digest in files.items() if known.get(part, ("",))[0] != digest]
    content = {part: rows for part, (_, rows) in known.items()} | _content(lake, table, rewritten)
    parts = {part: (digest, content.get(part, "")) for part, digest in files.items()}
    sent = [part for part in rewritten if part not in known or known[part][1] != parts[part][1]]
    return Change(
        table, State(shape, parts), is_reshaped, sent, sorted(known.keys() - files.keys())
    )


def touched(changes: Iterable[Change]) -> list[str]:
    """The as-of months of which any table gets other rows, ascending."""
    return sorted({month for one in changes if one.table.partition for month in one.sent})


def rows_of(lake: Lake, table: Table, parts: list[str]) -> pl.LazyFrame:
    """The rows of these parts."""
    rows = lake.scan(table)
    return rows.filter(pl.col(table.partition).is_in(parts)) if table.partition else rows


def _content(lake: Lake, table: Table, parts: list[str]) -> dict[str, str]:
    """A digest of each part's rows; their order does not count."""
    if not parts:
        return {}
    part = pl.col(table.partition) if table.partition else pl.lit("")
    digests = (
        rows_of(lake, table, parts)
        .group_by(part.alias("part"))
        .agg(rows=pl.len(), digest=pl.struct(table.names).hash(seed=0).sum())
        .collect(engine="streaming")  # one row a part
    )
    return {name: f"{count}|{digest}" for name, count, digest in digests.iter_rows()}
