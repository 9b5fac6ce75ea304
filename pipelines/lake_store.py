"""The tables of a lake as Delta keeps them: read as lazy frames of this process, replaced in one atomic commit, tidied.

With `lake_log`, `lake_files` and `delta` the only module that knows how tables are stored.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from pipelines import lake_files
from pipelines.errors import ConflictError, LakeError, causes, first_line
from pipelines.lake_files import CHECKPOINTS
from pipelines.lake_log import LakeLog, notes_of, noting, properties

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deltalake import CommitProperties, DeltaTable

    from schemas.table import Table

_GLANCE, _A_DAY = "kehu-glance-", 24 * 60 * 60  # seconds


@contextmanager
def glance() -> Iterator[Path]:
    """A temporary folder for who looks without holding a lake; of a killed process, it is swept away when a day old."""
    with tempfile.TemporaryDirectory(prefix=_GLANCE, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _forgotten(temporary: Path) -> Iterator[Path]:
    for folder in temporary.glob(f"{_GLANCE}*"):
        with suppress(FileNotFoundError):  # whoever looked has ended by now
            if time.time() - folder.stat().st_mtime > _A_DAY:
                yield folder


@dataclass(frozen=True)
class LakeStore(LakeLog):
    """The Delta tables under one root: a folder or an object store's URL."""

    @property
    def mark(self) -> str:
        """What tells this lake's temporary files from another's."""
        return hashlib.sha256(self.root.encode()).hexdigest()[:12]

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder on the local disk; one that a killed process left is swept away by the next run."""
        # A plan that failed may leave a thread that still writes here: what it leaves must not hide why it failed.
        with tempfile.TemporaryDirectory(
            prefix=f"kehu-{self.mark}-", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def sweep(self) -> None:
        """Remove the temporary folders and files that killed runs left; only for who holds the lake alone."""
        temporary = Path(tempfile.gettempdir())
        for left in (*temporary.glob(f"kehu-{self.mark}-*"), *_forgotten(temporary)):
            shutil.rmtree(left, ignore_errors=True)
        lake_files.sweep(self.root)

    def _to_change(self, table: Table) -> DeltaTable | None:
        """The table as it stands, for who changes it: what was opened to read it stays at its version."""
        from pipelines.delta import LakeTable

        return None if self.open(table) is None else LakeTable(self.uri(table))

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
        return stored.select(self._found(table, stored.collect_schema().names()))

    def _found(self, table: Table, names: Sequence[str]) -> list[str]:
        """The declared columns among those that are stored."""
        missing = set(table.names) - set(names)
        if missing:
            raise LakeError(
                f"{self.uri(table)}: columns {', '.join(sorted(missing))} are not there. "
                "The lake was written by another version of Kehu: move it away and run again; "
                "all its tables can be rebuilt from the deliveries."
            )
        return table.having(names).names

    # --- writing ----------------------------------------------------------------------------------
    def replace(
        self,
        table: Table,
        frame: pl.LazyFrame,
        where: str | None = None,
        *,
        parts: Sequence[str] | None = None,
        made_from: int | None = None,
    ) -> None:
        """Replace the rows that `where` selects, or those of `parts`, or the whole table, in one atomic commit.

        `frame` streams: memory does not grow with its rows. Rows outside of what is replaced are refused. The table's
        optional columns are those that `frame` has. `parts`: values of the column that partitions the table, or of another one by which
        it changes, for whoever asks what `changed`; none: nothing changes. `made_from`: the version of what it was made from. Both stay with the commit.

        Raises:
            LakeError: the place cannot be written, or another writer was first; the table stands as it was.
        """
        table = table.having(frame.collect_schema().names())
        frame = frame.select(pl.col(one.name).cast(one.dtype) for one in table.columns)
        note = noting(made_from, parts)
        if parts and table.partition:
            where = one_of(table.partition, parts)
        with self._writing(table):
            if parts == []:
                self._sink(table, frame.head(0), "append", {"commit_properties": note})
            elif table.partition and _is_of_parts(table, where):
                self._replace_parts(table, frame, where, note)
            else:
                self._replace_rows(table, frame, where, note)

    def _replace_parts(
        self, table: Table, frame: pl.LazyFrame, where: str | None, note: CommitProperties
    ) -> None:
        delta = self._to_change(table)
        with self._staging(table) as folder:
            lake_files.sunk(frame, table, folder)
            added = lake_files.placed(self.root, table, folder, where)
        lake_files.commit(self.uri(table), delta, table, added, where, note)

    @contextmanager
    def _staging(self, table: Table) -> Iterator[Path]:
        """A temporary folder for a table's files: on the lake's own disk, if it has one, where they are moved at no cost."""
        if self.is_local:
            with lake_files.staging(self.root, table) as place:
                yield Path(self.root) / place
        else:
            with self.scratch() as folder:
                yield folder

    def _replace_rows(
        self, table: Table, frame: pl.LazyFrame, where: str | None, note: CommitProperties
    ) -> None:
        options: dict[str, Any] = {"commit_properties": note}
        if where is None:
            options["schema_mode"] = "overwrite"
        elif self.open(table) is not None:
            options["predicate"] = where
        self._sink(table, frame, "overwrite", options)

    def _sink(
        self,
        table: Table,
        frame: pl.LazyFrame,
        mode: Literal["append", "overwrite"],
        options: dict[str, Any],
    ) -> None:
        options["configuration"] = CHECKPOINTS
        if table.partition:
            options["partition_by"] = [table.partition]
        frame.sink_delta(self.uri(table), mode=mode, delta_write_options=options)

    @contextmanager
    def _writing(self, table: Table) -> Iterator[None]:
        """A place that cannot be written, in words for people; anything else stays what it is."""
        from deltalake.exceptions import CommitFailedError, DeltaError
        from obstore.exceptions import BaseError

        try:
            yield
        except CommitFailedError as error:
            raise ConflictError(
                f"{self.uri(table)}: another writer was first; nothing of it was written. Run again."
            ) from error
        except (OSError, DeltaError) as error:
            raise self._unwritten(table, causes(error)) from error
        except BaseError as error:
            raise self._unwritten(table, first_line(error)) from error
        except pl.exceptions.ComputeError as error:
            if "os error" not in str(error):  # what the disk refused, as Polars tells it
                raise
            raise self._unwritten(table, causes(error)) from error

    def _unwritten(self, table: Table, why: str) -> LakeError:
        return LakeError(
            f"{self.uri(table)}: cannot be written ({why}). "
            "What was there before still stands; mend the place and run again."
        )

    def delete(self, table: Table, where: str) -> int:
        """Delete the rows that `where` selects; returns how many went."""
        delta = self._to_change(table)
        if delta is None:
            return 0
        with self._writing(table):
            return int(delta.delete(where).get("num_deleted_rows") or 0)

    def relay(self, table: Table) -> None:
        """Store the same rows partitioned as the table is declared, in one commit; nothing where they are."""
        delta = self._to_change(table)
        declared = [table.partition] if table.partition else []
        if delta is None or delta.metadata().partition_columns == declared:
            return
        options: dict[str, Any] = {"schema_mode": "overwrite", "partition_by": declared}
        options["commit_properties"] = properties(notes_of(delta))
        with self._writing(table):
            pl.scan_delta(delta).sink_delta(
                self.uri(table), mode="overwrite", delta_write_options=options
            )

    def tidy(self, table: Table, days: int) -> tuple[int, int]:
        """Merge small files, and remove files and log that no version of the last `days` days needs.

        Rows, and all that is known of them, stay. Returns how many files were merged, and how many removed.
        """
        delta = self._to_change(table)
        if delta is None:
            return 0, 0
        kept = properties(notes_of(delta))
        with self._writing(table):
            _keep(delta, days, kept)
            merged = delta.optimize.compact(commit_properties=kept)["numFilesRemoved"]
            # In full: what killed runs left is named by no commit.
            gone = delta.vacuum(24 * days, dry_run=False, commit_properties=kept, full=True)
            delta.create_checkpoint()
            delta.cleanup_metadata()
        return int(merged), len(gone)

    def files(self, table: Table, parts: Sequence[str], folder: Path) -> list[str]:
        """Files on the local disk that hold the rows of these parts: its own; of a lake in an object store, a copy in `folder`.

        What the names of its own files' folders say (`as_of_month=2024-01`) is not in those files.
        """
        delta = self.open(table)
        if delta is None or not parts:
            return []
        where = one_of(table.partition, parts) if table.partition else None
        if self.is_local:
            return delta.file_uris(file_pruning_predicate=where)
        copy = folder / f"{table.name}.parquet"
        rows = self.scan(table)
        rows = rows.filter(pl.col(table.partition).is_in(parts)) if table.partition else rows
        rows.sink_parquet(copy, compression="lz4")
        return [str(copy)]


def _is_of_parts(table: Table, where: str | None) -> bool:
    """Whether whole parts of the table are replaced."""
    return where is None or set(pl.sql_expr(where).meta.root_names()) == {table.partition}


def one_of(column: str, values: Sequence[str]) -> str:
    """The predicate `column IN (values)` of `Lake.replace`; the values are Kehu's own dates and months."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _keep(delta: DeltaTable, days: int, kept: CommitProperties) -> None:
    """Let the table remember for so long what was removed and when: without that, an old version's files pass for orphans."""
    wanted = (
        dict.fromkeys(
            ("delta.deletedFileRetentionDuration", "delta.logRetentionDuration"),
            f"interval {days} days",
        )
        | CHECKPOINTS
    )
    if not wanted.items() <= delta.metadata().configuration.items():
        delta.alter.set_table_properties(wanted, commit_properties=kept)
