"""Where feeds come from: the section `feeds`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator

from pipelines.settings.secrets import without_secrets
from pipelines.settings.section import Section, digest
from schemas.catalogue import FEEDS

# What says when a source's rows count as delivered: nothing, the names of its files, a database that is asked for a range and
# tells the day of each row, or one that does not.
Kind = Literal["snapshot", "files", "database", "range"]


class ColumnMapping(Section):
    """Where a canonical column comes from: a source column with a format, or an SQL expression."""

    column: str | None = None
    """The source's column; `_row` is the number of the row in its file, `_file` the file's name."""
    format: str | None = None
    """How its dates, times or numbers are written, such as `%d.%m.%Y`."""
    sql: str | None = None
    """Instead of a column: an expression in Polars SQL over the source's columns."""

    @model_validator(mode="after")
    def _one_of(self) -> ColumnMapping:
        if (self.column is None) == (self.sql is None):
            raise ValueError("either column (and format) or sql")
        return self


def _hour(value: object) -> object:
    """YAML takes 10:30 without quotes for the number 630."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError('an hour in quotes, such as "06:00"')
    return value


def _as_mapping(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Source(Section):
    """One source of a feed: files by path, files joined by SQL, or a database."""

    path: str | None = None
    """Files: csv, xlsx, parquet or ndjson, by ending. `{date:%Y-%m-%d}` is the day of the delivery, `*` any letters, `$NAME` comes from the environment."""
    encoding: str = "utf-8"
    """Of csv files, as Python names it, such as `gb18030`."""
    files: dict[str, str] | None = None
    """Several files that `sql` joins: a name for each and its path."""
    database: str | None = None
    """A database that `sql` asks: `env:NAME`, or a URL without a password."""
    sql: str | None = None
    """The query, in Polars SQL over `files`, in the database's own SQL otherwise. `:start` and `:end` (excluded) are the days asked for."""
    delivered_on: str | None = None
    """The day of a row, an expression in the database's SQL; without it all rows of a range are one delivery of its last day."""
    full: bool = False
    """True: each delivery holds everything, and what it leaves out is withdrawn."""
    expected_by: Annotated[str, BeforeValidator(_hour)] | None = None
    """The hour at which the delivery of the day before is missed, such as `"06:00"`."""
    columns: dict[str, Annotated[ColumnMapping, BeforeValidator(_as_mapping)]] = {}
    """For each column that is named otherwise: the source's column, or a mapping."""
    values: dict[str, dict[str, str]] = {}
    """For each column with other codes: the source's value and Kehu's, such as `nature: {Firma: company}`."""

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        kinds = [self.path, self.files, self.database]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("exactly one of path, files (with sql), database (with sql)")
        if self.path is None and self.sql is None:
            raise ValueError("sql beside files or database")
        if self.path is not None and self.sql is not None:
            raise ValueError("sql only beside files or database")
        if self.delivered_on is not None and self.database is None:
            raise ValueError("delivered_on only beside database")
        if self.expected_by is not None and self.is_snapshot:
            raise ValueError("expected_by only for a source that names a date")
        return self

    @property
    def kind(self) -> Kind:
        """One that names no date is a snapshot: it is read once a run, as delivered on the run's last date."""
        if self.database is not None:
            if not (self.sql and ":start" in self.sql):
                return "snapshot"
            return "database" if self.delivered_on else "range"
        named = "".join([self.path or "", *(self.files or {}).values()])
        return "files" if "{date" in named else "snapshot"

    @property
    def is_snapshot(self) -> bool:
        """Whether the source names no date."""
        return self.kind == "snapshot"

    def identity(self, timezone: str) -> str:
        """A few letters that tell the source from others of its feed, wherever it stands among them.

        A database that is read in another way is another one, so that it is asked for all its days again; files lie there anyway.
        """
        if self.database is not None:
            return self.fingerprint(timezone)[:8]
        return digest(self.model_dump_json(include={"path", "files", "database", "sql"}))[:8]

    @property
    def words(self) -> set[str]:
        """The words of the source's settings and of all declarations: a message may quote these, and no others."""
        declared = {name for feed in FEEDS.values() for name in feed.names}
        return declared | set(re.findall(r"[^\W\d]\w*", self.model_dump_json(exclude={"database"})))

    @property
    def place(self) -> str:
        """What a message calls a database: the variable that holds its URL, or the URL as far as it holds no secret."""
        url = self.database or ""
        return without_secrets(url) if re.search("[:@?]", url.partition("://")[2]) else url

    def fingerprint(self, timezone: str) -> str:
        """Digest of how the source is read; another mapping or time zone makes its deliveries new, another hour does not."""
        return digest(self.model_dump_json(exclude={"expected_by"}) + timezone)
