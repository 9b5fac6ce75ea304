"""Publication to a real PostgreSQL server: the same tables as in the DuckDB file, whole at any moment, after any mishap."""

from __future__ import annotations

import os
import signal
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import psycopg
import pytest

from pipelines.errors import PublishError
from pipelines.freshness import calendar_of
from pipelines.lake import Lake
from pipelines.publish import postgres, session
from pipelines.settings import load
from schemas.catalogue import TABLES
from schemas.comments import column_comment, table_comment
from tests import postgres as servers
from tests.company import SETTINGS, Company, customer, line, product
from tests.lakes import MONTHS, lake_in, published_file, rows

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.skipif(
    servers.binaries() is None, reason="no PostgreSQL server is installed on this machine"
)
_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server for the whole file."""
    with servers.server() as url:
        yield url


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """The URL of a database of its own."""
    name = f"bi{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield server.removesuffix("postgres") + name
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    """What a query answers; what a statement does is committed."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that no test changes."""
    return lake_in(tmp_path_factory.mktemp("lake"))


def publish(lake: Lake, url: str) -> postgres.Sent:
    with postgres.staged(lake, url, "env:KEHU_PUBLISH_URL") as staged:
        return staged.swap()


def test_every_row_and_comment_as_in_the_duckdb_file(
    tmp_path: Path, lake: Lake, database: str
) -> None:
    """Guards against a table left out, a decimal rounded, a NULL that became a text, a comment or a key forgotten."""
    sent = publish(lake, database)
    published = published_file(lake, tmp_path / "kehu.duckdb")
    assert sent.rows == published
    with duckdb.connect(str(tmp_path / "kehu.duckdb")) as file:
        for name, table in TABLES.items():
            expected = file.execute(f"SELECT * FROM {name}").fetchall()
            found = ask(database, f"SELECT * FROM kehu.{name}")
            assert sorted(found, key=repr) == sorted(expected, key=repr), name
            columns = ask(
                database,
                "SELECT attname, attnotnull, col_description(attrelid, attnum) FROM pg_attribute "
                f"WHERE attrelid = 'kehu.{name}'::regclass AND attnum > 0 ORDER BY attnum",
            )
            assert columns == [(c.name, c.required, column_comment(c)) for c in table.columns]
            with pytest.raises(psycopg.errors.UniqueViolation):
                ask(database, f"INSERT INTO kehu.{name} SELECT * FROM kehu.{name} LIMIT 1")
    comments = ask(database, "SELECT obj_description('kehu.rpt_rfm'::regclass)")
    assert comments == [(table_comment(TABLES["rpt_rfm"]),)]
    ((about,),) = ask(database, "SELECT obj_description('kehu.v_latest_rpt_rfm'::regclass)")
    assert about.endswith("the newest as-of month alone")


def test_only_what_changed_is_sent(tmp_path: Path, database: str) -> None:
    """Guards against nights that send everything again, corrections that are not sent, and months that stay for ever."""
    lake = lake_in(tmp_path)
    publish(lake, database)
    where = "SELECT as_of_month, xmin::text FROM kehu.rpt_rfm ORDER BY 1"
    before = ask(database, where)
    state = "SELECT xmin::text FROM kehu_state.published"
    noted = ask(database, state)
    assert publish(lake, database).rows == {}
    assert ask(database, state) == noted  # nothing was written at all

    table = TABLES["rpt_rfm"]
    for declared in TABLES.values():  # the same rows in new files, but for a month of one report
        lake.replace(declared, rows(declared))
    corrected = rows(table, "corrected").filter(pl.col("as_of_month") == MONTHS[1])
    lake.replace(table, corrected, f"as_of_month = '{MONTHS[1]}'")
    assert publish(lake, database).rows == {"rpt_rfm": 3}
    after = ask(database, where)
    assert after[:3] == before[:3]
    assert not {row for row in after if row[0] == MONTHS[1]} & {*before}

    for declared in TABLES.values():
        if declared.partition:
            lake.delete(declared, f"as_of_month = '{MONTHS[1]}'")
    assert publish(lake, database).rows == {}
    assert ask(database, "SELECT DISTINCT as_of_month FROM kehu.rpt_rfm") == [(MONTHS[0],)]
    assert ask(database, "SELECT DISTINCT as_of_month FROM kehu.v_latest_rpt_rfm") == [(MONTHS[0],)]


