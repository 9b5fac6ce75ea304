"""Databases as sources: SQLite, and a PostgreSQL server that runs while the tests do."""

from __future__ import annotations

import sqlite3
import tempfile
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.lake import Lake
from pipelines.landing import Landing, Loaded
from pipelines.look import check
from pipelines.settings import load
from pipelines.sources import databases
from schemas.catalogue import FEEDS
from schemas.state import QUARANTINE
from tests import postgres
from tests.receivers import hanging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = """\
name: T
currency: EUR
calendar: {timezone: Asia/Shanghai}
feeds:
  customers: {path: customers.csv}
  sales:
    database: DATABASE
    sql: QUERY
"""
BY_RANGE = "SELECT * FROM lines WHERE moved_at >= :start AND moved_at < :end"
COLUMNS = "order_id, line_no, sold_on, customer_id, product_id, quantity, net_amount, moved_at"


def landing(folder: Path, database: str, query: str, delivered_on: str | None = None) -> Landing:
    """The landing zone of a company whose sales come from a database."""
    text = SETTINGS.replace("DATABASE", database).replace("QUERY", query)
    if delivered_on:
        text += f"    delivered_on: {delivered_on}\n"
    path = folder / "kehu.yaml"
    path.write_text(text, encoding="utf-8")
    return Landing(load(path), Lake(str(folder / "lake")))


def take(folder: Path, database: str, query: str, delivered_on: str | None = None, first: str = "2024-01-01", last: str = "2024-01-31") -> Loaded:  # fmt: skip
    """What becomes of the deliveries from `first` to `last`."""
    zone = landing(folder, database, query, delivered_on)
    return zone.load(FEEDS["sales"], first, last, {})


def accepted(folder: Path) -> list[tuple[Any, ...]]:
    """Order, date of delivery and amount of what was accepted."""
    rows = Lake(str(folder / "lake")).scan(FEEDS["sales"].accepted)
    return sorted(rows.select("order_id", "delivered_on", "net_amount").collect().rows())


def line(order: str, moved_at: str, amount: Any, quantity: Any = 1) -> tuple[Any, ...]:
    """A row of the table."""
    return (order, 1, "2024-01-05", "C1", "P1", quantity, amount, moved_at)


def sqlite(folder: Path, *rows: tuple[Any, ...]) -> str:
    """A SQLite database with these lines."""
    with sqlite3.connect(folder / "erp.db") as connection:
        connection.execute(f"CREATE TABLE lines ({COLUMNS})")
        connection.executemany("INSERT INTO lines VALUES (?,?,?,?,?,?,?,?)", rows)
    connection.close()
    return "sqlite:///erp.db"


def test_rows_of_the_range_by_their_date(tmp_path: Path) -> None:
    """A row of the first or last day left out, or one of the day after taken, is lost or taken twice."""
    url = sqlite(
        tmp_path,
        line("before", "2023-12-31 23:59:59", 1),
        line("first", "2024-01-01 00:00:00", 2.5),
        line("same day", "2024-01-01 12:00:00", "3.00005"),
        line("last", "2024-01-31 23:59:59", 4),
        line("after", "2024-02-01 00:00:00", 5),
    )
    found = take(tmp_path, url, BY_RANGE, "DATE(moved_at)")
    assert (found.delivered, found.failures) == (3, [])
    assert accepted(tmp_path) == [
        ("first", date(2024, 1, 1), Decimal("2.5")),
        ("last", date(2024, 1, 31), Decimal(4)),
        ("same day", date(2024, 1, 1), Decimal("3.0001")),
    ]


def test_a_query_without_dates_is_a_snapshot(tmp_path: Path) -> None:
    """A register that is read whole each night must count as delivered on the last date, and be told apart by content."""
    url = sqlite(tmp_path, line("A", "2023-01-01", 1))
    found = take(tmp_path, url, "SELECT * FROM lines")
    assert (found.dates, found.accepted) == (["2024-01-31"], 1)
    zone = landing(tmp_path, url, "SELECT * FROM lines")
    last = date(2024, 2, 29)
    assert zone.new_deliveries(FEEDS["sales"], last, tmp_path) == []
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("UPDATE lines SET net_amount = 2")
    connection.close()
    (new,) = zone.new_deliveries(FEEDS["sales"], last, tmp_path)
    assert new.delivered_on == last


def test_values_of_another_type_are_not_dropped(tmp_path: Path) -> None:
    """A column that is a number for 50,000 rows and a word in the next must not lose the word as NULL."""
    many = [line(f"{n}", "2024-01-02", n, n) for n in range(50_000)]
    odd = [line("word", "2024-01-02", 7, "many"), line("digits", "2024-01-02", "7.25")]
    found = take(tmp_path, sqlite(tmp_path, *many, *odd), "SELECT * FROM lines")
    assert (found.accepted, found.quarantined, found.lost) == (50_001, 1, [])
    assert dict(found.reasons) == {"type:quantity": 1}
    raw = Lake(str(tmp_path / "lake")).scan(QUARANTINE).collect()["raw_row"].to_list()
    assert '"quantity":"many"' in raw[0]
    assert ("digits", date(2024, 1, 31), Decimal("7.25")) in accepted(tmp_path)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM nowhere", "sqlite:///erp.db: no such table: nowhere"),
        ("SELEC 1", 'sqlite:///erp.db: near "SELEC": syntax error'),
        ("SELECT 1 AS a, 2 AS a", "sqlite:///erp.db: the query names a twice"),
        ("SELECT 1 AS order_id", "database: sales requires line_no, sold_on, customer_id, product_id, quantity, net_amount: not there and not mapped; found: order_id"),
    ],
)  # fmt: skip
def test_queries_that_fail(tmp_path: Path, query: str, message: str) -> None:
    """A traceback of a driver names neither the feed nor the database."""
    (told,) = take(tmp_path, sqlite(tmp_path), query).failures
    assert told.removeprefix("sales of 2024-01-31: ").removeprefix("sales: ") == message


