"""PostgreSQL: the reporting tables in the schema `kehu`, brought up to the lake in one transaction.

What differs is loaded beside the live tables first, in `kehu_state`, where it can be looked at as readers will see it.
Readers see what the last transaction left until the one that swaps ends. Rows are deleted and put in, which no reader waits
for; a table of another shape takes its place at the very end. What was sent is written down in the database itself, in
the same transaction: a run that dies leaves nothing half known.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.errors import PublishError
from pipelines.publish.changes import Change, State, change, rows_of, touched
from pipelines.publish.session import READER, SCHEMA, refused, session
from pipelines.publish.state import (
    MAKE_STATE,
    NEWEST,
    PUBLISHED,
    STATE,
    as_rows,
    digest_of,
    states_of,
)
from schemas.catalogue import TABLES
from schemas.comments import quoted
from schemas.ddl import create_statement, index_statements, latest_view, placed_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.lake import Lake
    from pipelines.publish.session import Session
    from schemas.table import Table

# In `kehu_state`: a table as it will be, and the months of it that are touched.
WHOLE, SENT = "next_", "sent_"
_ABOUT = "Kehu 报表；表与列的含义见各自的注释 · Reporting tables of Kehu; comments on tables and columns say what they mean"
_NO_READER = f"PostgreSQL: there is no role {READER}, and the publishing user may not create it: CREATE ROLE {READER} NOLOGIN"
# Whoever reads for long in a table that changes its shape is not waited for: new readers would queue behind us.
_LOCK_TIMEOUT = "10s"
_NULLS_NOT_DISTINCT_SINCE = 150_000


@dataclass
class Sent:
    """Rows sent per table that was not up to date, and what the summary says of it."""

    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@contextmanager
def staged(lake: Lake, url: str, setting: str) -> Iterator[Staged]:
    """What the lake has and the database at `url` has not, loaded beside the live tables; without `swap` those stay.

    Raises:
        PublishError: the database is not there, or refuses; what was published before still stands.
    """
    with session(url, setting) as database:
        new = _Publication(lake, database, setting)
        new.stage()
    try:
        yield Staged(new, url, setting)
    finally:
        # A database that is gone by now is swept by the next run, before it stages.
        if new.is_staged:
            with suppress(PublishError), session(url, setting) as database:
                _sweep(database)


@dataclass(frozen=True)
class Staged:
    """What was loaded; `swap` publishes it, all of it or nothing."""

    publication: _Publication
    url: str
    setting: str

    @property
    def changes(self) -> list[Change]:
        """What differs, by table; empty where nothing does."""
        return self.publication.changes if self.publication.is_staged else []

    def swap(self) -> Sent:
        """Let what was loaded take the place of what it replaces, in one transaction."""
        rows = {name: count for name, count in self.publication.rows.items() if count}
        if self.publication.is_staged:
            with session(self.url, self.setting) as database:
                self.publication.swap(database)
        told = f"PostgreSQL: {sum(rows.values()):,} rows sent to {len(rows)} tables"
        return Sent(rows, [*([told] if rows else []), *self.publication.notes])


class _Publication:
    """What one transaction finds and loads, and what another one makes of it."""

    def __init__(self, lake: Lake, database: Session, setting: str) -> None:
        self._lake = lake
        self._database = database
        self._setting = setting
        ((version,),) = database.ask("SELECT current_setting('server_version_num')::int")
        self._null_option = "NULLS NOT DISTINCT" if version >= _NULLS_NOT_DISTINCT_SINCE else ""
        self._before = self._held()
        tables = [lake.stored(table) for table in TABLES.values()]
        self.changes = [change(lake, t, self._shape(t), self._before.get(t.name)) for t in tables]
        self._now = {one.table.name: one.state for one in self.changes}
        self._opens = False
        self.rows: dict[str, int] = {}
        self.notes: list[str] = []
        self.is_staged = False

    def stage(self) -> None:
        """Load what differs where no reader looks, with a view of each table as it will be."""
        has_reader, may_create, is_open = self._reader()
        self.notes = [] if has_reader or may_create else [_NO_READER]
        self._opens = not (is_open or self.notes)
        if self._now == self._before and not self._opens:
            return
        self._prepare(creates_role=self._opens and not has_reader)
        _sweep(self._database)
        self.rows = {one.table.name: self._load(one) for one in self.changes}
        months = touched(self.changes)
        self._database.tell(*(v for one in self.changes for v in _views(one, months)))
        self.is_staged = True

    def swap(self, database: Session) -> None:
        """Put in place what was loaded."""
        self._database = database
        database.tell(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
        _sweep(database, "v")
        reshaped = [one.table for one in self.changes if one.is_reshaped]
        for one in self.changes:
            if not one.is_reshaped:
                self._replace(one)
        for name in self._before.keys() - self._now.keys():
            self._drop(name)
        for table in reshaped:
            self._place(table)
        if not self.notes:
            self._open([one.table for one in self.changes] if self._opens else reshaped)
        self._note(self._now)

    def _held(self) -> dict[str, State]:
        """What was sent of the tables that are still there."""
        ((is_there,),) = self._database.ask(f"SELECT to_regclass('{STATE}.published') IS NOT NULL")
        if not is_there:
            return {}
        shapes = self._database.ask(
            f"SELECT table_name, shape FROM {STATE}.shapes "
            f"WHERE to_regclass('{SCHEMA}.' || table_name) IS NOT NULL"
        )
        columns = ", ".join(PUBLISHED)
        return states_of(shapes, self._database.ask(f"SELECT {columns} FROM {STATE}.published"))

    def _shape(self, table: Table) -> str:
        return digest_of(
            (
                create_statement(table, SCHEMA),
                *index_statements(table, SCHEMA, self._null_option),
                *placed_statements(table, SCHEMA, NEWEST),
            )
        )

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
        self._database.tell(*MAKE_STATE)
        if creates_role:
            self._database.tell(f"CREATE ROLE {READER} NOLOGIN")

    def _load(self, one: Change) -> int:
        """Fill a table aside: of another shape, the one that takes its place; else the parts that differ, and only them."""
        place = f"{STATE}.{one.table.name}"
        if one.is_reshaped:
            self._database.tell(create_statement(one.table, STATE))
        elif one.sent:
            self._database.tell(f"CREATE UNLOGGED TABLE {place} (LIKE {SCHEMA}.{one.table.name})")
        if not one.sent:
            count = 0
        else:
            rows = rows_of(self._lake, one.table, one.sent)
            count = self._database.load(STATE, one.table.name, rows)
            self._database.tell(f"ANALYZE {place}")
        if one.is_reshaped:
            self._database.tell(*index_statements(one.table, STATE, self._null_option))
        return count

    def _replace(self, one: Change) -> None:
        """The parts that differ take the place of the old ones."""
        name = one.table.name
        if one.sent or one.gone:
            self._database.tell(f"DELETE FROM {SCHEMA}.{name} WHERE {_stale(one)}")
        if one.sent:
            self._must_be_whole(name)
            self._database.tell(f"INSERT INTO {SCHEMA}.{name} SELECT * FROM {STATE}.{name}")

    def _must_be_whole(self, name: str) -> None:
        """A crash of the server empties what was loaded: a table that is not logged costs less, and ends with its server."""
        ((found,),) = self._database.ask(f"SELECT count(*) FROM {STATE}.{name}")
        if found != self.rows[name]:
            told = f"{STATE}.{name} holds {found} of the {self.rows[name]} rows that were loaded"
            raise refused(self._setting, PublishError(told))

    def _place(self, table: Table) -> None:
        """A table of another shape takes the place of the old one, unless somebody's own view depends on that."""
        self._drop(table.name)
        self._database.tell(
            f"ALTER TABLE {STATE}.{table.name} SET SCHEMA {SCHEMA}",
            *placed_statements(table, SCHEMA, NEWEST),
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
        for name, rows in as_rows(states).items():
            self._database.tell(f"DELETE FROM {STATE}.{name}")
            self._database.load(STATE, name, rows.lazy())


def _views(one: Change, months: list[str]) -> list[str]:
    """The table as it will be: what stays of the live one, and what was loaded; and of that, the months that are touched."""
    name, parts = one.table.name, []
    if not one.is_reshaped:
        stays = f" WHERE NOT ({_stale(one)})" if one.sent or one.gone else ""
        parts.append(f"SELECT * FROM {SCHEMA}.{name}{stays}")
    if one.is_reshaped or one.sent:
        parts.append(f"SELECT * FROM {STATE}.{name}")
    return [
        f"CREATE VIEW {STATE}.{WHOLE}{name} AS {' UNION ALL '.join(parts)}",
        f"CREATE VIEW {STATE}.{SENT}{name} AS SELECT * FROM {STATE}.{WHOLE}{name} WHERE {_among(one.table, months)}",
    ]


def _stale(one: Change) -> str:
    """Which rows of the live table go."""
    return _among(one.table, [*one.sent, *one.gone])


def _among(table: Table, months: list[str]) -> str:
    if not table.partition:
        return "true"
    return f'"{table.partition}" IN ({", ".join(map(quoted, months))})' if months else "false"


def _sweep(database: Session, *kinds: str) -> None:
    """Remove what was loaded and its views, all or of these kinds, whether by this run or by one that was killed."""
    words = {"v": "VIEW", "r": "TABLE"}
    for kind in kinds or words:
        found = database.ask(
            f"SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('{STATE}') "
            f"AND relkind = '{kind}' AND relname NOT IN ('shapes', 'published')"
        )
        for (name,) in found:
            database.tell(f'DROP {words[kind]} IF EXISTS {STATE}."{name}" CASCADE')
