"""How assets read and write the lake: the one IO manager.

Assets see narwhals frames whose amounts are integers of 1/10,000 and whose months are numbers (`month`,
year x 12 + month - 1); the lake holds what readers expect. A range of months is read and replaced at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
import narwhals as nw
import polars as pl

from assets.tables import LINEAGE, Portions, table_of
from pipelines.freshness import begin
from pipelines.lake import Lake, in_decimals, in_units, one_of
from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.months import Months
    from schemas.table import Table


def month_number(text: str) -> pl.Expr:
    """The month number of a column of months as text, YYYY-MM."""
    year, month = pl.col(text).str.slice(0, 4), pl.col(text).str.slice(5, 2)
    return (year.cast(pl.Int32) * 12 + month.cast(pl.Int32) - 1).cast(pl.Int32)


def _first_day(number: str) -> pl.Expr:
    return pl.date(pl.col(number) // 12, pl.col(number) % 12 + 1, 1)


class LakeTables(dg.IOManager):
    """Reads a table as a lazy frame; writes a lazy frame by streaming it into its partitions."""

    def __init__(self, lake: Lake, months: Months) -> None:
        self._lake = lake
        self._months = months
        self._has_begun = False

    def load_input(self, context: dg.InputContext) -> nw.LazyFrame[Any]:
        """The table's rows that the months of the run may see."""
        table = table_of(context.asset_key)
        frame = self._lake.scan(table)
        return nw.from_native(
            frame if table.layer == "feeds" else self._seen(table, in_units(frame))
        )

    def _seen(self, table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
        column = table.partition
        if column is None:
            return frame
        if column == "as_of_month":
            frame = frame.filter(pl.col(column).is_in(self._months.texts))
        if column == "fact_month":
            frame = frame.filter(pl.col(column) <= self._months.texts[-1])
        numbered = frame.with_columns(month=month_number(column))
        return numbered if column == "month" else numbered.drop(column)

    def handle_output(self, context: dg.OutputContext, obj: nw.LazyFrame[Any] | Portions) -> None:
        """Replace the table, or the months of the run in it, in one atomic commit.

        Of portions, each is computed to its end before the next one is asked for.
        """
        table = table_of(context.asset_key)
        self._begin(table)
        with self._lake.scratch() as folder:
            if isinstance(obj, Portions):
                frame = self._computed(table, obj, folder)
            else:
                frame = self._stored(table, obj)
            self._lake.replace(table, frame, self._where(table), self._source_version(table))
        counts = self._lake.row_counts(table)
        context.add_output_metadata(
            {
                "dagster/row_count": sum(counts.values()),
                "dagster/uri": self._lake.uri(table),
                LINEAGE: context.definition_metadata[LINEAGE],
            }
        )

    def _begin(self, table: Table) -> None:
        """Before the run's first write of rollups and reports."""
        if table.layer in {"rollups", "reporting"} and not self._has_begun:
            begin(self._lake, self._months.texts)
            self._has_begun = True

    def _source_version(self, table: Table) -> int | None:
        """What a ledger and its retired rows were decided from: this version of the feed's accepted rows."""
        decided = table.layer in {"ledger", "retired"}
        return self._lake.version(FEEDS[table.name].accepted) if decided else None

    def _where(self, table: Table) -> str | None:
        """Which rows of the table this run replaces; None: all of them."""
        months = self._months
        if table.partition == "as_of_month":
            return one_of(table.partition, months.texts)
        if table.partition == "fact_month":
            upto = f"fact_month <= '{months.texts[-1]}'"
            return upto if months.is_from_start else f"{upto} AND fact_month >= '{months.texts[0]}'"
        return None

    def _computed(self, table: Table, portions: Portions, folder: Path) -> pl.LazyFrame:
        parts = [pl.LazyFrame(schema=table.schema)]
        for number, frame in enumerate(portions.frames):
            path = folder / f"{number:04}.parquet"
            self._stored(table, frame).sink_parquet(path, compression="lz4")
            parts.append(pl.scan_parquet(path))
        return pl.concat(parts)

    def _stored(self, table: Table, frame: nw.LazyFrame[Any]) -> pl.LazyFrame:
        native: pl.LazyFrame = nw.to_native(frame)
        stamped = table.layer in {"rollups", "reporting"}
        return self._stamped(table, native) if stamped else native

    def _stamped(self, table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Month numbers as the texts and dates that readers see, integers as decimals."""
        if "month" in frame.collect_schema().names() and table.partition:
            first = _first_day("month")
            frame = frame.with_columns(
                first.dt.to_string("%Y-%m").alias(table.partition), as_of=first.dt.month_end()
            )
        if "period_start" in table.names:
            bounds = nw.to_native(self._months.bounds())
            dates = bounds.select("month", "period", "period_start", "period_end")
            frame = frame.join(dates, on=["month", "period"])
        integers = [
            name
            for name, dtype in frame.collect_schema().items()
            if dtype.is_integer() and name in table.of_kind("num")
        ]
        columns = table.having(frame.collect_schema().names()).columns
        return in_decimals(frame, integers).select(
            pl.col(column.name).cast(column.dtype) for column in columns
        )
