"""The DuckDB file: every reporting table with its comments and views, swapped in whole.

The new file is built beside the old one, as a copy in which only the parts that changed are others, and takes its place in
one rename: a reader that has the old file open goes on reading it, the next one sees the new. A run that is killed leaves
the old file and a temporary one, which the next run removes.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.errors import PublishError, first_line
from pipelines.publish.changes import Change, State, change
from pipelines.publish.state import MAKE_STATE, NEWEST, STATE, as_rows, digest_of, states_of
from schemas.catalogue import TABLES
from schemas.comments import quoted
from schemas.ddl import create_statement, latest_view, placed_statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import duckdb

    from pipelines.lake import Lake
    from schemas.table import Table

# Read by every client since 1.0: a BI tool's driver is seldom the newest.
STORAGE_VERSION = "v1.0.0"
_SCHEMA = "main"
_PORTION = 2**30
# The rest goes to disk beside the new file: by itself the database would take most of the machine.
_MEMORY = "1GiB"


@dataclass
class Staged:
    """The new file beside the old one, and what differs; `swap` publishes it, and nothing else does."""

    target: Path
    building: Path
    changes: list[Change] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def swap(self) -> dict[str, int]:
        """Let the new file take the old one's place; returns the rows that were written, by table that was not up to date."""
        if self.building.exists():
            with _writing(self.target):
                self.building.replace(self.target)
        return {name: count for name, count in self.rows.items() if count}


@contextmanager
def staged(lake: Lake, target: Path, *, anew: bool = False) -> Iterator[Staged]:
    """The file `target` as the lake would have it, beside it; without `swap` the old one, if any, stays.

    `anew`: nothing of the old one is taken over.

    Raises:
        PublishError: the file cannot be written; the old one is untouched.
    """
    new = Staged(target, target.with_name(f".{target.name}.{os.getpid()}.tmp"))
    try:
        with _writing(target):
            _stage(lake, new, {} if anew else _held(target))
        yield new
    finally:
        if new.building.exists():
            new.building.unlink()


def is_current(lake: Lake, target: Path) -> bool:
    """Whether the file can be read and says that it was made of the files that the lake has now."""
    before = _held(target)
    return before == {one.table.name: one.state for one in _changes(lake, before)}


def _stage(lake: Lake, new: Staged, before: dict[str, State]) -> None:
    new.target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(new.target)
    changes = _changes(lake, before)
    now = {one.table.name: one.state for one in changes}
    if now == before:
        return
    if before:
        _copy(new.target, new.building)
    new.changes = changes
    with _opened(new.building) as connection, lake.scratch() as folder:
        new.rows = {one.table.name: _written(connection, lake, one, folder) for one in changes}
        for name in before.keys() - now.keys():
            _drop(connection, name)
        _note(connection, now)


def _copy(source: Path, target: Path) -> None:
    """A copy; on a disk that can (XFS, Btrfs) both files share what they have in common, which costs no bytes."""
    try:
        with source.open("rb") as old, target.open("wb") as new:
            while os.copy_file_range(old.fileno(), new.fileno(), _PORTION):
                pass
        is_whole = (
            target.stat().st_size == source.stat().st_size
        )  # some disks copy nothing, and say nothing
    except (AttributeError, OSError):  # a system, or a disk, that has no such call
        is_whole = False
    if not is_whole:
        shutil.copyfile(source, target)


def _changes(lake: Lake, before: dict[str, State]) -> list[Change]:
    tables = (lake.stored(table) for table in TABLES.values())
    return [change(lake, table, _shape(table), before.get(table.name)) for table in tables]


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise unwritten(target, error) from error


def unwritten(target: Path, error: Exception) -> PublishError:
    """A disk that is full or cannot be written, in words for people."""
    return PublishError(
        f"{target}: the DuckDB file could not be written ({first_line(error)}). "
        "What was published before still stands; free the place and run again."
    )


def _sweep(target: Path) -> None:
    """Remove what killed runs left; one run at a time publishes."""
    for left in target.parent.glob(f".{target.name}.*.tmp*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _held(target: Path) -> dict[str, State]:
    """What the file holds of tables that are there; nothing where it is none of Kehu's or cannot be read: it is made anew."""
    import duckdb

    if not target.exists():
        return {}
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            shapes = connection.execute(
                f"FROM {STATE}.shapes WHERE table_name IN (SELECT table_name FROM duckdb_tables() "
                f"WHERE schema_name = '{_SCHEMA}')"
            ).fetchall()
            return states_of(shapes, connection.execute(f"FROM {STATE}.published").fetchall())
    except duckdb.Error:
        return {}


def bounded(building: Path) -> duckdb.DuckDBPyConnection:
    """A database of its own to work on the file `building`, whose memory does not grow with the file."""
    import duckdb

    beside = building.with_name(f"{building.name}.work")
    return duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(beside)})


@contextmanager
def _opened(building: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with bounded(building) as connection:
        connection.execute(
            f"ATTACH {quoted(str(building))} AS published (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        for statement in ("USE published", f"CREATE SCHEMA IF NOT EXISTS {STATE}", *MAKE_STATE):
            connection.execute(statement)
        yield connection
        connection.execute("USE memory")
        connection.execute("DETACH published")


def _shape(table: Table) -> str:
    return digest_of((STORAGE_VERSION, *_statements(table)))


def _statements(table: Table) -> list[str]:
    return [create_statement(table, _SCHEMA), *placed_statements(table, _SCHEMA, NEWEST)]


def _written(connection: duckdb.DuckDBPyConnection, lake: Lake, one: Change, folder: Path) -> int:
    """Replace the parts of a table that differ; returns the rows that came."""
    table = one.table
    if one.is_reshaped:
        _drop(connection, table.name)
        for statement in _statements(table):
            connection.execute(statement)
    elif stale := [*one.sent, *one.gone]:
        where = f'WHERE "{table.partition}" IN (SELECT unnest(?))' if table.partition else ""
        connection.execute(f"DELETE FROM {table.name} {where}", [stale] if where else None)
    files = lake.files(table, one.sent, folder)
    if not files:
        return 0
    selected = ", ".join(f'"{column.name}"' for column in table.columns)
    ((count,),) = connection.execute(
        f"INSERT INTO {table.name} SELECT {selected} FROM read_parquet(?, hive_partitioning = true, "
        "hive_types_autocast = false)",
        [files],
    ).fetchall()
    return int(count)


def _drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"DROP VIEW IF EXISTS {latest_view(name)}")
    connection.execute(f"DROP TABLE IF EXISTS {name}")


def _note(connection: duckdb.DuckDBPyConnection, states: dict[str, State]) -> None:
    for name, rows in as_rows(states).items():
        connection.execute(f"DELETE FROM {STATE}.{name}")
        connection.register("rows", rows.to_arrow())
        connection.execute(f"INSERT INTO {STATE}.{name} FROM rows")
        connection.unregister("rows")
