"""The settings file: one YAML, read into a model that says exactly what is allowed.

An error names the file, the key path, what was found and what is allowed; all errors are told at once.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from metrics.credit import CreditPolicy
from pipelines.errors import SettingsError
from schemas.catalogue import FEEDS
from schemas.columns import UNITS
from schemas.reports.dim_customer import PERSONAL

_URL = re.compile(r"^[a-z][a-z0-9+]*://")
_POSTGRES = re.compile(r"postgres(ql)?://.")
_VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*$")
_BEHIND_SCHEME = re.compile(r"(\w://)[^\s'\"]+")
PRIVACY_KEY = "KEHU_PRIVACY_KEY"
SPECIAL_COLUMNS = ("_row", "_file")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("an IANA time zone such as Asia/Shanghai")
    return name


def _percent(value: float) -> float:
    if Decimal(str(value)) * 100 % 1:
        raise ValueError("a percentage with at most 2 decimals")
    return value


Percent = Annotated[float, Field(gt=0, le=100), AfterValidator(_percent)]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


class Calendar(_Model):
    """When the fiscal year starts, and where times with an offset are told."""

    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 1
    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Asia/Shanghai"


class ColumnMapping(_Model):
    """Where a canonical column comes from: a source column with a format, or an SQL expression."""

    column: str | None = None
    format: str | None = None
    sql: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> ColumnMapping:
        if (self.column is None) == (self.sql is None):
            raise ValueError("either column (and format) or sql")
        return self


def _as_mapping(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Source(_Model):
    """One source of a feed: files by path, files joined by SQL, or a database."""

    path: str | None = None
    encoding: str = "utf-8"
    files: dict[str, str] | None = None
    database: str | None = None
    sql: str | None = None
    delivered_on: str | None = None
    full: bool = False
    columns: dict[str, Annotated[ColumnMapping, BeforeValidator(_as_mapping)]] = {}
    values: dict[str, dict[str, str]] = {}

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
        return self

    @property
    def is_snapshot(self) -> bool:
        """Whether the source names no date: it is read once a run, as delivered on the run's last date."""
        if self.database is not None:
            return not (self.sql and ":start" in self.sql)
        return "{date" not in "".join([self.path or "", *(self.files or {}).values()])

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

    @property
    def fingerprint(self) -> str:
        """Digest of how the source is read; a changed mapping makes its deliveries new."""
        return _digest(self.model_dump_json())


class Abc(_Model):
    """Cuts of the ABC ranking, in percent of the total."""

    a: Percent = 75
    b: Percent = 95

    @model_validator(mode="after")
    def _ordered(self) -> Abc:
        if self.a >= self.b:
            raise ValueError("a smaller than b")
        return self

    @property
    def hundredths_a(self) -> int:
        """The cut of A in hundredths of a percent."""
        return int(Decimal(str(self.a)) * 100)

    @property
    def hundredths_b(self) -> int:
        """The cut of B in hundredths of a percent."""
        return int(Decimal(str(self.b)) * 100)


class Classes(_Model):
    """When a customer is current, new, sporadic."""

    active_days: Count = 365
    new_days: Count = 365
    sporadic_months: Days = 3


class Potential(_Model):
    """Which products a customer might buy, and how many are named."""

    min_buyers_share: Share = 0.2
    products_per_customer: Count = 10


class Profitability(_Model):
    """How much of the sales must have a cost before a margin is told."""

    min_cost_coverage: Share = 1.0


class Weights(_Model):
    """What counts how much in a customer's grade."""

    sales: Annotated[float, Field(gt=0)] = 40
    margin: Annotated[float, Field(ge=0)] = 20
    growth: Annotated[float, Field(ge=0)] = 10
    payment: Annotated[float, Field(ge=0)] = 20
    service: Annotated[float, Field(ge=0)] = 10


