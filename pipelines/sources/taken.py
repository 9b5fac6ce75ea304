"""What was taken of a feed, delivery by delivery, and what of one that lies there is new.

The sources of a feed may be of several kinds, which do not speak of a date at the same time: a file of that date stays where it
lies, a snapshot was read as of it once, a database is asked for no day twice. So each kind is remembered by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, get_args

import polars as pl

from pipelines.settings.sources import Kind
from pipelines.sources.find import Since
from schemas.columns import EARLIEST
from schemas.state import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from pipelines.lake import Lake
    from pipelines.settings import Settings
    from pipelines.sources.find import Delivery
    from schemas.feed import Feed

# Before the fingerprint of a delivery that is being taken, or that a run which died took by half.
_HALF = "~"


def fingerprint(delivery: Delivery) -> str:
    """What the table of deliveries says of one that was taken: of each kind of source which there were, and the digest."""
    return " ".join(
        f"{kind}:{delivery.named[kind]}={digest}"
        for kind, digest in sorted({**delivery.kept, **delivery.digests}.items())
    )


def half_taken(delivery: Delivery) -> str:
    """The same while it is taken: what is kept is known, the rest is not."""
    return _HALF + fingerprint(replace(delivery, digests={}))


@dataclass(frozen=True)
class _Told:
    """What is known of one delivery; nothing is known of a kind that is missing.

    `sources`: the number that each source of a kind had then, by its identity; missing: those of now.
    """

    digests: Mapping[Kind, str] = field(default_factory=dict)
    sources: Mapping[Kind, dict[str, int]] = field(default_factory=dict)
    is_half: bool = False
    full: frozenset[int] = frozenset()


class Taken:
    """What was taken of a feed."""

    def __init__(self, lake: Lake, feed: Feed, settings: Settings) -> None:
        rows = lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
        told = rows.select("delivered_on", "fingerprint", "full_sources").collect()
        self._sources: dict[Kind, dict[str, int]] = {}
        for number, source in enumerate(settings.feeds[feed.name], start=1):
            alike = self._sources.setdefault(source.kind, {})
            name = source.identity(settings.calendar.timezone)
            while name in alike:  # the same file, mapped in two ways
                name += "+"
            alike[name] = number
        self._told = {day: _read(text, full) for day, text, full in told.iter_rows()}

    @property
    def half(self) -> list[date]:
        """The dates of deliveries that a run which died took by half, ascending."""
        return sorted(day for day, told in self._told.items() if told.is_half)

    def since(self, first: date | None, last: date, *, only_new: bool) -> Since:
        """From when on databases are asked for a range that ends with `last`; `first` counts unless `only_new` is wanted."""
        by_day = _after(self._asked("database"))
        at_once = _after(day for day in self._asked("range") if day < last)
        begin = first or EARLIEST
        return Since(by_day, at_once) if only_new else Since(begin, min(begin, at_once))

    def _asked(self, kind: Kind) -> list[date]:
        """The days of which all databases of a kind were asked, up to the first of which that is not sure."""
        unsure = [day for day in self.half if kind not in self._told[day].digests]
        now = self._sources.get(kind, {})
        return [
            day
            for day, told in self._told.items()
            if kind in told.digests
            and now.keys() <= told.sources.get(kind, now).keys()
            and (not unsure or day < unsure[0])
        ]

    def new_of(self, delivery: Delivery) -> Delivery | None:
        """What of a delivery is not known, beside what is; None: all of it is known."""
        day = delivery.delivered_on
        new = {kind for kind, digest in delivery.digests.items() if digest != self._known(kind, day)}  # fmt: skip
        return self.beside(delivery, new) if new else None

    def beside(self, delivery: Delivery, kinds: set[Kind]) -> Delivery:
        """The share of these kinds in a delivery, beside what was taken of it of others that the settings still name."""
        told = self._told.get(delivery.delivered_on, _Told())
        kept = {
            kind: digest
            for kind, digest in told.digests.items()
            if kind in self._sources and kind not in kinds
        }
        sources = {
            before: now for kind in kept for before, now in self._renumbered(kind, told).items()
        }
        return replace(
            delivery,
            parts=tuple(part for part in delivery.parts if part.source.kind in kinds),
            digests={kind: digest for kind, digest in delivery.digests.items() if kind in kinds},
            named={kind: _named(sources) for kind, sources in self._sources.items()},
            kept=kept,
            kept_sources=sources,
            kept_full=frozenset(now for before, now in sources.items() if before in told.full),
        )

    def _renumbered(self, kind: Kind, told: _Told) -> dict[int, int]:
        """The number that each source of a kind had when it was taken, and has; where one was put otherwise, by their order."""
        now = self._sources[kind]
        before = told.sources.get(kind, now)
        if before.keys() != now.keys() and len(before) == len(now):
            return dict(zip(before.values(), now.values(), strict=True))
        return {number: now[name] for name, number in before.items() if name in now}

    def _known(self, kind: Kind, day: date) -> str | None:
        """The digest of a kind on a date; a snapshot's may have been read on an earlier one, and nothing half taken since."""
        if kind != "snapshot":
            return self._told.get(day, _Told()).digests.get(kind)
        for earlier in sorted((one for one in self._told if one <= day), reverse=True):
            told = self._told[earlier]
            if kind in told.digests or told.is_half:
                return told.digests.get(kind)
        return None


def _named(sources: Mapping[str, int]) -> str:
    return ",".join(f"{number}.{identity}" for identity, number in sources.items())


def _after(days: Iterable[date]) -> date:
    """The day after the last of these."""
    last = max(days, default=None)
    return last + timedelta(days=1) if last else EARLIEST


def _read(text: str, full: str) -> _Told:
    """What `fingerprint` or `half_taken` wrote; a lake of before has one digest for all kinds, and none where it is half taken."""
    is_half = not text or text.startswith(_HALF)
    words = text.removeprefix(_HALF).split()
    marked = frozenset(int(number) for number in full.split(",") if number)
    if any("=" not in word for word in words):
        return _Told(dict.fromkeys(get_args(Kind), words[0]), {}, is_half, marked)
    digests: dict[Kind, str] = {}
    sources: dict[Kind, dict[str, int]] = {}
    for kind in get_args(Kind):
        for told, _, digest in (word.partition("=") for word in words):
            if told.partition(":")[0] == kind:
                digests[kind] = digest
                named = [one.partition(".") for one in told.partition(":")[2].split(",")]
                sources[kind] = {identity: int(number) for number, _, identity in named}
    return _Told(digests, sources, is_half, marked)
