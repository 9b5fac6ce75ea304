"""A lake whose frames DuckDB computes through narwhals: a third opinion on the measures, in tests alone.

It is given the rows of a table as they are stored, and gives back what measures return of them; reading and writing are Polars'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import polars as pl

from pipelines.lake import Lake
from schemas.columns import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from schemas.table import Table

Frame = nw.LazyFrame[Any]


@dataclass(frozen=True)
class DuckDBLake(Lake):
    """What `pipelines.lake.Lake` does with frames of its engine, by DuckDB."""

    settings: Any = None
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    numbers: Iterator[int] = field(default_factory=count)

    def stop(self) -> None:
        """The end of a run."""
        self.connection.close()

    def frame(self, table: Table) -> Frame:
        """The stored rows of a table."""
        return self.given(self.scan(table))

    def given(self, frame: pl.LazyFrame) -> Frame:
        """A frame of Polars as one of DuckDB."""
        name = f"given{next(self.numbers)}"
        rows = frame.collect().to_arrow(compat_level=pl.CompatLevel.oldest())
        self.connection.register(name, rows)
        return nw.from_native(self.connection.table(name))

    def taken(self, frame: Frame) -> pl.LazyFrame:
        """A frame of DuckDB as one of Polars. Sums of integers are integers of 128 bits, which come as decimals."""
        rows: pl.DataFrame = frame.collect("polars").to_native()
        wide = [name for name, kind in rows.schema.items() if kind == pl.Decimal(38, 0)]
        return rows.lazy().with_columns(pl.col(wide).cast(pl.Int64))

    def values(self, frame: Frame, column: str) -> pl.Series:
        """The values of a column."""
        return self.taken(frame.select(column)).collect()[column]

    def held(self, frame: Frame) -> Frame:
        """The frame computed once."""
        if isinstance(nw.to_native(frame), pl.LazyFrame):
            return super().held(frame)
        name = f"held{next(self.numbers)}"
        nw.to_native(frame).create(name)
        return nw.from_native(self.connection.table(name))

    def spilled(self, frame: Frame, path: Path) -> Frame:
        """The frame computed once."""
        return self.held(frame)

    def split(self, frame: Frame, key: Sequence[str], rows: int) -> list[Frame]:
        """The frame as it is; one of Polars in parts."""
        is_here = isinstance(nw.to_native(frame), pl.LazyFrame)
        return super().split(frame, key, rows) if is_here else [frame]

    def joined(self, frame: Frame, keys: Sequence[str], column: str) -> Frame:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""
        told = ", ".join(
            [*keys, f"string_agg(DISTINCT {column}, ',' ORDER BY {column}) AS {column}"]
        )
        return nw.from_native(nw.to_native(frame).aggregate(told, ", ".join(keys)))

    def in_text(self, frame: Frame, **columns: str) -> Frame:
        """Adds, by name, finite Float64 columns as text, in the fewest digits; unlike the others, 1e-05 as such."""
        told = (f"CAST({column} AS VARCHAR) AS {name}" for name, column in columns.items())
        return nw.from_native(nw.to_native(frame).project(", ".join(["*", *told])))

    def in_units(self, frame: Frame) -> Frame:
        """Decimals as integers of 1/10,000."""
        native: duckdb.DuckDBPyRelation = nw.to_native(frame)
        kinds = dict(zip(native.columns, native.types, strict=True))
        told = (
            f"CAST({name} * {UNITS} AS BIGINT) AS {name}" if kind.id == "decimal" else name
            for name, kind in kinds.items()
        )
        return nw.from_native(native.project(", ".join(told)))

    def as_stored(self, frame: Frame, table: Table) -> Frame:
        """What measures return as the table holds it."""
        stored = super().as_stored(nw.from_native(self.taken(frame)), table)
        return self.given(nw.to_native(stored))

    def write(self, table: Table, frame: Frame, where: str | None, **notes: Any) -> None:
        """What `Lake.write` does."""
        super().write(table, nw.from_native(self.taken(frame)), where, **notes)
