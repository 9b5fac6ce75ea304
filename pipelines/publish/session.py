"""One transaction in PostgreSQL: its statements, its bulk loads, and its mistakes in words for people."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.errors import PublishError, without_values
from pipelines.publish.state import STATE
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

# Where readers find the tables, and the role that may read them.
SCHEMA, READER = "kehu", "kehu_reader"
_BATCH = 50_000
_CONNECT_SECONDS = 10
# PostgreSQL holds no NUL in a text.
_NO_NUL = pl.col(pl.String).str.replace_all("\0", "\N{REPLACEMENT CHARACTER}", literal=True)
# The server's own words; without them the end of the first line: statement and address stand before it.
_CAUSES = (r"(?:ERROR|FATAL): +(.+)", r"([^:\n]+)(?:\n|$)")


class Session:
    """What is said here is committed together, when all has been said."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def ask(self, sql: str) -> list[Any]:
        """The rows of a query."""
        self._cursor.execute(sql)
        return self._cursor.fetchall()

    def tell(self, *statements: str) -> None:
        """Statements that answer nothing."""
        for statement in statements:
            self._cursor.execute(statement)

    def load(self, schema: str, name: str, rows: pl.LazyFrame) -> int:
        """COPY rows into a table, a batch at a time: memory does not grow with them. Returns how many."""
        import pyarrow as pa

        types = pl.DataFrame(schema=rows.collect_schema()).to_arrow().schema
        stream = pa.RecordBatchReader.from_batches(types, _batches(rows.with_columns(_NO_NUL)))
        return self._cursor.adbc_ingest(name, stream, mode="append", db_schema_name=schema)


@contextmanager
def session(url: str, setting: str) -> Iterator[Session]:
    """A transaction in the database at `url`; any mistake in it undoes all of it.

    Raises:
        PublishError: the database is not there, or refuses. It names the setting, and nothing of the URL.
    """
    from adbc_driver_manager import Error
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(limited(url)) as connection, connection.cursor() as cursor:
            yield Session(cursor)
            connection.commit()
    except Error as error:
        raise refused(setting, error) from None


def limited(url: str) -> str:
    """The URL with a limit to how long a connection is waited for."""
    limit = f"{'&' if '?' in url else '?'}connect_timeout={_CONNECT_SECONDS}"
    return url if "connect_timeout" in url else url + limit


def refused(setting: str, error: Exception) -> PublishError:
    """What to tell of a database that is not there, or refuses: the setting, and nothing of the URL."""
    return PublishError(
        f"publish.postgres: {setting}: {_cause(error)}; "
        "what was published there before still stands, the next run sends what is missing"
    )


def _cause(error: Exception) -> str:
    found = (re.search(cause, str(error)) for cause in _CAUSES)
    told = next((match[1].strip() for match in found if match), type(error).__name__)
    return without_values(PublishError(told), {SCHEMA, STATE, READER, *TABLES})


def _batches(rows: pl.LazyFrame) -> Iterator[pa.RecordBatch]:
    for batch in rows.collect_batches(chunk_size=_BATCH):
        yield from batch.to_arrow().to_batches()
