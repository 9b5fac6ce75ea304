"""Databases as sources: a query's rows, streamed into one file per delivery date."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.errors import AwayError, DeliveryError, first_line, without_values
from pipelines.settings import secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.engine import Connection, CursorResult, Engine

    from pipelines.settings import Settings, Source
    from pipelines.sources.find import Part

_BATCH = 50_000
_DATE = "_delivered_on"
_INT64 = 2**63 - 1
_CONNECT_SECONDS = 10
_WITH_LIMIT = {"psycopg", "psycopg2", "mysqldb", "pymysql"}  # drivers that call it connect_timeout
_LATEST = date(2200, 1, 1)


def database_parts(
    settings: Settings, number: int, source: Source, first: date, last: date, folder: Path
) -> list[tuple[date, Part]]:
    """The rows of a database source in files below `folder`, one part per delivery date; a snapshot is one part of `last`.

    The query's `:start` and `:end` are the range [first, last + 1 day); days after `last` may be among those of a source whose
    rows tell their day. Rows stream in batches.

    Raises:
        DeliveryError: the database cannot be reached or refuses the query.
    """
    from pipelines.sources.find import Part

    with _asking(source):
        days = _store(settings, source, first, last, Path(tempfile.mkdtemp(dir=folder)))
    return [(day, Part(number, source, {}, _name(source), path)) for day, path in days]


def _name(source: Source) -> str:
    """The variable that holds the URL; of a URL itself, which may hold a password, nothing."""
    return source.place if source.place.startswith("env:") else "database"


def has_day(settings: Settings, source: Source, day: date) -> bool:
    """Whether a database source that is asked for a range has a row of a day; none is kept, and the first is enough.

    Raises:
        DeliveryError: the database cannot be reached or refuses the query.
    """
    with _asking(source), _connection(settings, source) as connection:
        rows = _result(connection, source, day, day)
        if source.delivered_on is None:
            return rows.first() is not None
        return any(str(told)[:10] == day.isoformat() for told in rows.scalars(_DATE))


@contextmanager
def _asking(source: Source) -> Iterator[None]:
    """What goes wrong meanwhile is told with the database, and without values."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, pl.exceptions.PolarsError, UnicodeError) as error:
        told = without_values(error, source.words)
        raise DeliveryError(f"{source.place}: {told}") from None


def _engine(settings: Settings, source: Source) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        url = make_url(secret(source.database or ""))
        if url.drivername.startswith("sqlite") and url.database and url.database != ":memory:":
            path = Path(settings.resolved(url.database))
            if not path.exists():
                raise DeliveryError(f"{path}: there is no such SQLite file")
            url = url.set(database=str(path))
        if url.get_driver_name() in _WITH_LIMIT:
            url = url.update_query_dict({"connect_timeout": f"{_CONNECT_SECONDS}", **url.query})
        return create_engine(url)
    except ModuleNotFoundError as error:
        raise DeliveryError(
            f"{source.place}: the driver {error.name} is not installed; pip install it beside kehu"
        ) from None
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise DeliveryError(
            f"{_name(source)}: not a database URL such as postgresql://user@host/name"
        ) from None


def _store(
    settings: Settings, source: Source, first: date, last: date, folder: Path
) -> list[tuple[date, Path]]:
    batches = []
    with _connection(settings, source) as connection:
        for number, batch in enumerate(_batches(_result(connection, source, first, last), source)):
            path = folder / f"{number:06}.parquet"
            batch.write_parquet(path, compression="lz4")
            batches.append((path, batch.schema))
    types = _common([schema for _, schema in batches])
    rows = pl.concat([pl.scan_parquet(path).cast(types) for path, _ in batches])  # type: ignore[arg-type]
    return _by_date(source, rows, folder, last)


@contextmanager
def _connection(settings: Settings, source: Source) -> Iterator[Connection]:
    engine = _engine(settings, source)
    try:
        with _connected(engine, source) as connection:
            _at_home(connection, settings.calendar.timezone)
            yield connection
    finally:
        engine.dispose()


