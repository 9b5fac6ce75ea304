"""What a database was sent, written down in itself, in a schema that readers need not know: with its tables it comes and goes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from pipelines.publish.changes import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATE = "kehu_state"
SHAPES = ("table_name", "shape")
# A row per table and part: as-of month, or '' for a dimension as a whole.
PUBLISHED = ("table_name", "as_of_month", "files", "content")
_COLUMNS = ", ".join(f"{name} text NOT NULL" for name in PUBLISHED)
# Without keys: a DuckDB client of 1.0 reads no file in which a table has one.
MAKE_STATE = (
    f"CREATE TABLE IF NOT EXISTS {STATE}.shapes (table_name text NOT NULL, shape text NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {STATE}.published ({_COLUMNS})",
)
# Of the whole publication: a report without rows in the newest month shows none, not those of an older one.
NEWEST = f"SELECT max(as_of_month) FROM {STATE}.published"


def states_of(
    shapes: Iterable[tuple[str, str]], published: Iterable[tuple[str, ...]]
) -> dict[str, State]:
    """What was sent, by table, from the rows of both tables; of a table without a shape nothing counts."""
    found = {name: State(shape) for name, shape in shapes}
    for name, part, files, content in published:
        if name in found:
            found[name].parts[part] = (files, content)
    return found


def as_rows(states: Mapping[str, State]) -> dict[str, pl.DataFrame]:
    """The inverse of `states_of`: the rows of both tables, by name."""
    shapes: list[tuple[str, ...]] = [(name, state.shape) for name, state in states.items()]
    parts: list[tuple[str, ...]] = [
        (name, part, *told) for name, s in states.items() for part, told in s.parts.items()
    ]
    return {"shapes": _texts(shapes, SHAPES), "published": _texts(parts, PUBLISHED)}


def _texts(rows: list[tuple[str, ...]], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def digest_of(statements: Iterable[str]) -> str:
    """The shape of a table: a digest of all the SQL that makes it."""
    return hashlib.sha256(";".join(statements).encode()).hexdigest()