class Grade(_Model):
    """Weights and cuts of a customer's grade."""

    weights: Weights = Weights()
    a: Annotated[float, Field(ge=0, le=100)] = 75
    b: Annotated[float, Field(ge=0, le=100)] = 50

    @model_validator(mode="after")
    def _ordered(self) -> Grade:
        if self.a < self.b:
            raise ValueError("a not smaller than b")
        return self


class ByTier(_Model):
    """A number of months for each tier."""

    A: Count
    B: Count
    C: Count


class Credit(_Model):
    """When credit is watched, held, suspended."""

    default_terms_days: Days = 30
    report_months: ByTier = ByTier(A=3, B=6, C=12)
    report_due_days: Days = 30
    hold_overdue_days: Days = 30
    suspend_overdue_days: Days = 90
    overdue_min_amount: Annotated[float, Field(ge=0)] = 1000
    share_overdue_days: Days = 45
    max_overdue_share: Share = 0.4
    near_limit: Annotated[float, Field(gt=0)] = 0.9

    @property
    def thresholds(self) -> CreditPolicy:
        """What the measures of credit judge by, amounts in units."""
        return CreditPolicy(
            report_months=self.report_months.model_dump(),
            report_due_days=self.report_due_days,
            hold_overdue_days=self.hold_overdue_days,
            suspend_overdue_days=self.suspend_overdue_days,
            overdue_min=int(Decimal(str(self.overdue_min_amount)) * UNITS),
            share_overdue_days=self.share_overdue_days,
            max_overdue_share=self.max_overdue_share,
            near_limit=self.near_limit,
        )


class Visits(_Model):
    """When a visit has had an effect, and when to stop or come again."""

    effect_days: Days = 30
    max_ineffective: Count = 5
    months: ByTier = ByTier(A=1, B=3, C=6)


class Complaints(_Model):
    """How soon a complaint must be answered and resolved."""

    response_hours: Annotated[float, Field(gt=0)] = 24
    resolution_hours: Annotated[float, Field(gt=0)] = 240


class Policy(_Model):
    """Every threshold of every judgement."""

    abc: Abc = Abc()
    classes: Classes = Classes()
    potential: Potential = Potential()
    profitability: Profitability = Profitability()
    grade: Grade = Grade()
    credit: Credit = Credit()
    visits: Visits = Visits()
    complaints: Complaints = Complaints()


def _personal(name: str) -> str:
    if name not in PERSONAL:
        raise ValueError(f"a personal column of customers: {', '.join(PERSONAL)}")
    return name


PersonalColumn = Annotated[str, AfterValidator(_personal)]


class Privacy(_Model):
    """Personal columns that may leave the register, and how: all others stay there.

    `mask`: pseudonym and partial let a column out in that form, also where `publish` names it.
    """

    publish: list[PersonalColumn] = []
    mask: dict[PersonalColumn, Literal["drop", "pseudonym", "partial"]] = {}

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
    if not _VARIABLE.match(value):
        raise ValueError("env:NAME, where the environment variable NAME holds the URL")
    return value


Variable = Annotated[str, AfterValidator(_variable)]


class Publish(_Model):
    """Where the reporting tables are published: a file, and a database whose URL is a secret."""

    duckdb: str | None = None
    postgres: Variable | None = None


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


