"""How assets read and write the lake: the one IO manager.

Assets see narwhals frames whose amounts are integers of 1/10,000 and whose months are numbers (`month`,
year x 12 + month - 1); the lake holds what readers expect. A range of months is read and replaced at once.
"""

from __future__ import annotations

from contextlib import closing, nullcontext
from typing import TYPE_CHECKING

import dagster as dg
import narwhals as nw
import polars as pl

from assets.retries import trying_again
from assets.tables import LINEAGE, Parts, Portions, table_of
from metrics import periods
from pipelines.freshness import begin
from pipelines.lake_store import one_of
from pipelines.scope import UNKNOWN
from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.lake import Frame, Lake
    from pipelines.months import Months
    from schemas.table import Table


class LakeTables(dg.IOManager):
    """Reads a table as a lazy frame; writes a lazy frame by streaming it into its partitions."""

    def __init__(self, lake: Lake, months: Months) -> None:
        self._lake = lake
        self._months = months
        self._has_begun = False

    def load_input(self, context: dg.InputContext) -> Frame:
        """The table's rows that the months of the run may see.

        Of a table by month of the fact `month` is still its text: an asset says with `Months` how far back it looks.
        """
        table = table_of(context.asset_key)
        frame = self._rows(table)
        return frame if table.layer == "feeds" else self._seen(table, self._lake.in_units(frame))

    def _rows(self, table: Table) -> Frame:
        """All rows of a table; none of a feed that the settings do not name (any more), whatever its ledger keeps."""
        frame = self._lake.frame(table)
        is_absent = table.layer == "ledger" and table.name not in self._months.feeds
        return frame.head(0) if is_absent else frame

    def _seen(self, table: Table, frame: Frame) -> Frame:
        column = table.partition
        if column == "as_of_month":
            return _numbered(frame.filter(nw.col(column).is_in(self._months.texts)))
        if column == "fact_month":
            frame = frame.filter(nw.col(column) <= nw.lit(self._months.last))
            return frame.rename({column: "month"})
        return frame

    def before(self, table: Table) -> Frame:
        """The rows of the month before the run's first, of a table by as-of month; none where the run begins at the start."""
        frame = self._lake.in_units(self._lake.frame(table))
        month = periods.month_text(self._months.number_before)
        rows = _numbered(frame.filter(nw.col("as_of_month") == nw.lit(month)))
        return rows.head(0) if self._months.is_from_start else rows

    def naming(self, table: Table, key: str, names: Frame) -> Frame:
        """The records of a ledger of facts whose `key` is one of these, read from those months alone that may hold one."""
        wanted = self._lake.values(names, key)
        months = self._lake.parts_with(table, key, wanted)
        rows = self._lake.in_units(self._rows(table)).filter(nw.col("month").is_in(months))
        return self._months.every(rows.join(names.select(key), on=key, how="semi"))

    def handle_output(self, context: dg.OutputContext, obj: Frame | Portions | Parts) -> None:
        """Replace the table, the months of the run in it, or the parts that are named, in one atomic commit.

        Of portions, each is computed to its end before the next one is asked for.
        """
        table = table_of(context.asset_key)
        parts = obj.names if isinstance(obj, Parts) else None
        with trying_again(), self._lake.scratch() as folder:
            self._begin(table)
            with closing(obj.frames) if isinstance(obj, Portions) else nullcontext():
                frame = self._frame_of(table, obj, folder)
                source = self._source_version(table)
                self._lake.write(table, frame, self._where(table), parts=parts, made_from=source)
        counts = self._lake.row_counts(table)
        context.add_output_metadata(
            {
                "dagster/row_count": sum(counts.values()),
                "dagster/uri": self._lake.uri(table),
                LINEAGE: context.definition_metadata[LINEAGE],
            }
        )

    def _begin(self, table: Table) -> None:
        """Before the run's first write of rollups and reports; one that no month names, alone, says nothing of any month."""
        is_alone = table.partition is None and self._months.scope.extent == "part"
        if table.layer in {"rollups", "reporting"} and not is_alone and not self._has_begun:
            self._months.refuse_gap()
            inputs = {text: self._months.inputs.get(text, UNKNOWN) for text in self._months.texts}
            begin(self._lake, inputs, self._months.scope)
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
            upto = f"fact_month <= '{months.last}'"
            return upto if months.is_from_start else f"{upto} AND fact_month >= '{months.texts[0]}'"
        return None

    def _frame_of(self, table: Table, obj: Frame | Portions | Parts, folder: Path) -> Frame:
        if isinstance(obj, Portions):
            return self._computed(table, obj, folder)
        return self._stored(table, obj.frame if isinstance(obj, Parts) else obj)

    def _computed(self, table: Table, portions: Portions, folder: Path) -> Frame:
        if portions.count == 1:
            return self._stored(table, next(portions.frames))
        parts = [self._lake.given(pl.LazyFrame(schema=table.schema))]
        for number, frame in enumerate(portions.frames):
            path = folder / f"{number:04}.parquet"
            parts.append(self._lake.spilled(self._stored(table, frame), path))
        return nw.concat(parts, how="vertical")

    def _stored(self, table: Table, frame: Frame) -> Frame:
        """What an asset returned as the table holds it; ledgers hold what feeds do."""
        if table.layer not in {"rollups", "reporting"}:
            return frame
        if "period_start" in table.names:
            dates = self._months.bounds().select("month", "period", "period_start", "period_end")
            frame = frame.join(dates, on=["month", "period"])
        return self._lake.as_stored(frame, table)


def _numbered(frame: Frame) -> Frame:
    """Rows by as-of month with its number as `month`."""
    month = periods.number_of_month(nw.col("as_of_month"))
    return frame.with_columns(month=month).drop("as_of_month")
