"""The lake: Delta tables read as lazy frames and replaced partition by partition.

The only module that knows how tables are stored. Outside, amounts are `DECIMAL(19,4)`; inside the
measures they are integers of 1/10,000 (see docs/adr/0002-money-as-integers.md): `in_units` and
`in_decimals` are the two doors between them.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from pipelines.errors import LakeError, first_line
from schemas.columns import NUM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from deltalake import CommitProperties, DeltaTable

    from schemas.table import Table

_MADE_FROM = "kehu.made_from"
_ONE_UNIT = pl.lit("0.0001").cast(NUM)


def in_units(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Every DECIMAL(19,4) column as an Int64 of 1/10,000; nothing else changes."""
    names = [name for name, dtype in frame.collect_schema().items() if dtype == NUM]
    return frame.with_columns(pl.col(name).to_physical().cast(pl.Int64) for name in names)


def in_decimals(frame: pl.LazyFrame, names: Iterable[str]) -> pl.LazyFrame:
    """Int64 columns of 1/10,000 as DECIMAL(19,4): exact, the inverse of `in_units`."""
    return frame.with_columns(
        (pl.col(name).cast(pl.Decimal(19, 0)) * _ONE_UNIT).cast(NUM) for name in names
    )


@dataclass(frozen=True)
class Lake:
    """The Delta tables under one root: a folder or an object store's URL."""

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the lake is a folder of this machine's."""
        return "://" not in self.root

    @property
    def mark(self) -> str:
        """What tells this lake's temporary files from another's."""
        return hashlib.sha256(self.root.encode()).hexdigest()[:12]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder on the local disk; one that a killed process left is swept away by the next run."""
        with tempfile.TemporaryDirectory(prefix=f"kehu-{self.mark}-") as folder:
            yield Path(folder)

    def sweep(self) -> None:
        """Remove the temporary folders that killed runs left; only for who holds the lake alone."""
        for left in Path(tempfile.gettempdir()).glob(f"kehu-{self.mark}-*"):
            shutil.rmtree(left, ignore_errors=True)

    def uri(self, table: Table) -> str:
        """Where a table lies."""
        return "/".join((self.root.rstrip("/"), *table.path))

    def open(self, table: Table) -> DeltaTable | None:
        """The table as it stands, or None where nothing has been written yet."""
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            return DeltaTable(self.uri(table))
        except TableNotFoundError:
            return None

    def stored(self, table: Table) -> Table:
        """The table as it is stored: with those optional columns that it has."""
        return table.having(self.scan(table).collect_schema().names())

    def scan(self, table: Table) -> pl.LazyFrame:
        """One row per the table's grain, in stored types; no rows where it was never written.

        Raises:
            LakeError: the stored table lacks a column, because another version of Kehu wrote it.
        """
        delta = self.open(table)
        if delta is None:
            return pl.LazyFrame(schema=table.schema)
        stored = pl.scan_delta(delta)
        found = stored.collect_schema().names()
        missing = set(table.names) - set(found)
        if missing:
            raise LakeError(
                f"{self.uri(table)}: columns {', '.join(sorted(missing))} are not there. "
                "The lake was written by another version of Kehu: move it away and run again; "
                "all its tables can be rebuilt from the deliveries."
            )
        return stored.select(table.having(found).names)

    def replace(
        self,
        table: Table,
        frame: pl.LazyFrame,
        where: str | None = None,
        made_from: int | None = None,
    ) -> None:
        """Replace the rows that `where` selects, or the whole table, in one atomic commit.

        `frame` streams: memory does not grow with its rows. Rows outside `where` are refused. The table's optional columns
        are those that `frame` has. `made_from`: the version of what it was made from, kept with the commit.

        Raises:
            LakeError: the place cannot be written; the table stands as it was.
        """
        options: dict[str, Any] = {}
        if made_from is not None:
            options["commit_properties"] = _note(made_from)
        if table.partition:
            options["partition_by"] = [table.partition]
        if where is not None and self.open(table) is not None:
            options["predicate"] = where
        elif where is None:
            options["schema_mode"] = "overwrite"
        names = table.having(frame.collect_schema().names()).names
        with self._writing(table):
            frame.select(names).sink_delta(
                self.uri(table), mode="overwrite", delta_write_options=options
            )

    @contextmanager
    def _writing(self, table: Table) -> Iterator[None]:
        """A place that cannot be written, in words for people; anything else stays what it is."""
        from deltalake.exceptions import DeltaError

        try:
            yield
        except (OSError, DeltaError) as error:
            raise LakeError(
                f"{self.uri(table)}: cannot be written ({first_line(error)}). "
                "What was there before still stands; mend the place and run again."
            ) from error

    def version(self, table: Table) -> int | None:
        """The number of the table's last commit; None where nothing has been written yet."""
        delta = self.open(table)
        return None if delta is None else int(delta.version())

    def made_from(self, table: Table) -> int | None:
        """The version of what the table's last commit was made from, as `replace` was told."""
        delta = self.open(table)
        (last,) = delta.history(1) if delta else ({},)
        told = last.get(_MADE_FROM)
        return None if told is None else int(told)

    def held(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[pl.LazyFrame]:
        """The frame computed once and kept in memory: for what several plans read, and is known to be small."""
        return nw.from_native(nw.to_native(frame).collect(engine="streaming").lazy())

    def joined(
        self, frame: nw.LazyFrame[Any], keys: Sequence[str], column: str
    ) -> nw.LazyFrame[pl.LazyFrame]:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""
        values = pl.col(column).unique().sort().str.join(",")
        return nw.from_native(nw.to_native(frame).group_by(list(keys)).agg(values))

    def delete(self, table: Table, where: str) -> int:
        """Delete the rows that `where` selects; returns how many went."""
        delta = self.open(table)
        if delta is None:
            return 0
        with self._writing(table):
            return int(delta.delete(where).get("num_deleted_rows") or 0)

    def row_counts(self, table: Table) -> dict[str, int]:
        """Rows per partition, from the log alone; one entry "" where there are no partitions."""
        return self._of_files(table, pl.col("num_records").sum())

    def states(self, table: Table) -> dict[str, str]:
        """What tells a partition's state from its others: a digest of its files' names, from the log alone.

        One entry "" where there are no partitions.
        """
        files = self._of_files(table, pl.col("path").sort().str.join("|"))
        return {part: hashlib.sha256(names.encode()).hexdigest() for part, names in files.items()}

    def _of_files(self, table: Table, told: pl.Expr) -> dict[str, Any]:
        delta = self.open(table)
        if delta is None:
            return {}
        actions = pl.DataFrame(delta.get_add_actions(flatten=True))
        key = pl.col(f"partition.{table.partition}") if table.partition else pl.lit("")
        return dict(actions.group_by(key.cast(pl.String).alias("part")).agg(told).iter_rows())


def one_of(column: str, values: Sequence[str]) -> str:
    """The predicate `column IN (values)` of `Lake.replace`; the values are Kehu's own dates and months."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _note(version: int) -> CommitProperties:
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata={_MADE_FROM: str(version)})