class Settings(_Model):
    """The whole settings file, with every default filled in."""

    name: str
    currency: str
    language: Literal["zh", "en"] = "zh"
    lake: str = "./lake"
    calendar: Calendar = Calendar()
    engine: Literal["polars", "spark"] = "polars"
    feeds: dict[str, Annotated[list[Source], BeforeValidator(_listed), Field(min_length=1)]]
    policy: Policy = Policy()
    privacy: Privacy = Privacy()
    publish: Publish = Publish()
    notify: list[Variable] = []
    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder of the settings file: relative paths start here."""
        return self._folder

    @property
    def lake_root(self) -> str:
        """The lake as an absolute path or URL."""
        return self.resolved(self.lake)

    def resolved(self, path: str) -> str:
        """A path of the settings file as an absolute path; URLs stay as they are."""
        path = _expanded(secret(path))
        return path if _URL.match(path) else str((self._folder / path).resolve())

    @property
    def fingerprint(self) -> str:
        """Digest of all that a reporting table depends on besides the feeds' rows."""
        parts = {"policy", "calendar", "privacy", "currency"}
        told = self.model_dump_json(include=parts) + ",".join(sorted(self.feeds))
        return _digest(told + self.privacy.key_digest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def secret(value: str) -> str:
    """A value of the settings, or of the environment where it says `env:NAME`.

    Raises:
        SettingsError: the environment has no such variable.
    """
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise SettingsError(f"{value}: the environment variable {name} is not set")
    return os.environ[name]


def without_secrets(text: str) -> str:
    """The text with its URLs cut after the scheme: a password, a token or a key may stand anywhere behind it."""
    return _BEHIND_SCHEME.sub(r"\1...", text)


def _expanded(path: str) -> str:
    """The path with $NAME taken from the environment."""
    expanded = os.path.expandvars(path)
    left = re.search(r"\$\{?(\w+)", expanded)
    if left:
        raise SettingsError(
            f"{without_secrets(path)}: the environment variable {left.group(1)} is not set"
        )
    return expanded


def load(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        SettingsError: the file cannot be read or something in it is not allowed; one line per fault.
    """
    data = _parsed(path)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        lines = [_line(path, fault, data) for fault in error.errors()]
        raise SettingsError("\n".join(dict.fromkeys(lines))) from None
    faults = [*_feed_faults(settings), *_key_faults(settings), *_publish_faults(settings)]
    if settings.engine == "spark":
        faults.append("engine: found spark, allowed in this version: polars")
    if faults:
        raise SettingsError("\n".join(f"{path}: {fault}" for fault in faults))
    settings._folder = path.resolve().parent  # noqa: SLF001 - set once, here
    return settings


def _parsed(path: Path) -> Any:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such settings file; `kehu demo DIR` writes one to start from"
        ) from None
    except IsADirectoryError:
        raise SettingsError(f"{path}: found a directory, allowed: a YAML file") from None
    except PermissionError:
        raise SettingsError(f"{path}: no permission to read it") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        quotes = "; a value that holds { or } stands in quotes" if "'{'" in problem else ""
        raise SettingsError(f"{path}: {where}{problem}{quotes}") from None
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: found {_shown(data)}, allowed: a mapping of settings")
    return data


_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


def _line(path: Path, fault: Any, data: Any) -> str:
    """One fault as a line: file, key path, found, allowed."""
    place = _place(fault["loc"], data)
    key = ".".join(str(part) for part in place)
    if fault["type"] == "missing":
        return f"{path}: {key}: missing, allowed: this key is required"
    if fault["type"] == "extra_forbidden":
        return f"{path}: {key}: unknown key{_nearest(place)}"
    is_secret = key == "publish.postgres" or place[:1] == ["notify"]
    found = _shown_secret(fault["input"]) if is_secret else _shown(fault["input"])
    return f"{path}: {key or 'settings'}: found {found}, allowed: {_allowed(fault, place)}"


def _place(loc: Any, data: Any) -> list[Any]:
    """The key path as the file has it: the only source of a feed has no number there."""
    place = [
        part for part in loc if not (isinstance(part, str) and ("(" in part or part == "[key]"))
    ]
    if (
        place[:1] == ["feeds"]
        and place[2:3] == [0]
        and not isinstance(data["feeds"][place[1]], list)
    ):
        del place[2]
    return place


def _allowed(fault: Any, place: list[Any]) -> str:
    context = fault.get("ctx") or {}
    if fault["type"] == "value_error":
        return str(context["error"])
    if "expected" in context:
        return str(context["expected"])
    model = _model_of(place[:-1])
    field = model.model_fields.get(str(place[-1])) if model and place else None
    if field is not None and field.annotation in (int, float):
        return _number(field)
    return _KINDS.get(fault["type"], str(fault["msg"]))


def _number(field: Any) -> str:
    """Which numbers a field takes."""
    kind = "a whole number" if field.annotation is int else "a number"
    bounds = {
        name: f"{getattr(one, name):g}"
        for one in field.metadata
        for name in ("ge", "gt", "le")
        if getattr(one, name, None) is not None
    }
    match bounds:
        case {"ge": low, "le": high}:
            return f"{kind} from {low} to {high}"
        case {"gt": low, "le": high}:
            return f"{kind} more than {low} and at most {high}"
        case {"gt": low}:
            return f"{kind} more than {low}"
        case {"ge": low}:
            return f"{kind} of at least {low}"
    return kind


def _nearest(place: list[Any]) -> str:
    """The allowed key that the unknown one most resembles, and all that are allowed there."""
    model = _model_of(place[:-1])
    return _guess(str(place[-1]), list(model.model_fields)) if model else ""


def _model_of(place: list[Any]) -> Any:
    """The model that a key path leads to; None for a mapping without one."""
    model: Any = Settings
    for part in place:
        if model is Settings and part == "feeds":
            model = Source if len(place) > 1 else None
        elif model is Source and part == "columns":
            model = ColumnMapping
        elif model not in (Source, ColumnMapping, None):
            field = model.model_fields.get(str(part))
            kind = field.annotation if field else None
            model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return model


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = without_secrets(repr(value) if not isinstance(value, str) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line's worth


def _shown_secret(value: object) -> str:
    """A URL that is written out is a secret: of it the scheme, of a variable its name."""
    text = _shown(value)
    scheme = _URL.match(text)
    if value is None or _VARIABLE.match(text):
        return text
    return f"{scheme.group()}..." if scheme else "..."


def _feed_faults(settings: Settings) -> list[str]:
    """What the model cannot know: which feeds there are, and which columns each has."""
    faults = [
        f"feeds.{name}: missing, allowed: this feed is required"
        for name, feed in FEEDS.items()
        if feed.is_required and name not in settings.feeds
    ]
    for name, sources in settings.feeds.items():
        if name not in FEEDS:
            faults.append(f"feeds.{name}: unknown feed{_guess(name, list(FEEDS))}")
            continue
        for number, source in enumerate(sources):
            place = f"feeds.{name}" if len(sources) == 1 else f"feeds.{name}.{number}"
            for kind in ("columns", "values"):
                faults += [
                    f"{place}.{kind}.{column}: unknown column{_guess(column, FEEDS[name].names)}"
                    for column in getattr(source, kind)
                    if column not in FEEDS[name].names
                ]
    return faults


def _key_faults(settings: Settings) -> list[str]:
    """Pseudonyms without a key can be had by anybody who guesses the value."""
    if os.environ.get(PRIVACY_KEY, "").strip():
        return []
    return [
        f"privacy.mask.{column}: pseudonym needs a key: the environment variable {PRIVACY_KEY} is not set or empty"
        for column, mask in settings.privacy.mask.items()
        if mask == "pseudonym"
    ]


def _publish_faults(settings: Settings) -> list[str]:
    """What would be found out only after all has been computed."""
    if settings.publish.postgres is None:
        return []
    try:
        url = secret(settings.publish.postgres)
    except SettingsError as error:
        return [f"publish.postgres: {error}"]
    if _POSTGRES.match(url):
        return []
    told = "holds no URL such as postgresql://user:password@host/database"
    return [f"publish.postgres: {settings.publish.postgres} {told}"]


def _guess(name: str, allowed: list[str]) -> str:
    close = get_close_matches(name, allowed, n=1)
    guess = f", did you mean {close[0]}?" if close else ","
    return f"{guess} allowed: {', '.join(allowed)}"
