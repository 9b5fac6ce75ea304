"""Dagster's SQLite event log with its connections kept open.

Dagster opens two databases anew for every event; a range run of many months writes thousands of events, one
per asset and partition. Keeping the connections makes such a run's bookkeeping several times cheaper (see
docs/adr/0003-event-log.md). What is stored, and where, is Dagster's own.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import create_db_conn_string
from sqlalchemy import create_engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

_BUSY_SECONDS = 60
# Each run has a database of its own, and a daemon sees thousands of runs.
_MOST_OPEN = 8


class SqliteEventLog(SqliteEventLogStorage):
    """The default event log, engines of the databases last used instead of one per event."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._has_index_columns: bool | None = None
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """Nothing to configure: the log lies in DAGSTER_HOME, where Dagster would have put it."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> SqliteEventLog:  # noqa: ARG003
        """The log of DAGSTER_HOME; without one, a temporary log, as Dagster does."""
        home = os.environ.get("DAGSTER_HOME") or tempfile.mkdtemp(prefix="kehu-dagster-")
        return cls(os.path.join(home, "history", "runs"), inst_data)  # noqa: PTH118 - Dagster's own form

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a database, kept as the last used; the one that was not used for longest is closed."""
        engine = self._engines.pop(shard, None) or self._open(shard)
        self._engines[shard] = engine
        if len(self._engines) > _MOST_OPEN:
            self._close(next(iter(self._engines)))
        return engine

    def _close(self, shard: str) -> None:
        engine = self._engines.pop(shard, None)
        if engine is not None:
            engine.dispose()

    def _open(self, shard: str) -> Engine:
        engine = create_engine(
            create_db_conn_string(self._base_dir, shard),
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _without_waiting_for_the_disk)
        self._initdb(engine)
        return engine

    def _has_asset_key_index_cols_on_connection(self, conn: Connection) -> bool:
        if self._has_index_columns is None:
            self._has_index_columns = super()._has_asset_key_index_cols_on_connection(conn)
        return self._has_index_columns

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; one that was there stays, and Dagster asks with almost every event."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def delete_events(self, run_id: str) -> None:
        """Remove the events of a run, and its database: Dagster leaves an empty one behind."""
        super().delete_events(run_id)
        with self._db_lock:
            self._close(run_id)
            for left in Path(self._base_dir).glob(f"{run_id}.db*"):
                left.unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close the connections."""
        for shard in list(self._engines):
            self._close(shard)
        super().dispose()


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    """In WAL mode a commit need not wait: a power cut may lose the last events, never the database."""
    connection.execute("PRAGMA synchronous=NORMAL")