def test_rows_without_a_date_of_delivery(tmp_path: Path) -> None:
    """Rows that belong to no delivery would be counted by none, and lost."""
    url = sqlite(tmp_path, line("A", "2024-01-02", 1), line("B", "2024-01-03x", 1))
    (told,) = take(tmp_path, url, BY_RANGE, "NULLIF(DATE(moved_at), NULL)").failures
    assert told == "sales: sqlite:///erp.db: 1 rows have no delivered_on date"


def test_what_a_query_answered_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of personal data that lie in the temporary folder for as long as the process lives, or for ever."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    url = sqlite(tmp_path, line("A", "2024-01-05", 1), line("B", "2024-02-05", 1))
    assert take(tmp_path, url, BY_RANGE, "DATE(moved_at)").accepted == 1
    assert check(tmp_path / "kehu.yaml")[0]["sales"].rows == 1
    assert [*temporary.iterdir()] == []


def test_a_server_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes connections and says nothing holds up the night of all feeds without an end."""
    monkeypatch.setattr(databases, "_CONNECT_SECONDS", 2)
    with hanging() as port:
        monkeypatch.setenv("ERP_URL", f"postgresql://kehu@127.0.0.1:{port}/x")
        found = take(tmp_path, "env:ERP_URL", "SELECT 1")
    assert found.failures == ["sales: env:ERP_URL: connection timeout expired"]
    assert found.is_away


# PostgreSQL

needs_server = pytest.mark.skipif(
    postgres.binaries() is None, reason="no PostgreSQL server is installed on this machine"
)


@pytest.fixture(scope="module")
def erp() -> Iterator[str]:
    """A server with lines in types of its own."""
    import psycopg

    with postgres.server() as url:
        with psycopg.connect(url) as connection:
            connection.execute(
                "CREATE TABLE lines (order_id text, line_no bigint, sold_on date, customer_id uuid, product_id char(4), "
                "quantity numeric(30, 10), net_amount numeric, moved_at timestamptz, nothing int)"
            )
            connection.execute(
                "INSERT INTO lines SELECT '订单' || n, n, DATE '2024-01-05', gen_random_uuid(), 'P1', "
                "n + 0.00005, 922337203685.47755, TIMESTAMPTZ '2024-01-01 00:00+08' + n * INTERVAL '1 minute' "
                "FROM generate_series(1, 60000) n"
            )
            connection.execute("UPDATE lines SET net_amount = 'NaN' WHERE line_no = 60000")
        yield url


@needs_server
def test_postgres_exact_and_whole(
    tmp_path: Path, erp: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A numeric that passes through a double loses its last digits; a stream that breaks off loses rows."""
    monkeypatch.setenv("ERP_URL", erp)
    found = take(
        tmp_path, "env:ERP_URL", BY_RANGE, "CAST(moved_at AS DATE)",
        last="2024-03-31",
    )  # fmt: skip
    assert (found.failures, found.lost) == ([], [])
    assert (found.accepted, dict(found.reasons)) == (59_999, {"type:net_amount": 1})
    rows = Lake(str(tmp_path / "lake")).scan(FEEDS["sales"].accepted).collect()
    assert rows["net_amount"].unique().to_list() == [Decimal("922337203685.4776")]
    assert rows["quantity"].sum() == sum(range(1, 60_000)) + Decimal("0.0001") * 59_999
    assert rows["order_id"].str.starts_with("订单").all()
    assert rows["delivered_on"].min() == date(2024, 1, 1)
    assert len(found.dates) == 42


@needs_server
@pytest.mark.parametrize(
    ("url", "query", "message"),
    [
        ("", "SELECT * FROM nowhere", 'env:ERP_URL: relation "nowhere" does not exist'),
        ("", "SELECT order_id::int AS line_no FROM lines", "env:ERP_URL: invalid input syntax for type integer: ..."),
        ("postgresql://kehu@127.0.0.1:1/x", "SELECT 1", "env:ERP_URL: connection failed: connection to server at"),
        ("mysql://kehu@127.0.0.1/x", "SELECT 1", "env:ERP_URL: the driver MySQLdb is not installed; pip install it beside kehu"),
    ],
)  # fmt: skip
def test_servers_that_refuse(
    tmp_path: Path, erp: str, monkeypatch: pytest.MonkeyPatch, url: str, query: str, message: str
) -> None:
    """The address of a server, with its password, must not stand in a message; nor a value that the server quotes."""
    monkeypatch.setenv("ERP_URL", url or erp)
    (told,) = take(tmp_path, "env:ERP_URL", query).failures
    assert told.removeprefix("sales: ").startswith(message)
    assert "\n" not in told
