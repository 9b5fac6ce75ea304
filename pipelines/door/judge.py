"""Validation as readers will see it: of the new DuckDB file through pandas, of what PostgreSQL was sent through SQL.

All tables are judged in the months that the publication touches, dimensions as a whole. Of the file, a frame holds some
months at a time, so that memory does not grow with their number; what ties tables together is counted by the database
itself, a row a table.
"""

from __future__ import annotations

import logging
import os
import warnings
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from pipelines.door.suites import columns_needed, suites, ties_query
from pipelines.door.verdict import Verdict
from pipelines.publish.changes import touched
from pipelines.publish.duckdb_file import bounded
from pipelines.publish.postgres import SENT, WHOLE
from pipelines.publish.session import limited, refused
from pipelines.publish.state import STATE
from schemas.comments import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from great_expectations import ExpectationSuite
    from great_expectations.data_context.data_context.ephemeral_data_context import (
        EphemeralDataContext,
    )
    from great_expectations.datasource.fluent import PostgresDatasource
    from great_expectations.datasource.fluent.interfaces import Batch

    from pipelines.publish import duckdb_file, postgres
    from schemas.columns import Column
    from schemas.table import Table

# Rows of a frame, of few columns: 100 MB.
_FRAME = 1_000_000
# Counts alone: a value that is not expected may be personal.
_FORMAT: Any = {"result_format": "BASIC", "partial_unexpected_count": 0}


def through_pandas(staged: duckdb_file.Staged) -> Iterator[Verdict]:
    """A verdict on each table of the new file; none where nothing differs."""
    tables = [one.table for one in staged.changes]
    if not tables:
        return
    source = _context().data_sources.add_pandas("duckdb")
    frames = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    with bounded(staged.building) as connection:
        connection.execute(f"ATTACH {quoted(str(staged.building))} AS published (READ_ONLY)")
        _views(connection, tables, touched(staged.changes))
        whole = {table.name: f"published.{table.name}" for table in tables}
        for table in tables:
            suite = suites(table)
            ties = connection.execute(ties_query(table, f"sent.{table.name}", whole)).df()
            verdict = Verdict("duckdb", table.name)
            for kind, frame in chain([("ties", ties)], _frames(connection, table)):
                batch = frames.get_batch({"dataframe": frame})
                verdict.hear([batch.validate(suite[kind], result_format=_FORMAT)])
            yield verdict


def through_sql(staged: postgres.Staged) -> Iterator[Verdict]:
    """A verdict on each table as PostgreSQL would show it; none where nothing differs.

    Raises:
        PublishError: the connection was lost, or the server gave up: nothing is known of what it holds.
    """
    tables = [one.table for one in staged.changes]
    if not tables:
        return
    # The library puts variables in place of names after $.
    url = limited(staged.url).replace("$", r"\$")
    whole = {table.name: f"{STATE}.{WHOLE}{table.name}" for table in tables}
    with _hearing_of_losses(staged.setting) as lost:
        source = _context().data_sources.add_postgres("postgres", connection_string=url)
        try:
            for table in tables:
                verdict = Verdict("postgres", table.name)
                verdict.hear(
                    batch.validate(suite, result_format=_FORMAT)
                    for suite, batch in _queries(source, table, whole)
                )
                if lost:
                    return
                yield verdict
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()


def _queries(
    source: PostgresDatasource, table: Table, whole: dict[str, str]
) -> Iterator[tuple[ExpectationSuite, Batch]]:
    """The rows of a table, and what ties them together, as PostgreSQL is asked for them, each with its suite."""
    sent = f"{STATE}.{SENT}{table.name}"
    columns = ", ".join(f'"{column.name}"' for column in columns_needed(table)) or "1"
    asked = {"rows": f"SELECT {columns} FROM {sent}", "ties": ties_query(table, sent, whole)}
    for kind, suite in suites(table).items():
        asset = source.add_query_asset(f"{table.name}.{kind}", query=asked[kind])
        yield suite, asset.add_batch_definition_whole_table("all").get_batch()


@contextmanager
def _hearing_of_losses(setting: str) -> Iterator[list[Exception]]:
    """The library takes a lost connection for a failed expectation: what its driver was told is heard here, and is an error."""
    from sqlalchemy import Engine, event
    from sqlalchemy.exc import OperationalError

    lost: list[Exception] = []

    def hear(context: Any) -> None:
        if isinstance(context.sqlalchemy_exception, OperationalError):
            lost.append(context.original_exception)

    event.listen(Engine, "handle_error", hear)
    try:
        yield lost
    except Exception:
        if not lost:
            raise
    finally:
        event.remove(Engine, "handle_error", hear)
    if lost:
        raise refused(setting, lost[0])


def _context() -> EphemeralDataContext:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # asked when the library loads
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its own imports are warned of is not ours to mend
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

    # What it cannot judge is told by name; its log would hold statements and addresses.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _views(connection: duckdb.DuckDBPyConnection, tables: list[Table], months: list[str]) -> None:
    """The touched months of each table, in a schema of its own beside the file."""
    connection.execute("CREATE SCHEMA sent")
    listed = ", ".join(map(quoted, months)) or "NULL"
    for table in tables:
        where = f"WHERE {table.partition} IN ({listed})" if table.partition else ""
        connection.execute(
            f"CREATE VIEW sent.{table.name} AS SELECT * FROM published.{table.name} {where}"
        )


def _frames(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[tuple[str, Any]]:
    """The columns of which something is expected, some months at a time; a month, or a dimension, is never divided.

    Of no rows there is no frame.
    """
    columns = ", ".join(map(_light, columns_needed(table)))
    if not columns:
        return
    month = table.partition or "''"
    counts = f"SELECT {month} AS month, count(*) AS rows FROM sent.{table.name} GROUP BY ALL"
    portions = connection.execute(
        f"SELECT list(month) FROM (SELECT month, sum(rows) OVER (ORDER BY month) // {_FRAME} AS portion "
        f"FROM ({counts})) GROUP BY portion ORDER BY portion"
    ).fetchall()
    for (months,) in portions:
        sql = f"SELECT {columns} FROM sent.{table.name} WHERE {month} IN (SELECT unnest(?))"
        rows = connection.sql(sql, params=[months]).to_arrow_table()
        yield "rows", rows.to_pandas(strings_to_categorical=True, date_as_object=False)


def _light(column: Column) -> str:
    """As pandas holds it at a third of the cost: a Decimal each would be an object."""
    return (
        f'"{column.name}"::DOUBLE AS "{column.name}"'
        if column.kind == "num"
        else f'"{column.name}"'
    )
