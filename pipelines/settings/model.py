"""The settings file as a model, with every default filled in."""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from pipelines.settings.policy import Policy
from pipelines.settings.secrets import URL, VARIABLE, expanded, secret
from pipelines.settings.section import Section, digest
from pipelines.settings.sources import Source
from pipelines.settings.spark import Spark
from schemas.reports.dim_customer import PERSONAL

PRIVACY_KEY = "KEHU_PRIVACY_KEY"


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("an IANA time zone such as Asia/Shanghai")
    return name


class Calendar(Section):
    """When the fiscal year starts, and where times with an offset are told."""

    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    """The month in which the fiscal year begins."""
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Asia/Shanghai"
    """Whose midnight ends a day, in which the schedules are, and to which times with an offset are converted."""


def _personal(name: str) -> str:
    if name not in PERSONAL:
        raise ValueError(f"a personal column of customers: {', '.join(PERSONAL)}")
    return name


PersonalColumn = Annotated[str, AfterValidator(_personal)]


class Privacy(Section):
    """Personal columns that may leave the register, and how: all others stay there.

    `mask`: pseudonym and partial let a column out in that form, also where `publish` names it.
    """

    publish: list[PersonalColumn] = []
    """Personal columns that leave the register as they are."""
    mask: dict[PersonalColumn, Literal["drop", "pseudonym", "partial"]] = {}
    """Personal columns that leave it as a `pseudonym` (with the key `KEHU_PRIVACY_KEY` of the environment) or in part (`partial`), or that stay (`drop`)."""

    @model_validator(mode="after")
    def _not_both(self) -> Privacy:
        if any(self.mask.get(name) == "drop" for name in self.publish):
            raise ValueError("each column in publish or with the mask drop, not both")
        return self

    def form(self, column: str) -> Literal["drop", "pseudonym", "partial", "plain"]:
        """How a personal column leaves: not at all, as a pseudonym, in part, or as it is."""
        return self.mask.get(column, "plain" if column in self.publish else "drop")

    @property
    def key(self) -> bytes:
        """The key of the pseudonyms, which only the environment knows; empty where there are none."""
        return (
            os.environ.get(PRIVACY_KEY, "").encode() if "pseudonym" in self.mask.values() else b""
        )

    @property
    def key_digest(self) -> str:
        """Tells one key from another without telling it; empty where there are no pseudonyms."""
        return hmac.new(self.key, PRIVACY_KEY.encode(), "sha256").hexdigest() if self.key else ""


def _variable(value: str) -> str:
    if not VARIABLE.match(value):
        raise ValueError("env:NAME, where the environment variable NAME holds the URL")
    return value


Variable = Annotated[str, AfterValidator(_variable)]


class Publish(Section):
    """Where the reporting tables are published: a file, and a database whose URL is a secret."""

    duckdb: str | None = None
    """A DuckDB file with all reporting tables, made anew and swapped in whole; page and documents lie beside it."""
    postgres: Variable | None = None
    """A PostgreSQL database; the variable holds a URL such as `postgresql://user:password@host/database`."""


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Settings(Section):
    """The whole settings file, with every default filled in."""

    name: str
    """The company, as its reports name it."""
    currency: str
    """The currency of all amounts, such as `EUR`."""
    language: Literal["zh", "en"] = "zh"
    """The language of notices and credit reports; tables and page have both."""
    lake: str = "./lake"
    """Where all tables are kept: a folder, or the URL of an object store (`s3://`, `gs://`, `az://`)."""
    time_travel_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """So long every version of a table can be read; then the upkeep removes it."""
    calendar: Calendar = Calendar()
    engine: Literal["polars", "spark"] = "polars"
    """What computes ledgers and reports."""
    spark: Spark = Spark()
    feeds: dict[str, Annotated[list[Source], BeforeValidator(_listed), Field(min_length=1)]]
    """Where each feed comes from: one source, or a list of sources that are the feed together."""
    policy: Policy = Policy()
    privacy: Privacy = Privacy()
    publish: Publish = Publish()
    notify: list[Variable] = []
    """Channels that hear of new holds and suspensions, and of failures; each variable holds one URL."""
    _folder: Path = PrivateAttr(default=Path())

    @property
    def lake_root(self) -> str:
        """The lake as an absolute path or URL."""
        return self.resolved(self.lake)

    def resolved(self, path: str) -> str:
        """A path of the settings file as an absolute path, a relative one from its folder on; URLs stay as they are."""
        path = expanded(secret(path))
        return path if URL.match(path) else str((self._folder / path).resolve())

    @property
    def duckdb_path(self) -> Path | None:
        """The DuckDB file that is published, where one is wanted."""
        return Path(self.resolved(self.publish.duckdb)) if self.publish.duckdb else None

    @property
    def report_folder(self) -> Path:
        """Where documents for people are written: `report` beside the DuckDB file, else beside the settings."""
        published = self.duckdb_path
        return (published.parent if published else self._folder) / "report"

    @property
    def fingerprint(self) -> str:
        """Digest of all that a reporting table depends on besides the feeds' rows."""
        parts = {"policy", "calendar", "privacy", "currency"}
        told = self.model_dump_json(include=parts) + ",".join(sorted(self.feeds))
        return digest(told + self.privacy.key_digest)
