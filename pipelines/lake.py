"""The lake: Delta tables read as lazy frames and replaced partition by partition.

The only module that knows how tables are stored. Outside, amounts are `DECIMAL(19,4)`; inside the
measures they are integers of 1/10,000 (see docs/adr/0002-money-as-integers.md): `in_units` and
`in_decimals` are the two doors between them. What ledgers, rollups and reports are computed by is Polars, unless
the lake is `pipelines.spark.SparkLake`, which has its own way of all that stands under "the engine".
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import polars as pl

from pipelines.errors import ConflictError, LakeError, causes
from schemas.columns import NUM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from deltalake import CommitProperties, DeltaTable

    from schemas.table import Table

Frame = nw.LazyFrame[Any]

_MADE_FROM = "kehu.made_from"
_PARTS = "kehu.parts"
# Commits that only store the same rows otherwise repeat the notes of the commit that changed them, and its version.
_ROWS_OF = "kehu.rows_of_version"
# Who opens a table reads what was committed since the last checkpoint, line by line.
CHECKPOINTS = {"delta.checkpointInterval": "10"}
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


@dataclass
class _Opened:
    """A table that is asked for again and again; to open it anew is to read its log from the last checkpoint on.

    Plans hold on to the handle that they were made with and run later: one that was given out stays at its version.
    """

    uri: str
    _given: DeltaTable | None = None
    _ahead: DeltaTable | None = None

    def newest(self) -> DeltaTable:
        """A handle at the table's last version: the one given before where nothing was written since."""
        from deltalake import DeltaTable

        if self._ahead is None:
            self._ahead = DeltaTable(self.uri)
        else:
            self._ahead.update_incremental()
        if self._given is None or self._given.version() != self._ahead.version():
            self._given, self._ahead = self._ahead, None
        return self._given


