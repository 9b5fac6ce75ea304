"""Dagster's SQLite event log with its connections kept open.

Dagster opens two databases anew for every event; a range run of many months writes thousands of events, one
per asset and partition. Keeping the connections makes such a run's bookkeeping several times cheaper (see
docs/adr/0003-event-log.md). What is stored, and where, is Dagster's own.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import create_db_conn_string
from sqlalchemy import create_engine, event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

_BUSY_SECONDS = 60


class SqliteEventLog(SqliteEventLogStorage):
    """The default event log, one engine per database instead of one per event."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._has_index_columns: bool | None = None
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
            engine = self._engines.get(shard) or self._open(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _open(self, shard: str) -> Engine:
        engine = create_engine(
            create_db_conn_string(self._base_dir, shard),
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _without_waiting_for_the_disk)
        self._initdb(engine)
        self._engines[shard] = engine
        return engine

    def _has_asset_key_index_cols_on_connection(self, conn: Connection) -> bool:
        if self._has_index_columns is None:
            self._has_index_columns = super()._has_asset_key_index_cols_on_connection(conn)
        return self._has_index_columns

    def dispose(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    """In WAL mode a commit need not wait: a power cut may lose the last events, never the database."""
    connection.execute("PRAGMA synchronous=NORMAL")
