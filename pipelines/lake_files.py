"""Files of a table that are written first and named by its log afterwards, in one commit: nobody reads them before.

Partitioned tables are written so, by every engine: the writer of Delta's own library keeps a partitioned table's rows in memory.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.errors import LakeError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        clear(root, mine)


def clear(root: str, place: str = STAGED) -> None:
    """Remove what was staged; all of it only for who holds the lake alone.

    Raises:
        LakeError: the store cannot be asked.
    """
    if "://" not in root:
        shutil.rmtree(Path(root) / place, ignore_errors=True)
        with suppress(OSError):  # another writer's files lie there, or none ever did
            (Path(root) / STAGED).rmdir()
        return
    import obstore

    with asking(root):
        store = store_of(root)
        found = [one["path"] for page in obstore.list(store, place) for one in page]
        if found:
            obstore.delete(store, found)


@contextmanager
def asking(root: str) -> Iterator[None]:
    """A store that fails, in words for people: the library's own go on with many lines for its makers."""
    from obstore.exceptions import BaseError

    try:
        yield
    except BaseError as error:
        raise LakeError(f"{root}: {str(error).splitlines()[0]}") from error


def sunk(frame: pl.LazyFrame, table: Table, folder: Path) -> None:
    """Stream a frame into files in a folder of this machine, a part of the table each: memory does not grow with its rows."""
    frame.sink_parquet(
        pl.PartitionBy(folder, key=str(table.partition), include_key=False),
        compression="zstd",
        compression_level=1,
        row_group_size=_ROW_GROUP,
        mkdir=True,
    )


def sent(store: ObjectStore, place: str, folder: Path) -> None:
    """Put the files of a folder of this machine into a place under the lake's root."""
    import obstore

    for path in folder.rglob("*.parquet"):
        name = path.relative_to(folder).as_posix()
        obstore.put(store, f"{place}/{name}", path)


def moved(store: ObjectStore, place: str, table: Table) -> list[AddAction]:
    """Staged files put into the table's folder, where no reader looks for them yet."""
    import obstore
    from deltalake.transaction import AddAction

    added = []
    for page in obstore.list(store, place):
        for one in page:
            if not one["path"].endswith(".parquet"):
                continue
            folder = one["path"].removeprefix(f"{place}/").rpartition("/")[0]
            name = "/".join(filter(None, (folder, f"part-{uuid.uuid4()}.parquet")))
            stats = _stats(_footer(store, one["path"], one["size"]), table)
            obstore.rename(store, one["path"], "/".join((*table.path, name)))
            part = {table.partition: _part_of(name)} if table.partition else {}
            added.append(AddAction(name, one["size"], part, _now(), True, json.dumps(stats)))
    return added


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
        LakeError: files hold rows of other parts.
        CommitFailedError: the table stands no more as it stood.
    """
    from deltalake.transaction import create_table_with_add_actions

    note.max_commit_retries = (
        0  # another try would take what another writer added meanwhile for its own
    )
    schema, by = schema_of(table), [table.partition] if table.partition else []
    if delta is None:
        create_table_with_add_actions(
            uri,
            schema,
            added,
            partition_by=by,
            configuration=CHECKPOINTS,
            commit_properties=note,
        )
    elif where is None:
        delta.create_write_transaction([*added], "overwrite", schema, by, commit_properties=note)
    else:
        changes: list[AddAction | RemoveAction] = [*added, *_removed(delta, table, added, where)]
        delta.create_write_transaction(changes, "append", schema, by, commit_properties=note)


def _removed(
    delta: DeltaTable, table: Table, added: list[AddAction], where: str
) -> list[RemoveAction]:
    """The files of the parts that are replaced."""
    from deltalake.transaction import RemoveAction

    by = str(table.partition)
    new = pl.DataFrame({by: [one.partition_values[by] for one in added]}, schema={by: pl.String})
    if new.filter(~pl.sql_expr(where)).height:
        raise LakeError(f"{delta.table_uri}: rows outside of what is replaced; nothing was written")
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
    return name.split("/", maxsplit=1)[0].split("=")[1]


def _now() -> int:
    """Milliseconds, for the log alone."""
    return time.time_ns() // 1_000_000


def schema_of(table: Table) -> Schema:
    """The table's declared columns as Delta's schema."""
    from deltalake import Schema

    return Schema.from_arrow(pl.DataFrame(schema=table.schema).to_arrow().schema)
