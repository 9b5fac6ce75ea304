"""Which deliveries lie there: files by date templates and globs, snapshots, databases.

A delivery is what all sources of a feed hand over on one date; its parts follow each other by the order of the
sources, then by file name.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from pipelines.errors import DeliveryError
from pipelines.sources.databases import content_digest, database_parts, has_day
from pipelines.sources.places import WILD, file_at, files_like, must_have_folder
from schemas.columns import EARLIEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pipelines.settings import Settings, Source
    from pipelines.settings.sources import Kind
    from pipelines.sources.places import File
    from schemas.feed import Feed

_DATE = re.compile(r"\{date(?::([^}]*))?\}")


@dataclass(frozen=True)
class Part:
    """One piece of a delivery: a file, a join of files, or the rows of a database query."""

    source_no: int
    source: Source
    files: dict[str, File]
    name: str
    rows: Path | None = None


@dataclass(frozen=True)
class Delivery:
    """What a feed hands over on one date: `parts`, with a digest of those of each kind of source.

    `named`: which sources the settings name of each kind. `kept`: the digests of what was taken of it before of kinds that are not asked
    now, and stays; `kept_sources`: the number that each of their sources had and has; `kept_full`: which of these hold every key.
    """

    feed: Feed
    delivered_on: date
    parts: tuple[Part, ...] = ()
    digests: Mapping[Kind, str] = field(default_factory=dict)
    named: Mapping[Kind, str] = field(default_factory=dict)
    kept: Mapping[Kind, str] = field(default_factory=dict)
    kept_sources: Mapping[int, int] = field(default_factory=dict)
    kept_full: frozenset[int] = frozenset()

    @property
    def full_sources(self) -> tuple[int, ...]:
        """Numbers of the sources that say of themselves that they hold every key."""
        full = {part.source_no for part in self.parts if part.source.full}
        return tuple(sorted(full | self.kept_full))


class Since(NamedTuple):
    """From when on databases are asked: those that tell the day of each row, and those whose rows all count as of the last."""

    by_day: date
    at_once: date


def find(
    settings: Settings,
    feed: Feed,
    first: date | None,
    last: date,
    since: Since,
    folder: Path | None,
) -> list[Delivery]:
    """The deliveries of a feed from `first` (none: from the beginning) to `last`, by date.

    `since`: so that a night does not ask databases for what earlier ones read, and leaves out nothing that none did.
    `folder`: where the rows of databases are put; without one they are not asked.

    Raises:
        DeliveryError: a source cannot be asked at all (its database is away, its folder is closed).
    """
    begin = first or EARLIEST
    found = []
    by_day: list[tuple[int, Source]] = []
    for number, source in enumerate(settings.feeds[feed.name], start=1):
        if source.database is None:
            found += _parts(settings, number, source, last)
        elif source.kind == "database":
            by_day.append((number, source))
        elif folder:
            found += database_parts(settings, number, source, since.at_once, last, folder)
    if folder:
        found += _by_day(settings, by_day, since.by_day, last, folder)
    parts: dict[date, list[Part]] = defaultdict(list)
    for day, part in found:
        if begin <= day <= last:
            parts[day].append(part)
    zone = settings.calendar.timezone
    return [_delivery(feed, day, parts[day], zone) for day in sorted(parts)]


def _by_day(
    settings: Settings,
    sources: Sequence[tuple[int, Source]],
    since: date,
    last: date,
    folder: Path,
) -> list[tuple[date, Part]]:
    """The days of databases, each whole: a row that changed may be of an earlier day, whose others are asked for again."""

    def asked(first: date) -> list[tuple[date, Part]]:
        return [
            one
            for number, source in sources
            for one in database_parts(settings, number, source, first, last, folder)
        ]

    found = asked(since) if since <= last else []
    earliest = min((day for day, _ in found), default=since)
    if earliest >= since:
        return found
    return [(day, part) for day, part in asked(earliest) if day >= earliest]


def lies_there(settings: Settings, feed: Feed, day: date) -> bool:
    """Whether a source that names dates has something of a day: a snapshot speaks of no day, and is always there.

    Raises:
        DeliveryError: a source cannot be asked.
    """
    sources = [one for one in settings.feeds[feed.name] if not one.is_snapshot]
    return any(
        has_day(settings, source, day)
        if source.database
        else any(found == day for found, _ in _parts(settings, 1, source, day))
        for source in sources
    )


def state_of_files(settings: Settings) -> str:
    """A digest that is another one as soon as a file of any source comes, changes or goes: names, sizes and times alone.

    Cheap enough to be asked every minute: no file is opened, no database asked, no date read.
    """
    digest = hashlib.sha256()
    for source in (source for sources in settings.feeds.values() for source in sources):
        digest.update(source.fingerprint(settings.calendar.timezone).encode())
        for template in (source.files or {"": source.path or ""}).values():
            pattern = _DATE.sub("*", settings.resolved(template))
            for file in files_like(pattern) if template else ():
                digest.update(_state(file).encode())
    return digest.hexdigest()[:32]


def _delivery(feed: Feed, day: date, found: Iterable[Part], zone: str) -> Delivery:
    parts = tuple(sorted(found, key=lambda part: part.source_no))
    kinds = {part.source.kind for part in parts}
    digests = {
        kind: _digest([part for part in parts if part.source.kind == kind], zone) for kind in kinds
    }
    return Delivery(feed, day, parts, digests)


def _digest(parts: Iterable[Part], zone: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part.source_no}|{part.source.fingerprint(zone)}|{part.name}".encode())
        states = [content_digest(part.rows)] if part.rows else map(_state, part.files.values())
        digest.update("|".join(states).encode())
    return digest.hexdigest()[:32]


def _state(file: File) -> str:
    return f"{file.name}|{file.state}"


def _parts(settings: Settings, number: int, source: Source, last: date) -> list[tuple[date, Part]]:
    """The files of a source."""
    if source.files is not None:
        return _joined(settings, number, source, last)
    template = settings.resolved(source.path or "")
    if source.is_snapshot:
        files = files_like(template) or [file_at(template)]
        return [(last, _file(number, source, template, file)) for file in files]
    return [(day, _file(number, source, template, file)) for day, file in _dated(template)]


def _file(number: int, source: Source, template: str, file: File) -> Part:
    """A file by its name; from the first folder on that the template leaves open, for others may hold one of that name."""
    folders = template.split("/")[:-1]
    wild = (place for place, folder in enumerate(folders) if WILD.search(folder))
    name = "/".join(file.place.split("/")[next(wild, len(folders)) :])
    return Part(number, source, {"": file}, name)


def _joined(settings: Settings, number: int, source: Source, last: date) -> list[tuple[date, Part]]:
    """Several files that one SQL statement joins; dated ones are joined date by date."""
    templates = {name: settings.resolved(path) for name, path in (source.files or {}).items()}
    dated = {name: _one_a_day(path) for name, path in templates.items() if _DATE.search(path)}
    fixed = {name: file_at(path) for name, path in templates.items() if name not in dated}
    days = sorted({day for found in dated.values() for day in found}) if dated else [last]
    parts = []
    for day in days:
        files = fixed | {
            name: found.get(day) or file_at(_filled(templates[name], day))
            for name, found in dated.items()
        }
        parts.append((day, Part(number, source, files, "+".join(f.name for f in files.values()))))
    return parts


def _one_a_day(template: str) -> dict[date, File]:
    """The files that a template with dates matches; the statement joins one of each name a day.

    Raises:
        DeliveryError: there are two of one day.
    """
    found: dict[date, File] = {}
    for day, file in _dated(template):
        if day in found:
            raise DeliveryError(
                f"{template}: two files of {day}, {found[day].name} and {file.name}; sql joins one a day of each name "
                "under files"
            )
        found[day] = file
    return found


def _filled(template: str, day: date) -> str:
    return _DATE.sub(lambda found: day.strftime(found.group(1) or "%Y-%m-%d"), template)


def _dated(template: str) -> list[tuple[date, File]]:
    """The files that a template with dates matches, by date and name; names with no real date are none of ours.

    Raises:
        DeliveryError: the folder is gone, or the store cannot be asked: that is another thing than no news.
    """
    must_have_folder(template)
    pattern = re.compile(_regex(template))
    formats = [found.group(1) or "%Y-%m-%d" for found in _DATE.finditer(template)]
    matches = []
    for file in files_like(_DATE.sub("*", template)):
        found = pattern.fullmatch(file.place)
        days = _days(found.groups(), formats) if found else set()
        if len(days) == 1:
            matches.append((days.pop(), file))
    return matches


def _regex(template: str) -> str:
    """The template as a regular expression: dates are groups, `*` and `?` stay wild."""
    literal = _DATE.split(template)[::2]
    wild = [re.escape(text).replace(r"\*", "[^/]*").replace(r"\?", "[^/]") for text in literal]
    return "(.+?)".join(wild)


def _days(texts: tuple[str, ...], formats: list[str]) -> set[date]:
    try:
        return {
            datetime.strptime(text, form).date()  # noqa: DTZ007 - a date has no zone
            for text, form in zip(texts, formats, strict=True)
        }
    except ValueError:
        return set()