def _connected(engine: Engine, source: Source) -> Connection:
    """A connection; until there is one a driver's message holds no values, and is told whole."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return engine.connect()
    except SQLAlchemyError as error:
        raise AwayError(f"{source.place}: {first_line(error)}") from None


def _at_home(connection: Connection, timezone: str) -> None:
    """Days begin where the company is, also in the query: PostgreSQL tells times with an offset in the session's zone."""
    from sqlalchemy import text

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT set_config('TimeZone', :zone, false)"), {"zone": timezone})


def _result(connection: Connection, source: Source, first: date, last: date) -> CursorResult[Any]:
    from sqlalchemy import text

    query = source.sql or ""
    if source.delivered_on is not None:
        query = f"SELECT q.*, ({source.delivered_on}) AS {_DATE} FROM ({query}) q"
    bounds = _bounds(source, first, last, connection.dialect.name)
    streaming = {"stream_results": True, "yield_per": _BATCH}
    return connection.execute(text(query), bounds, execution_options=streaming)


def _batches(result: CursorResult[Any], source: Source) -> Iterator[pl.DataFrame]:
    names = list(result.keys())
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DeliveryError(f"{source.place}: the query names {', '.join(repeated)} twice")
    yield pl.DataFrame(schema=dict.fromkeys(names, pl.Null))  # so that no rows are a file too
    for rows in result.partitions(_BATCH):
        columns = zip(*rows, strict=True)
        yield pl.DataFrame([_series(name, c) for name, c in zip(names, columns, strict=True)])


_TYPES: dict[type, Any] = {
    int: pl.Int64, float: pl.Float64, bool: pl.Boolean, str: pl.String, date: pl.Date,
}  # fmt: skip


def _series(name: str, values: tuple[Any, ...]) -> pl.Series:
    """The values of one type as they are; of several, or of an unusual one (exact decimals too), as text."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pl.Series(name, [None] * len(values), dtype=pl.Null)
    dtype = _TYPES.get(next(iter(kinds))) if len(kinds) == 1 else None
    if kinds == {int} and any(abs(value) > _INT64 for value in values if value is not None):
        dtype = None
    if dtype is None:
        return pl.Series(name, [None if v is None else str(v) for v in values], dtype=pl.String)
    return pl.Series(name, values, dtype=dtype)


def _common(schemas: Sequence[pl.Schema]) -> dict[str, Any]:
    """One type per column: that of every batch which has a value for it; where they differ, text."""
    types = {}
    for name in schemas[0].names():
        kinds = {schema[name] for schema in schemas} - {pl.Null()}
        types[name] = kinds.pop() if len(kinds) == 1 else pl.String()
    return types


def _bounds(source: Source, first: date, last: date, dialect: str) -> dict[str, Any]:
    """The query's [start, end); SQLite has no dates, only texts that sort like them.

    Where each row tells its day, nothing ends before these days are whole: a row of them may have been changed since.
    """
    if source.is_snapshot:
        return {}
    end = _LATEST if source.kind == "database" else last + timedelta(days=1)
    if dialect == "sqlite":
        return {"start": first.isoformat(), "end": end.isoformat()}
    return {"start": first, "end": end}


def _by_date(
    source: Source, rows: pl.LazyFrame, folder: Path, last: date
) -> list[tuple[date, Path]]:
    if source.delivered_on is None:
        return [(last, _one_file(rows, folder / "all.rows"))]
    day = pl.col(_DATE).cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    days = rows.select(day.unique()).collect().to_series()
    if days.null_count():
        undated = rows.filter(day.is_null()).select(pl.len()).collect().item()
        raise DeliveryError(f"{source.place}: {undated} rows have no delivered_on date")
    return [
        (found, _one_file(rows.filter(day == found).drop(_DATE), folder / f"{found}.rows"))
        for found in days.sort()
    ]


def _one_file(rows: pl.LazyFrame, target: Path) -> Path:
    rows.sink_parquet(target, compression="lz4")
    return target


def content_digest(path: Path) -> str:
    """A digest of the rows in a file that does not depend on their order."""
    rows = pl.scan_parquet(path)
    total, count = rows.select(pl.struct(pl.all()).hash(seed=0).sum(), pl.len()).collect().row(0)
    return f"{count}|{total}"
