"""Files of a table that are written first and named by its log afterwards, in one commit: nobody reads them before.

Partitioned tables are written so, by every engine: the writer of Delta's own library keeps a partitioned table's rows in memory.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from pipelines.errors import LakeError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deltalake import CommitProperties, DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction
    from obstore.store import ObjectStore

    from schemas.table import Table

# Who opens a table reads what was committed since the last checkpoint, line by line.
CHECKPOINTS = {"delta.checkpointInterval": "10"}
# Where files lie before they are moved into the table's folder.
STAGED = ".staged"
_WITH_BOUNDS = ("text", "date", "int")
# Rows that a reader unpacks at once, and a writer holds of each part.
_ROW_GROUP = 131_072


def store_of(root: str) -> ObjectStore:
    """The lake's root; what is not in the environment (keys, region) a cloud's own machine knows."""
    from obstore.store import LocalStore, from_url

    return from_url(root) if "://" in root else LocalStore(root, mkdir=True)


@contextmanager
def staging(root: str, table: Table) -> Iterator[str]:
    """A place of its own for a table's files, under the lake's root: `STAGED/<mark>/<layer>/<name>`; empty at the end."""
    mine = f"{STAGED}/{uuid.uuid4()}"
    try:
        yield "/".join((mine, *table.path))
    finally:
        with suppress(LakeError):  # a store that is away is told already; the next run sweeps
            clear(root, mine)


def clear(root: str, place: str = STAGED, older_than: timedelta = timedelta()) -> None:
    """Remove what was staged, or what of it is so old.

    Raises:
        LakeError: the store cannot be asked.
    """
    import obstore
    from obstore.exceptions import BaseError

    if "://" not in root:
        shutil.rmtree(Path(root) / place, ignore_errors=True)
        with suppress(OSError):  # another writer's files lie there, or none ever did
            (Path(root) / STAGED).rmdir()
        return
    try:
        store, now = store_of(root), datetime.now(UTC)
        found = [one for page in obstore.list(store, place) for one in page]
        if old := [one["path"] for one in found if now - one["last_modified"] >= older_than]:
            obstore.delete(store, old)
    except BaseError as error:
        raise LakeError(f"{root}: cannot be asked ({first_line(error)})") from error


def sweep(root: str) -> None:
    """Remove what killed runs staged: in a folder all of it, since the lake is held alone.

    A lock of a store's lake lies on one machine, so that another one may write there: what is of today stays.
    """
    clear(root, older_than=timedelta(days=1))


def sunk(frame: pl.LazyFrame, table: Table, folder: Path) -> None:
    """Stream a frame into files in a folder of this machine, a part of the table each: memory does not grow with its rows."""
    frame.sink_parquet(
        pl.PartitionBy(folder, key=str(table.partition), include_key=False),
        compression="zstd",
        compression_level=1,
        row_group_size=_ROW_GROUP,
        mkdir=True,
    )


def placed(root: str, table: Table, folder: Path, where: str | None) -> list[AddAction]:
    """Files of a folder of this machine put into the table's folder, where no reader looks for them yet.

    Raises:
        LakeError: they hold rows of other parts than those `where` selects.
    """
    import obstore
    import pyarrow.parquet as pq

    paths = sorted(folder.rglob("*.parquet"))
    names = {path: _name(path.relative_to(folder).as_posix()) for path in paths}
    _refuse_others(root, table, names.values(), where)
    added = []
    for path, name in names.items():
        added.append(_added(table, name, path.stat().st_size, pq.read_metadata(path)))
        if "://" in root:
            obstore.put(store_of(root), "/".join((*table.path, name)), path)
        else:
            target = Path(root, *table.path, unquote(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    return added


def moved(root: str, place: str, table: Table, where: str | None, rows: int) -> list[AddAction]:
    """What `placed` does with files that executors staged in the lake, which must hold so many rows.

    Raises:
        LakeError: what lies where this process looks holds more rows or fewer, or rows of other parts.
    """
    import obstore

    store = store_of(root)
    found = [one for page in obstore.list(store, place) for one in page]
    files = {
        one["path"]: (_name(one["path"].removeprefix(f"{place}/")), one["size"])
        for one in found
        if one["path"].endswith(".parquet")
    }
    _refuse_others(root, table, (name for name, _ in files.values()), where)
    footers = {path: _footer(store, path, size) for path, (_, size) in files.items()}
    if (found_rows := sum(footer.num_rows for footer in footers.values())) != rows:
        lost = "its executors must reach the lake by the same path or URL as this machine; "
        raise LakeError(
            f"{'/'.join((root, *table.path))}: Spark wrote {rows:,} rows, and {found_rows:,} are there; "
            f"{lost if found_rows < rows else ''}what was there before stands"
        )
    added = []
    for path, (name, size) in files.items():
        added.append(_added(table, name, size, footers[path]))
        obstore.rename(store, path, "/".join((*table.path, name)))
    return added


def _name(staged: str) -> str:
    """A name that no other file of the table has, in the folder of the same part."""
    return "/".join((*staged.split("/")[:-1], f"part-{uuid.uuid4()}.parquet"))


def _refuse_others(root: str, table: Table, names: Iterable[str], where: str | None) -> None:
    if where is None:
        return
    by = str(table.partition)
    parts = pl.DataFrame({by: [*map(_part_of, names)]}, schema={by: pl.String})
    if parts.filter(~pl.sql_expr(where)).height:
        raise LakeError(
            f"{'/'.join((root, *table.path))}: rows outside of what is replaced; nothing was written"
        )


def _added(table: Table, name: str, size: int, footer: Any) -> AddAction:
    from deltalake.transaction import AddAction

    part = {table.partition: _part_of(name)} if table.partition else {}
    return AddAction(name, size, part, _now(), True, json.dumps(_stats(footer, table)))


def commit(
    uri: str,
    delta: DeltaTable | None,
    table: Table,
    added: list[AddAction],
    where: str | None,
    note: CommitProperties,
) -> None:
    """Let the files be the table, or what it holds `where` this is so, in one commit on `delta` as it stood.

    Raises:
        LakeError: the table has other columns.
        CommitFailedError: the table stands no more as it stood.
    """
    # Another try would take what another writer added meanwhile for its own.
    note.max_commit_retries = 0
    schema, by = schema_of(table), [table.partition] if table.partition else []
    if delta is None:
        _create(uri, schema, by, added, note)
    elif where is None:
        delta.create_write_transaction([*added], "overwrite", schema, by, commit_properties=note)
    else:
        if {one.name for one in delta.schema().fields} != set(table.names):
            raise LakeError(f"{uri}: has other columns; another version of Kehu wrote it")
        changes: list[AddAction | RemoveAction] = [*added, *_removed(delta, table, where)]
        delta.create_write_transaction(changes, "append", schema, by, commit_properties=note)


def _create(
    uri: str, schema: Schema, by: list[str], added: list[AddAction], note: CommitProperties
) -> None:
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError, DeltaError
    from deltalake.transaction import create_table_with_add_actions

    try:
        create_table_with_add_actions(
            uri,
            schema,
            added,
            partition_by=by,
            configuration=CHECKPOINTS,
            commit_properties=note,
        )
    except DeltaError as error:
        if DeltaTable.is_deltatable(uri):
            raise CommitFailedError(str(error)) from error
        raise


def _removed(delta: DeltaTable, table: Table, where: str) -> list[RemoveAction]:
    """The files of the parts that are replaced."""
    from deltalake.transaction import RemoveAction

    by = str(table.partition)
    files = pl.DataFrame(delta.get_add_actions(flatten=True)).rename({f"partition.{by}": by})
    gone = files.filter(pl.sql_expr(where)).select("path", "size_bytes", by)
    return [
        RemoveAction(path, True, _now(), size, {by: part}) for path, size, part in gone.iter_rows()
    ]


def _footer(store: ObjectStore, path: str, size: int) -> Any:
    """What a parquet file tells of itself, without the rest of it: its length stands before the last four bytes."""
    import obstore
    import pyarrow as pa
    import pyarrow.parquet as pq

    length = int.from_bytes(obstore.get_range(store, path, start=size - 8, length=4), "little")
    tail = obstore.get_range(store, path, start=size - 8 - length, length=length + 8)
    return pq.read_metadata(pa.BufferReader(bytes(tail)))


def _stats(footer: Any, table: Table) -> dict[str, Any]:
    """What Delta's log tells of a file: its rows, and the bounds of the columns by which files are found."""
    told: dict[str, Any] = {"numRecords": footer.num_rows, "minValues": {}, "maxValues": {}}
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    wanted = set(table.of_kind(*_WITH_BOUNDS))
    for place in range(footer.num_columns):
        name = footer.schema.column(place).path
        found = [group.column(place).statistics for group in groups]
        if name in wanted and found and all(one and one.has_min_max for one in found):
            told["minValues"][name] = _json(min(one.min for one in found))
            told["maxValues"][name] = _json(max(one.max for one in found))
    return told


def _json(value: Any) -> Any:
    return value if isinstance(value, str | int) else value.isoformat()


def _part_of(name: str) -> str:
    """The part that a file's folder names: as_of_month=2024-01/part-0.parquet."""
    return unquote(name.split("/", maxsplit=1)[0].split("=")[1])


def _now() -> int:
    """Milliseconds, for the log alone."""
    return time.time_ns() // 1_000_000


def schema_of(table: Table) -> Schema:
    """The table's declared columns as Delta's schema."""
    from deltalake import Schema

    return Schema.from_arrow(pl.DataFrame(schema=table.schema).to_arrow().schema)