def test_latest_view_is_empty_where_the_newest_month_has_no_rows(
    tmp_path: Path, database: str
) -> None:
    """Guards against findings of an older month that are shown as the latest when the newest month has none."""
    lake = lake_in(tmp_path)
    lake.delete(TABLES["rpt_finding"], f"as_of_month = '{MONTHS[1]}'")
    publish(lake, database)
    assert ask(database, "SELECT count(*) FROM kehu.v_latest_rpt_finding") == [(0,)]
    assert ask(database, "SELECT DISTINCT as_of_month FROM kehu.v_latest_rpt_rfm") == [(MONTHS[1],)]


def test_text_that_postgres_cannot_hold(tmp_path: Path, database: str) -> None:
    """Guards against one NUL in a name that keeps every later run from publishing."""
    lake = lake_in(tmp_path)
    lake.replace(TABLES["dim_product"], rows(TABLES["dim_product"], "a\0b"))
    publish(lake, database)
    assert "a\N{REPLACEMENT CHARACTER}b" in {
        cell for row in ask(database, "SELECT * FROM kehu.dim_product") for cell in row
    }


# Readers


def test_no_reader_ever_sees_two_runs(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against a join of a dimension with a report of which each comes from another run."""
    two = {name: TABLES[name] for name in ("dim_product", "rpt_rfm")}
    monkeypatch.setattr(postgres, "TABLES", two)
    lakes = [lake_in(tmp_path / note, note, two) for note in ("even", "odd")]
    noted = [
        next(c.name for c in t.columns if c.kind == "text" and not c.key) for t in two.values()
    ]
    query = f"SELECT p.{noted[0]}, r.{noted[1]} FROM kehu.dim_product p, kehu.rpt_rfm r"
    publish(lakes[0], database)
    ends, seen, faults = Event(), [set(), set(), set()], []

    def read(own: set[tuple[str, ...]]) -> None:
        try:
            with psycopg.connect(database, autocommit=True) as connection:
                while not ends.is_set():
                    found = connection.execute(query).fetchall()
                    own.add((str(len(found)), *sorted({cell for row in found for cell in row})))
                    ends.wait(0.002)  # leaves the publisher a processor
        except psycopg.Error as error:
            faults.append(error)

    readers = [Thread(target=read, args=(own,)) for own in seen]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 201):
            assert publish(lakes[number % 2], database).rows == {"dim_product": 3, "rpt_rfm": 6}
    finally:
        ends.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert set().union(*seen) == {("18", "even"), ("18", "odd")}


def test_neither_waits_for_the_other(tmp_path: Path, lake: Lake, database: str) -> None:
    """Guards against a lock that keeps readers out while months are loaded: locks that exclude readers wait for this one."""
    publish(lake, database)
    with psycopg.connect(database) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old = reader.execute("SELECT * FROM kehu.v_latest_rpt_rfm").fetchall()
        assert len(publish(lake_in(tmp_path, "new"), database).rows) > 20
        assert reader.execute("SELECT * FROM kehu.v_latest_rpt_rfm").fetchall() == old
    assert ask(database, "SELECT * FROM kehu.v_latest_rpt_rfm") != old


def test_the_role_reads_and_nothing_else(lake: Lake, database: str) -> None:
    """Guards against BI users who can change a table, or see more than the tables."""
    publish(lake, database)
    ask(database, "DROP ROLE IF EXISTS analyst")
    ask(database, "CREATE ROLE analyst LOGIN IN ROLE kehu_reader")
    analyst = database.replace("//kehu@", "//analyst@")
    for name, table in TABLES.items():
        assert ask(analyst, f"SELECT count(*) FROM kehu.{name}") == [(6 if table.partition else 3,)]
        if table.partition:
            assert ask(analyst, f"SELECT count(*) FROM kehu.v_latest_{name}") == [(3,)]
    for refused in (
        "SELECT * FROM kehu_state.published",
        "SELECT * FROM kehu_state.shapes",
        "DELETE FROM kehu.rpt_rfm",
        "INSERT INTO kehu.rpt_rfm SELECT * FROM kehu.rpt_rfm",
        "UPDATE kehu.rpt_rfm SET as_of_month = ''",
        "TRUNCATE kehu.rpt_rfm",
        "DROP VIEW kehu.v_latest_rpt_rfm",
        "CREATE TABLE kehu.own (a int)",
        "CREATE TABLE kehu_state.own (a int)",
        "CREATE ROLE another",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(analyst, refused)


@contextmanager
def without_role(server: str) -> Iterator[None]:
    """While the role of readers has another name."""
    ask(server, "DO $$ BEGIN CREATE ROLE kehu_reader; EXCEPTION WHEN duplicate_object THEN END $$")
    ask(server, "ALTER ROLE kehu_reader RENAME TO aside")
    try:
        yield
    finally:
        ask(server, "ALTER ROLE aside RENAME TO kehu_reader")


def test_a_role_that_may_not_be_created_is_told_and_served_once_it_is_there(
    server: str, lake: Lake, database: str
) -> None:
    """Guards against a publication that fails for want of a role, or forgets the one that came later."""
    ask(database, "DROP ROLE IF EXISTS modest")
    ask(database, "CREATE ROLE modest LOGIN")
    ask(database, f"GRANT CREATE ON DATABASE {database.rpartition('/')[2]} TO modest")
    modest = database.replace("//kehu@", "//modest@")
    may_read = "SELECT has_table_privilege('kehu_reader', 'kehu.rpt_rfm', 'SELECT')"
    with without_role(server):
        told = publish(lake, modest).notes
        assert [note.split(":")[0] for note in told] == ["PostgreSQL", "PostgreSQL"]
        assert "CREATE ROLE kehu_reader NOLOGIN" in told[1]
    assert ask(database, may_read) == [(False,)]
    again = publish(lake, modest)
    assert (again.rows, again.notes) == ({}, [])
    assert ask(database, may_read) == [(True,)]
    ask(database, "DROP OWNED BY modest")


def test_schemas_that_somebody_else_made(server: str, lake: Lake, database: str) -> None:
    """Guards against a publisher who may not create schemas, and is given none to publish in."""
    ask(database, "DROP ROLE IF EXISTS granted")
    ask(database, "CREATE ROLE granted LOGIN")
    for schema in ("kehu", "kehu_state"):
        ask(database, f"CREATE SCHEMA {schema} AUTHORIZATION granted")
    assert len(publish(lake, database.replace("//kehu@", "//granted@")).rows) == len(TABLES)
    ask(database, "DROP OWNED BY granted")


# Mishaps


def refusal(lake: Lake, url: str) -> str:
    """What a publication that fails says: one line, and nothing of the URL."""
    with pytest.raises(PublishError) as caught:
        publish(lake, url)
    told = str(caught.value)
    assert "\n" not in told
    assert not [secret for secret in ("127.0.0.1", "s3cret", "//") if secret in told]
    return told.removeprefix("publish.postgres: env:KEHU_PUBLISH_URL: ").partition("; what")[0]


def test_servers_that_refuse(server: str, lake: Lake, database: str) -> None:
    """Guards against a traceback, or a password in a log, where a server is away or refuses."""
    for statement in ("CREATE ROLE guarded LOGIN PASSWORD 's3cret'", "CREATE ROLE limited LOGIN"):
        ask(server, statement)
    ((rules,),) = ask(server, "SHOW hba_file")
    known = Path(rules).read_text(encoding="utf-8")
    Path(rules).write_text(f"host all guarded all scram-sha-256\n{known}", encoding="utf-8")
    ask(server, "SELECT pg_reload_conf()")
    own = database.partition("@")[2]
    port = own.partition("/")[0]
    assert refusal(lake, "postgresql://kehu:s3cret@127.0.0.1:1/x") == "Connection refused"
    wrong = refusal(lake, f"postgresql://guarded:s3crets3cret@{own}")
    assert wrong == "password authentication failed for user ..."
    assert refusal(lake, f"postgresql://kehu:s3cret@{port}/nowhere") == "database ..."
    assert refusal(lake, f"postgresql://limited@{own}").startswith("permission denied for database")
    assert ask(database, "SELECT to_regnamespace('kehu')") == [(None,)]


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ("IO: Error writing tuple field data: server closed the connection unexpectedly\n\tThis probably", "server closed the connection unexpectedly"),
        ('IO: [libpq] Failed to connect: could not translate host name "bi.s3cret.example" to address: Name or service not known\n', "Name or service not known"),
        ('IO: [libpq] Failed to connect: invalid integer value "s3cret" for connection option "port"\n', "invalid integer value ..."),
        ('ALREADY_EXISTS: COPY failed: ERROR:  duplicate key value violates unique constraint "rpt_rfm_pkey"\nDETAIL:  Key (customer_id)=(s3cret) already exists.\n', "duplicate key value violates unique constraint ..."),
        ("INTERNAL: [libpq] Failed to execute query 'GRANT x': ERROR:  could not extend file: No space left on device\nHINT: x", "could not extend file: No space left on device"),
        ("", "Exception"),
    ],
)  # fmt: skip
def test_causes_in_the_servers_own_words(told: str, cause: str) -> None:
    """Guards against messages of the driver that carry the address, a statement or a row's value into the log."""
    assert session._cause(Exception(told)) == cause


def test_a_connection_cut_while_it_loads(
    tmp_path: Path, lake: Lake, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against half a publication, and against one that is never mended."""
    publish(lake, database)
    old = ask(database, "SELECT * FROM kehu.rpt_visit_plan")
    newer = lake_in(tmp_path, "newer")
    batches = session._batches

    def cut(frame: pl.LazyFrame) -> Iterator[Any]:
        yield from batches(frame)
        if "finding_id" in frame.collect_schema():  # one of the last tables
            ask(
                database,
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )

    with monkeypatch.context() as patched:
        patched.setattr(session, "_batches", cut)
        assert "terminat" in refusal(newer, database)
    assert ask(database, "SELECT * FROM kehu.rpt_visit_plan") == old
    assert len(publish(newer, database).rows) > 20
    assert ask(database, "SELECT * FROM kehu.rpt_visit_plan") != old


def test_a_server_that_crashes_between_staging_and_swap(
    tmp_path: Path, lake: Lake, database: str
) -> None:
    """Guards against months that are empty for good: the crash takes what was loaded to take their place."""
    publish(lake, database)
    old = ask(database, "SELECT * FROM kehu.rpt_visit_plan")
    newer = lake_in(tmp_path, "newer")
    with postgres.staged(newer, database, "env:KEHU_PUBLISH_URL") as staged:
        crash(database)
        with pytest.raises(PublishError, match=r"KEHU_PUBLISH_URL: kehu_state.\w+ holds 0 of the \d rows that were loaded; what was"):  # fmt: skip
            staged.swap()
    assert ask(database, "SELECT * FROM kehu.rpt_visit_plan") == old
    assert len(publish(newer, database).rows) > 20
    assert ask(database, "SELECT * FROM kehu.rpt_visit_plan") != old


def crash(url: str) -> None:
    """Kill a process of the server: it ends all others, and recovers."""
    with closing(psycopg.connect(url, autocommit=True)) as other:
        with closing(psycopg.connect(url)) as one:
            os.kill(one.info.backend_pid, signal.SIGKILL)
        with suppress(psycopg.OperationalError):
            other.execute("SELECT pg_sleep(30)")
    for _ in range(300):
        with suppress(psycopg.OperationalError):
            ask(url, "SELECT 1")
            return
        sleep(0.1)
    raise TimeoutError("the server did not recover in 30 s")


def test_a_table_of_another_version_is_made_anew(tmp_path: Path, database: str) -> None:
    """Guards against rows that no longer fit their table, and against personal columns that stay behind."""
    lake = lake_in(tmp_path)
    publish(lake, database)
    table = TABLES["dim_customer"]
    column = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'kehu.dim_customer'::regclass AND attname = 'phone'"
    lake.replace(table, rows(table).with_columns(phone=pl.lit("123")))
    assert publish(lake, database).rows == {"dim_customer": 3}
    assert ask(database, "SELECT DISTINCT phone FROM kehu.dim_customer") == [("123",)]
    lake.replace(table, rows(table))
    assert publish(lake, database).rows == {"dim_customer": 3}
    assert ask(database, column) == [(0,)]

    ask(database, "DROP VIEW kehu.v_latest_rpt_rfm")
    ask(database, "ALTER TABLE kehu.rpt_rfm ADD COLUMN old text")
    ask(database, "CREATE TABLE kehu.rpt_gone (a int)")
    ask(database, "UPDATE kehu_state.shapes SET shape = 'old' WHERE table_name = 'rpt_rfm'")
    ask(database, "INSERT INTO kehu_state.shapes VALUES ('rpt_gone', 'old')")
    assert publish(lake, database).rows == {"rpt_rfm": 6}
    assert ask(database, "SELECT to_regclass('kehu.rpt_gone')") == [(None,)]
    assert len(ask(database, "SELECT * FROM kehu.v_latest_rpt_rfm")) == 3
    granted = "SELECT has_table_privilege('kehu_reader', 'kehu.{}rpt_rfm', 'SELECT')"
    assert [ask(database, granted.format(kind)) for kind in ("", "v_latest_")] == [[(True,)]] * 2

    ask(database, "CREATE VIEW public.own AS SELECT as_of_month FROM kehu.rpt_rfm")
    ask(database, "UPDATE kehu_state.shapes SET shape = 'old' WHERE table_name = 'rpt_rfm'")
    told = refusal(lake, database)
    assert told.startswith("cannot drop table")
    assert told.endswith("rpt_rfm because other objects depend on it")
    assert len(ask(database, "SELECT * FROM public.own")) == 6


def test_a_run_that_cannot_publish_is_mended_by_the_next(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against months noted as done that readers of PostgreSQL never saw, and a database that nobody fills again."""
    settings = SETTINGS.replace("kehu.duckdb}", "kehu.duckdb, postgres: env:KEHU_PUBLISH_URL}")
    company = Company(tmp_path / "company", settings)
    company.deliver("customers", "2024-01-01", customer(1))
    company.deliver("products", "2024-01-01", product(1))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", "100.0001"))
    monkeypatch.setenv("KEHU_PUBLISH_URL", "postgresql://kehu:s3cret@127.0.0.1:1/x")
    failed = company.run()
    (problem,) = failed.problems
    assert problem == (
        "published__postgres: publish.postgres: env:KEHU_PUBLISH_URL: Connection refused; "
        "what was published there before still stands, the next run sends what is missing"
    )
    lake, known = Lake(str(company.folder / "lake")), load(company.settings)
    assert calendar_of(lake, known).stale(lake) == ["2024-01"]

    monkeypatch.setenv("KEHU_PUBLISH_URL", database)
    mended = company.run()
    assert (mended.problems, mended.months) == ([], ["2024-01"])
    assert any("rows sent to" in note for note in mended.notes)
    amount = "SELECT sales_amount FROM kehu.v_latest_rpt_concentration WHERE period = 'month'"
    assert ask(database, amount) == [(Decimal("100.0001"),)]

    ask(database, "DROP TABLE kehu.rpt_rfm CASCADE")
    again = company.run()  # no month is out of date
    assert (again.problems, again.months) == ([], [])
    assert "PostgreSQL: 1 rows sent to 1 tables" in again.notes
