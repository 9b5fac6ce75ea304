"""PostgreSQL: the reporting tables in the schema `kehu`, brought up to the lake in one transaction.

Readers see what the last transaction left until this one ends. Rows are deleted and copied in, which no reader waits for;
a table of another shape is filled aside and takes its place at the very end. What was sent is written down in the
database itself, in the same transaction: a run that dies leaves nothing half known.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from pipelines.publish.changes import Change, State, change, rows_of
from pipelines.publish.session import session
from schemas.catalogue import TABLES
from schemas.comments import quoted
from schemas.ddl import create_statement, index_statements, latest_view, placed_statements

if TYPE_CHECKING:
    from pipelines.lake import Lake
    from pipelines.publish.session import Session
    from schemas.table import Table

SCHEMA, STATE, READER = "kehu", "kehu_state", "kehu_reader"
_ABOUT = "Kehu 报表；表与列的含义见各自的注释 · Reporting tables of Kehu; comments on tables and columns say what they mean"
_NO_READER = f"PostgreSQL: there is no role {READER}, and the publishing user may not create it: CREATE ROLE {READER} NOLOGIN"
_SHAPES = ("table_name", "shape")
# A row per table and part: as-of month, or '' for a dimension as a whole.
_PUBLISHED = ("table_name", "as_of_month", "files", "content")
_COLUMNS = ", ".join(f"{name} text NOT NULL" for name in _PUBLISHED)
_MAKE_STATE = (
    f"CREATE TABLE IF NOT EXISTS {STATE}.shapes (table_name text PRIMARY KEY, shape text NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {STATE}.published ({_COLUMNS}, PRIMARY KEY (table_name, as_of_month))",
)
# Of the whole publication: a report without rows in the newest month shows none, not those of an older one.
_NEWEST = f"SELECT max(as_of_month) FROM {STATE}.published"
# Whoever reads for long in a table that changes its shape is not waited for: new readers would queue behind us.
_LOCK_TIMEOUT = "10s"
_NULLS_NOT_DISTINCT_SINCE = 150_000


@dataclass
class Sent:
    """Rows sent per table that was not up to date, and what the summary says of it."""

    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def publish(lake: Lake, url: str, setting: str) -> Sent:
    """Send what the lake has and the database at `url` has not: all of it or nothing.

    Raises:
        PublishError: the database is not there, or refuses; what was published before still stands.
    """
    with session(url, setting) as database:
        sent = _Publication(lake, database).run()
    if sent.rows:
        told = f"PostgreSQL: {sum(sent.rows.values()):,} rows sent to {len(sent.rows)} tables"
        sent.notes.insert(0, told)
    return sent


class _Publication:
    """What one transaction finds, and what it makes of it."""

    def __init__(self, lake: Lake, database: Session) -> None:
        self._lake = lake
        self._database = database
        ((version,),) = self._database.ask("SELECT current_setting('server_version_num')::int")
        self._null_option = "NULLS NOT DISTINCT" if version >= _NULLS_NOT_DISTINCT_SINCE else ""

    def run(self) -> Sent:
        """Compare, and send what differs."""
        held = self._held()
        tables = [self._lake.stored(table) for table in TABLES.values()]
        changes = [change(self._lake, t, self._shape(t), held.get(t.name)) for t in tables]
        now = {one.table.name: one.state for one in changes}
        has_reader, may_create, is_open = self._reader()
        sent = Sent(notes=[] if has_reader or may_create else [_NO_READER])
        opens = not (is_open or sent.notes)
        if now == held and not opens:
            return sent
        self._prepare(creates_role=opens and not has_reader)
        rows = {one.table.name: self._send(one) for one in changes}
        for name in held.keys() - now.keys():
            self._drop(name)
        reshaped = [one.table for one in changes if one.is_reshaped]
        for table in reshaped:
            self._place(table)
        if not sent.notes:
            self._open(tables if opens else reshaped)
        self._note(now)
        sent.rows = {name: count for name, count in rows.items() if count}
        return sent

    def _held(self) -> dict[str, State]:
        """What was sent of the tables that are still there."""
        ((is_there,),) = self._database.ask(f"SELECT to_regclass('{STATE}.published') IS NOT NULL")
        if not is_there:
            return {}
        shapes = self._database.ask(
            f"SELECT table_name, shape FROM {STATE}.shapes "
            f"WHERE to_regclass('{SCHEMA}.' || table_name) IS NOT NULL"
        )
        held = {name: State(shape) for name, shape in shapes}
        for name, part, *told in self._database.ask(f"SELECT * FROM {STATE}.published"):
            if name in held:
                held[name].parts[part] = tuple(told)
        return held

    def _shape(self, table: Table) -> str:
        """A digest of all the SQL that makes the table."""
        text = ";".join(
            (
                create_statement(table, SCHEMA),
                *index_statements(table, SCHEMA, self._null_option),
                *placed_statements(table, SCHEMA, _NEWEST),
            )
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def _reader(self) -> tuple[bool, bool, bool]:
        """Whether the role of readers is there, whether it may be created, whether it sees the schema."""
        (found,) = self._database.ask(
            f"SELECT to_regrole('{READER}') IS NOT NULL, rolsuper OR rolcreaterole, coalesce("
            f"has_schema_privilege(to_regrole('{READER}')::oid, to_regnamespace('{SCHEMA}')::oid, 'USAGE'), false) "
            "FROM pg_roles WHERE rolname = current_user"
        )
        return found

    def _prepare(self, *, creates_role: bool) -> None:
        self._database.tell(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        ((has_schema, has_state),) = self._database.ask(
            f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL, to_regnamespace('{STATE}') IS NOT NULL"
        )
        if not has_schema:
            about = f"COMMENT ON SCHEMA {SCHEMA} IS {quoted(_ABOUT)}"
            self._database.tell(f"CREATE SCHEMA {SCHEMA}", about)
        if not has_state:
            self._database.tell(f"CREATE SCHEMA {STATE}")
        self._database.tell(*_MAKE_STATE)
        if creates_role:
            self._database.tell(f"CREATE ROLE {READER} NOLOGIN")

    def _send(self, one: Change) -> int:
        """Replace the parts that differ, and only them; a table of another shape is filled where no reader looks."""
        schema = STATE if one.is_reshaped else SCHEMA
        if one.is_reshaped:
            self._database.tell(create_statement(one.table, schema))
        elif stale := [*one.sent, *one.gone]:
            self._delete(one.table, stale)
        rows = rows_of(self._lake, one.table, one.sent)
        count = self._database.load(schema, one.table.name, rows) if one.sent else 0
        if one.is_reshaped:
            self._database.tell(*index_statements(one.table, schema, self._null_option))
        return count

    def _delete(self, table: Table, parts: list[str]) -> None:
        months = ", ".join(map(quoted, parts))
        where = f'WHERE "{table.partition}" IN ({months})' if table.partition else ""
        self._database.tell(f"DELETE FROM {SCHEMA}.{table.name} {where}")

    def _place(self, table: Table) -> None:
        """A table of another shape takes the place of the old one, unless somebody's own view depends on that."""
        self._drop(table.name)
        self._database.tell(
            f"ALTER TABLE {STATE}.{table.name} SET SCHEMA {SCHEMA}",
            *placed_statements(table, SCHEMA, _NEWEST),
        )

    def _drop(self, name: str) -> None:
        self._database.tell(
            f"DROP VIEW IF EXISTS {SCHEMA}.{latest_view(name)}",
            f"DROP TABLE IF EXISTS {SCHEMA}.{name}",
        )

    def _open(self, tables: list[Table]) -> None:
        """The role may read these tables and their views; it sees nothing of what was sent when."""
        self._database.tell(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
        for table in tables:
            views = [latest_view(table.name)] if table.partition else []
            names = ", ".join(f"{SCHEMA}.{name}" for name in (table.name, *views))
            self._database.tell(f"GRANT SELECT ON {names} TO {READER}")

    def _note(self, states: dict[str, State]) -> None:
        shapes = [(name, state.shape) for name, state in states.items()]
        parts = [
            (name, part, *told) for name, s in states.items() for part, told in s.parts.items()
        ]
        for name, columns, rows in (("shapes", _SHAPES, shapes), ("published", _PUBLISHED, parts)):
            frame = pl.LazyFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
            self._database.tell(f"DELETE FROM {STATE}.{name}")
            self._database.load(STATE, name, frame)
