"""The DuckDB file: every reporting table with its comments, swapped in whole.

The new file is built beside the old one and takes its place in one rename: a reader that has the old file open
goes on reading it, the next one sees the new. A run that is killed leaves the old file and a
temporary one, which the next run removes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipelines.errors import PublishError
from schemas.catalogue import TABLES
from schemas.comments import comment_statements
from schemas.ddl import create_statement

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from pipelines.lake import Lake
    from schemas.table import Table

# Read by every client since 1.0: a BI tool's driver is seldom the newest.
STORAGE_VERSION = "v1.0.0"


def publish(lake: Lake, target: Path) -> dict[str, int]:
    """Write all reporting tables to `target`; returns rows per table.

    Raises:
        PublishError: the file cannot be written; the old one, if any, is untouched.
    """
    import duckdb

    building = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        with duckdb.connect() as connection:
            connection.execute(
                f"ATTACH '{_quoted(str(building))}' AS published (STORAGE_VERSION '{STORAGE_VERSION}')"
            )
            rows = {name: _copy(connection, lake, table) for name, table in TABLES.items()}
            connection.execute("DETACH published")
        building.replace(target)
    except (OSError, duckdb.IOException) as error:
        raise PublishError(
            f"{target}: the DuckDB file could not be written ({error}). "
            "What was published before still stands; free the place and run again."
        ) from error
    finally:
        building.unlink(missing_ok=True)
    return rows


def _sweep(target: Path) -> None:
    """Remove what killed runs left; one run at a time publishes."""
    for left in target.parent.glob(f".{target.name}.*.tmp*"):
        left.unlink()


def _copy(connection: duckdb.DuckDBPyConnection, lake: Lake, table: Table) -> int:
    table = lake.stored(table)
    name = f"published.{table.name}"
    connection.execute(create_statement(table, "published"))
    delta = lake.open(table)
    if delta is not None and (files := delta.file_uris()):
        selected = ", ".join(f'"{column.name}"' for column in table.columns)
        connection.execute(
            f"INSERT INTO {name} SELECT {selected} FROM read_parquet(?, hive_partitioning = true, "
            "hive_types_autocast = false)",
            [files],
        )
    for statement in comment_statements(table, "published"):
        connection.execute(statement)
    (count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
    return int(count)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
