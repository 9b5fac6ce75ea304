"""How assets read and write the lake: the one IO manager.

Assets see narwhals frames whose amounts are integers of 1/10,000 and whose months are numbers (`month`,
year x 12 + month - 1); the lake holds what readers expect. A range of months is read and replaced at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import narwhals as nw
import polars as pl

from assets.tables import table_of
from metrics.periods import month_index
from pipelines.lake import Lake, in_decimals, in_units, one_of

if TYPE_CHECKING:
    from pipelines.months import Months
    from schemas.table import Table


def month_number(text: str) -> pl.Expr:
    """The month number of a column of months as text, YYYY-MM."""
    year, month = pl.col(text).str.slice(0, 4), pl.col(text).str.slice(5, 2)
    return (year.cast(pl.Int32) * 12 + month.cast(pl.Int32) - 1).cast(pl.Int32)


def month_text(number: str) -> pl.Expr:
    """The inverse of `month_number`."""
    return _first_day(number).dt.to_string("%Y-%m")


def _first_day(number: str) -> pl.Expr:
    return pl.date(pl.col(number) // 12, pl.col(number) % 12 + 1, 1)


class LakeTables(dg.IOManager):
    """Reads a table as a lazy frame; writes a lazy frame by streaming it into its partitions."""

    def __init__(self, lake: Lake, months: Months) -> None:
        self._lake = lake
        self._months = months

    def load_input(self, context: dg.InputContext) -> nw.LazyFrame[pl.LazyFrame]:
        """The table's rows that the months of the run may see."""
        table = table_of(context.asset_key)
        frame = in_units(self._lake.scan(table))
        if table.layer == "feeds":
            return nw.from_native(self._lake.scan(table))
        return nw.from_native(self._seen(table, frame))

    def _seen(self, table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
        match table.partition:
            case "as_of_month":
                wanted = self._months.texts
                return (
                    frame.filter(pl.col("as_of_month").is_between(wanted[0], wanted[-1]))
                    .with_columns(month=month_number("as_of_month"))
                    .drop("as_of_month")
                )
            case "fact_month" | "month" as partition:
                return (
                    frame.filter(pl.col(partition) <= self._months.texts[-1])
                    .with_columns(month_number(partition).alias("month"))
                    .drop([] if partition == "month" else [partition])
                )
            case _:
                return frame

    def handle_output(self, context: dg.OutputContext, obj: nw.LazyFrame[pl.LazyFrame]) -> None:
        """Replace the table, or the months of the run in it, in one atomic commit."""
        table = table_of(context.asset_key)
        frame = nw.to_native(obj)
        if table.layer in {"rollups", "reporting"}:
            frame = self._stamped(table, frame)
        where = self._where(table)
        self._lake.replace(table, frame, where)
        counts = self._lake.row_counts(table)
        context.add_output_metadata(
            {
                "dagster/row_count": sum(counts.values()),
                "dagster/uri": self._lake.uri(*context.asset_key.path),
            }
        )

    def _where(self, table: Table) -> str | None:
        if table.partition not in {"as_of_month", "fact_month"}:
            return None
        return one_of(table.partition, self._months.texts)

    def _stamped(self, table: Table, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Month numbers as the texts and dates that readers see, integers as decimals."""
        names = frame.collect_schema().names()
        if "month" in names:
            first = _first_day("month")
            frame = frame.with_columns(
                month_text("month").alias(table.partition or "as_of_month"),
                as_of=first.dt.month_end(),
            )
            if "period_start" in table.names:
                frame = frame.join(
                    self._months.bounds().select("month", "period", "period_start", "period_end"),
                    on=["month", "period"],
                )
        integers = [
            name
            for name, dtype in frame.collect_schema().items()
            if dtype.is_integer() and name in table.of_kind("num")
        ]
        return in_decimals(frame, integers).select(
            pl.col(column.name).cast(column.dtype) for column in table.columns
        )
