"""The lake as assets know it: its tables as frames of the engine that computes ledgers, rollups and reports.

Here that is Polars; `pipelines.spark.SparkLake` has its own way of all that stands in `Lake`. Outside, amounts are
`DECIMAL(19,4)`; inside the measures they are integers of 1/10,000 (see docs/adr/0002-money-as-integers.md): `in_units`
and `in_decimals` are the two doors between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from pipelines.lake_store import LakeStore
from schemas.columns import NUM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.table import Table

Frame = nw.LazyFrame[Any]

# Rows whose keys are held against each other at once, each in 100 to 300 bytes.
_AT_ONCE = 5_000_000
_ONE_UNIT = pl.lit("0.0001").cast(NUM)


def in_units(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Every DECIMAL(19,4) column as an Int64 of 1/10,000; nothing else changes."""
    names = [name for name, dtype in frame.collect_schema().items() if dtype == NUM]
    return frame.with_columns(pl.col(name).to_physical().cast(pl.Int64) for name in names)


def in_decimals(units: pl.Expr) -> pl.Expr:
    """Int64 of 1/10,000 as DECIMAL(19,4): exact, the inverse of `in_units`."""
    return (units.cast(pl.Decimal(19, 0)) * _ONE_UNIT).cast(NUM)


@dataclass(frozen=True)
class Lake(LakeStore):
    """The lake with Polars as its engine."""

    def frame(self, table: Table) -> Frame:
        """What `scan` returns, as a frame of the engine."""
        return nw.from_native(self.scan(table))

    def given(self, frame: pl.LazyFrame) -> Frame:
        """A small frame of this process as one of the engine."""
        return nw.from_native(frame)

    def taken(self, frame: Frame) -> pl.LazyFrame:
        """A frame of the engine as one of this process; of another engine's, all its rows."""
        return nw.to_native(frame)

    def values(self, frame: Frame, column: str) -> pl.Series:
        """The values of a column in this process: of few rows."""
        return nw.to_native(frame.select(column)).collect(engine="streaming")[column]

    def held(self, frame: Frame) -> Frame:
        """The frame computed once and kept in memory: for what several plans read, and is known to be small."""
        return nw.from_native(nw.to_native(frame).collect(engine="streaming").lazy())

    def spilled(self, frame: Frame, path: Path) -> Frame:
        """The frame computed once and kept on disk, at `path` where the engine has no place of its own."""
        nw.to_native(frame).sink_parquet(path, compression="lz4")
        return nw.from_native(pl.scan_parquet(path))

    def split(self, frame: Frame, key: Sequence[str], rows: int) -> list[Frame]:
        """The frame, of so many rows, in parts that fit into memory; rows of one key are in one part."""
        parts = max(1, -(-rows // _AT_ONCE))
        native, part = nw.to_native(frame), pl.struct(key).hash() % parts
        return [nw.from_native(native.filter(part == number)) for number in range(parts)]

    def joined(self, frame: Frame, keys: Sequence[str], column: str) -> Frame:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""
        values = pl.col(column).unique().sort().str.join(",")
        return nw.from_native(nw.to_native(frame).group_by(list(keys)).agg(values))

    def in_text(self, frame: Frame, **columns: str) -> Frame:
        """Adds, by name, finite Float64 columns as text: the fewest digits that are the same number, such as 0.0004 and 1e-6."""
        texts = {name: pl.col(column).cast(pl.String) for name, column in columns.items()}
        return nw.from_native(nw.to_native(frame).with_columns(**texts))

    def in_units(self, frame: Frame) -> Frame:
        """Decimals as integers of 1/10,000: what measures compute with."""
        return nw.from_native(in_units(nw.to_native(frame)))

    def as_stored(self, frame: Frame, table: Table) -> Frame:
        """What measures return as the table holds it: in the declared types, integers as decimals.

        A `month` stands in the column that partitions the table, and its last day in `as_of`.
        """
        native = nw.to_native(frame)
        names = native.collect_schema().names()
        if "month" in names and table.partition:
            first = pl.date(pl.col("month") // 12, pl.col("month") % 12 + 1, 1)
            text = first.dt.to_string("%Y-%m").alias(table.partition)
            native = native.with_columns(text, as_of=first.dt.month_end())
        schema = native.collect_schema()
        integers = [name for name in table.of_kind("num") if schema[name].is_integer()]
        native = native.with_columns(in_decimals(pl.col(name)) for name in integers)
        columns = table.having(schema.names()).columns
        return nw.from_native(native.select(pl.col(one.name).cast(one.dtype) for one in columns))

    def write(
        self,
        table: Table,
        frame: Frame,
        where: str | None,
        *,
        parts: Sequence[str] | None,
        made_from: int | None,
    ) -> None:
        """What `replace` does, of a frame of the engine."""
        self.replace(table, nw.to_native(frame), where, parts=parts, made_from=made_from)
