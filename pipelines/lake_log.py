"""What is known of the lake's tables from their Delta logs alone: versions, what changed since one, rows and states of parts.

Each commit that changes rows notes what they were made from and which parts it replaced; a commit without such notes
(another program's, a restore) means that nothing is known.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.errors import LakeError, causes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deltalake import CommitProperties, DeltaTable

    from schemas.table import Table

_MADE_FROM = "kehu.made_from"
_PARTS = "kehu.parts"
# Commits that only store the same rows otherwise repeat the notes of the commit that changed them, and its version.
_ROWS_OF = "kehu.rows_of_version"


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
        from pipelines.delta import LakeTable

        if self._ahead is None:
            self._ahead = LakeTable(self.uri)
        else:
            self._ahead.update_incremental()
        if self._given is None or self._given.version() != self._ahead.version():
            self._given, self._ahead = self._ahead, None
        return self._given


@dataclass(frozen=True)
class LakeLog:
    """The logs of the Delta tables under one root: a folder or an object store's URL."""

    root: str
    _opened: dict[str, _Opened] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_local(self) -> bool:
        """Whether the lake is a folder of this machine's."""
        return "://" not in self.root

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

    def version(self, table: Table) -> int | None:
        """The number of the last commit that changed the table's rows; None where nothing has been written yet."""
        delta = self.open(table)
        return None if delta is None else int(notes_of(delta)[_ROWS_OF])

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


def noting(made_from: int | None, parts: Sequence[str] | None) -> CommitProperties:
    """The notes of a commit that changes rows (`Lake.replace`)."""
    told = {_MADE_FROM: made_from, _PARTS: parts}
    return properties({name: json.dumps(what) for name, what in told.items() if what is not None})


def properties(notes: dict[str, str]) -> CommitProperties:
    """What a commit is told of its notes."""
    from deltalake import CommitProperties

    return CommitProperties(custom_metadata=notes)


def notes_of(delta: DeltaTable) -> dict[str, str]:
    """Kehu's own notes on the rows as they stand, and which version they are of."""
    (last,) = delta.history(1)
    noted = {name: told for name, told in last.items() if name in (_MADE_FROM, _PARTS, _ROWS_OF)}
    return {_ROWS_OF: str(delta.version()), **noted}