@dataclass(frozen=True)
class Lake:
    """The Delta tables under one root: a folder or an object store's URL."""

    root: str
    _opened: dict[str, _Opened] = field(default_factory=dict, init=False, repr=False, compare=False)

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
        # A plan that failed may leave a thread that still writes here: what it leaves must not hide why it failed.
        with tempfile.TemporaryDirectory(
            prefix=f"kehu-{self.mark}-", ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def sweep(self) -> None:
        """Remove the temporary folders that killed runs left; only for who holds the lake alone."""
        for left in Path(tempfile.gettempdir()).glob(f"kehu-{self.mark}-*"):
            shutil.rmtree(left, ignore_errors=True)

    def uri(self, table: Table) -> str:
        """Where a table lies."""
        return "/".join((self.root.rstrip("/"), *table.path))

    def open(self, table: Table) -> DeltaTable | None:
        """The table as it stands, or None where nothing has been written yet; it is only to be read.

        Raises:
            LakeError: the place cannot be asked.
        """
        from deltalake.exceptions import DeltaError, TableNotFoundError

        uri = self.uri(table)
        try:
            return self._opened.setdefault(uri, _Opened(uri)).newest()
        except TableNotFoundError:
            return None
        except (OSError, DeltaError) as error:
            raise LakeError(f"{uri}: cannot be read ({causes(error)})") from error

    def _to_change(self, table: Table) -> DeltaTable | None:
        """The table as it stands, for who changes it: what was opened to read it stays at its version."""
        from deltalake import DeltaTable

        return None if self.open(table) is None else DeltaTable(self.uri(table))

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

    # --- the engine -------------------------------------------------------------------------------
    def frame(self, table: Table) -> Frame:
        """What `scan` returns, as a frame of the engine."""
        return nw.from_native(self.scan(table))

    def given(self, frame: pl.LazyFrame) -> Frame:
        """A small frame of this process as one of the engine."""
        return nw.from_native(frame)

    def taken(self, frame: Frame) -> pl.LazyFrame:
        """A frame of the engine as one of this process; of another engine's, all its rows."""
        return nw.to_native(frame)

    def held(self, frame: Frame) -> Frame:
        """The frame computed once and kept in memory: for what several plans read, and is known to be small."""
        return nw.from_native(nw.to_native(frame).collect(engine="streaming").lazy())

    def spilled(self, frame: Frame, path: Path) -> Frame:
        """The frame computed once and kept on disk, at `path` where the engine has no place of its own."""
        nw.to_native(frame).sink_parquet(path, compression="lz4")
        return nw.from_native(pl.scan_parquet(path))

    def joined(self, frame: Frame, keys: Sequence[str], column: str) -> Frame:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""
        values = pl.col(column).unique().sort().str.join(",")
        return nw.from_native(nw.to_native(frame).group_by(list(keys)).agg(values))

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
        columns = table.having(schema.names()).columns
        return nw.from_native(
            in_decimals(native, integers).select(
                pl.col(column.name).cast(column.dtype) for column in columns
            )
        )

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
        options: dict[str, Any] = {
            "commit_properties": noting(made_from, parts),
            "configuration": CHECKPOINTS,
        }
        if table.partition:
            options["partition_by"] = [table.partition]
        if parts and table.partition:
            where = one_of(table.partition, parts)
        mode: Literal["append", "overwrite"] = "append" if parts == [] else "overwrite"
        if where is not None and self.open(table) is not None:
            options["predicate"] = where
        elif where is None and mode == "overwrite":
            options["schema_mode"] = "overwrite"
        names = table.having(frame.collect_schema().names()).names
        with self._writing(table):
            frame.select(names).sink_delta(self.uri(table), mode=mode, delta_write_options=options)

    @contextmanager
    def _writing(self, table: Table) -> Iterator[None]:
        """A place that cannot be written, in words for people; anything else stays what it is."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            yield
        except CommitFailedError as error:
            raise ConflictError(
                f"{self.uri(table)}: another writer was first; nothing of it was written. Run again."
            ) from error
        except (OSError, DeltaError) as error:
            raise LakeError(
                f"{self.uri(table)}: cannot be written ({causes(error)}). "
                "What was there before still stands; mend the place and run again."
            ) from error

    def version(self, table: Table) -> int | None:
        """The number of the last commit that changed the table's rows; None where nothing has been written yet."""
        delta = self.open(table)
        return None if delta is None else int(_notes(delta)[_ROWS_OF])

    def made_from(self, table: Table) -> int | None:
        """The version of what the table's rows were made from, as `replace` was told."""
        told = next((note.get(_MADE_FROM) for note in self._commits(table)), None)
        return None if told is None else int(told)

    def changed(self, table: Table, since: int | None) -> list[str] | None:
        """The parts that commits after version `since` replaced, ascending; None where it is not known which."""
        now = self.version(table)
        if since is None or now is None or since > now:
            return None
        found: set[str] = set()
        for note in self._commits(table):
            if note["version"] <= since:
                return sorted(found)
            if _PARTS not in note:
                return None
            found.update(json.loads(note[_PARTS]))
        return None

    def _commits(self, table: Table) -> Iterator[dict[str, Any]]:
        """What the log says of each commit, the newest first, as far back as it goes; `version`: that of its rows."""
        delta = self.open(table)
        seen = 0
        for limit in (4, 64, None):  # most who ask need the last alone
            commits = delta.history(limit) if delta else []
            for one in commits[seen:]:
                yield one | {"version": int(one.get(_ROWS_OF, one["version"]))}
            seen = len(commits)

    def parts_with(self, table: Table, column: str, values: pl.Series) -> list[str]:
        """The parts that may hold one of these values in a column, by the statistics of the log; ascending."""
        wanted = values.drop_nulls().unique().sort().alias("value").to_frame()
        files = self._ranges(table, column, values.dtype).sort("low")
        found = files.join_asof(wanted, left_on="low", right_on="value", strategy="forward")
        return _parts(found, pl.col("value") <= pl.col("high"))

    def _ranges(self, table: Table, column: str, dtype: pl.DataType) -> pl.DataFrame:
        """One row per file: its part, and the lowest and highest value of a column; NULL where the log does not say."""
        delta = self.open(table)
        files = pl.DataFrame(delta.get_add_actions(flatten=True)) if delta else pl.DataFrame()
        told = {
            "low": f"min.{column}",
            "high": f"max.{column}",
            "part": f"partition.{table.partition}",
        }
        known = {
            name: pl.col(of) if of in files.columns else pl.lit(None) for name, of in told.items()
        }
        if table.partition is None:
            known["part"] = pl.lit("")
        types = {"low": dtype, "high": dtype, "part": pl.String()}
        return files.select(known[name].cast(kind).alias(name) for name, kind in types.items())

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
        options["commit_properties"] = _properties(_notes(delta))
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
        kept = _properties(_notes(delta))
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


def _parts(files: pl.DataFrame, holds: pl.Expr) -> list[str]:
    """The parts of files for which this holds, or of which it is not known."""
    unknown = pl.any_horizontal(pl.col("low", "high").is_null())
    return sorted(files.filter(unknown | holds)["part"].drop_nulls().unique())


def one_of(column: str, values: Sequence[str]) -> str:
    """The predicate `column IN (values)` of `Lake.replace`; the values are Kehu's own dates and months."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def noting(made_from: int | None, parts: Sequence[str] | None) -> CommitProperties:
    """The notes of a commit that changes rows (`Lake.replace`)."""
    told = {_MADE_FROM: made_from, _PARTS: parts}
    return _properties({name: json.dumps(what) for name, what in told.items() if what is not None})


def _properties(notes: dict[str, str]) -> CommitProperties:
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata=notes)


def _notes(delta: DeltaTable) -> dict[str, str]:
    """Kehu's own notes on the rows as they stand, and which version they are of."""
    (last,) = delta.history(1)
    noted = {name: told for name, told in last.items() if name in (_MADE_FROM, _PARTS, _ROWS_OF)}
    return {_ROWS_OF: str(delta.version()), **noted}


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
