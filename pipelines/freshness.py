"""Which as-of months are out of date: those whose inputs differ from what they were computed from.

Nothing is remembered of events, only of states, so a run that died leaves no trace that could mislead: each month
keeps the digest of all that it may depend on (ledgers up to its end, registers as it sees them, policy, version),
and is out of date while that digest is another one. See docs/adr/0004-stale-by-digest.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from metrics.periods import month_index, month_text
from pipelines.digests import digests_of
from pipelines.scope import UNKNOWN
from schemas.catalogue import FEEDS
from schemas.columns import EARLIEST
from schemas.state import COMPUTED, DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from pipelines.digests import Seen
    from pipelines.lake import Lake
    from pipelines.scope import Scope
    from pipelines.settings import Settings

_DIGEST_BITS = 2**64
# Before the digest of what follows the last month.
_LATER = "+"


@dataclass(frozen=True)
class Calendar:
    """The as-of months that reports cover, and the digest of each month's inputs."""

    inputs: dict[str, str]

    @property
    def months(self) -> list[str]:
        """All as-of months, ascending; none before the first sale is known."""
        return sorted(self.inputs)

    def stale(self, lake: Lake) -> list[str]:
        """The months that must be computed (again), ascending.

        The last month too where others vanished: readers see those until it is published anew; where none is left, the
        last that vanished.
        """
        computed = dict(lake.scan(COMPUTED).select("as_of_month", "inputs").collect().iter_rows())
        stale = [month for month in self.months if self._differs(month, computed.get(month))]
        vanished = set(computed) - set(self.inputs)
        return stale or ((self.months or sorted(vanished))[-1:] if vanished else [])

    def _differs(self, month: str, computed: str | None) -> bool:
        """Whether a month was computed of other inputs; what follows it counted only while it was the last one."""
        if computed is not None and month != self.months[-1]:
            computed = computed.partition(_LATER)[0]
        return computed != self.inputs[month]

    def vanished(self, lake: Lake) -> list[str]:
        """Months that were computed and are no longer reported, ascending."""
        computed = lake.scan(COMPUTED).select("as_of_month").collect().to_series()
        return sorted(set(computed) - set(self.inputs))


def calendar_of(lake: Lake, settings: Settings, *, keep: bool = False) -> Calendar:
    """The calendar of the lake as the ledgers of the settings' feeds stand: from the first sale to the latest dated fact.

    `keep`: write new digests down for the next one who asks; only for who holds the lake alone.
    """
    digests = digests_of(lake, settings.feeds, keep=keep)
    months = _span(digests, last_delivery(lake, settings.feeds))
    if not months:
        return Calendar({})
    return Calendar(_inputs(months, digests, settings.fingerprint, _delivered(lake)))


def begin(lake: Lake, months: Mapping[str, str], scope: Scope) -> None:
    """Note that these months are being computed, of which inputs, before anything of them is written: they are out of date.

    Otherwise a run that died half-way, and a delivery that brings back the inputs of before, would leave its half.
    """
    known = lake.scan(COMPUTED).collect()
    before = dict(known.select("as_of_month", "inputs").iter_rows())
    marks = {month: scope.begun(before.get(month), inputs) for month, inputs in months.items()}
    never = {"publication": 0, "delivered_up_to": EARLIEST, "totals": "{}"}  # not published yet
    rows = [{"as_of_month": month, "inputs": UNKNOWN, **never} for month in marks.keys() - before]
    stored = pl.concat([known, pl.DataFrame(rows, schema=COMPUTED.schema)])
    noted = pl.col("as_of_month").replace_strict(marks, default=pl.col("inputs"))
    lake.replace(COMPUTED, stored.with_columns(inputs=noted).lazy())


def remember(lake: Lake, calendar: Calendar, totals: Mapping[str, str], scope: Scope) -> None:
    """Record that these months now show what they were begun of, with the totals that they show: the last act of a run.

    A month of which a part was computed stays out of date, and so does one whose deliveries came meanwhile.
    """
    begun = dict(lake.scan(COMPUTED).select("as_of_month", "inputs").collect().iter_rows())
    publication, upto = next_publication(lake), last_delivery(lake)
    rows = [
        {
            "as_of_month": month,
            "inputs": scope.shown(begun.get(month, UNKNOWN)),
            "publication": publication,
            "delivered_up_to": upto,
            "totals": told,
        }
        for month, told in totals.items()
    ]
    kept = lake.scan(COMPUTED).filter(
        pl.col("as_of_month").is_in(calendar.months) & ~pl.col("as_of_month").is_in([*totals])
    )
    lake.replace(
        COMPUTED, pl.concat([kept.collect().lazy(), pl.LazyFrame(rows, schema=COMPUTED.schema)])
    )


def next_publication(lake: Lake) -> int:
    """The number of the publication that is under way; `remember` makes it a past one."""
    return (lake.scan(COMPUTED).select(pl.col("publication").max()).collect().item() or 0) + 1


def _delivered(lake: Lake) -> dict[str, str]:
    """By month a digest of what was delivered in it, read and refused: its reconciliation shows that, and no later one's does."""
    counts = (*DELIVERIES.of_kind("int"), "delivered_amounts")
    month = pl.col("delivered_on").dt.to_string("%Y-%m")
    digest = pl.struct("feed", "delivered_on", *counts).hash(seed=0).sum().cast(pl.String)
    rows = lake.scan(DELIVERIES).group_by(month.alias("month")).agg(digest)
    return dict(rows.collect().iter_rows())


def _span(digests: dict[str, dict[str, Seen]], last_delivery: date | None) -> list[str]:
    sales = digests["sales"]
    if not sales or last_delivery is None:
        return []
    dated = [month for found in digests.values() for month, seen in found.items() if seen.is_dated]
    last = min(max(dated), last_delivery.strftime("%Y-%m"))
    return [month_text(index) for index in range(month_index(min(sales)), month_index(last) + 1)]


def last_delivery(lake: Lake, feeds: Collection[str] = FEEDS.keys()) -> date | None:
    """The date of the last delivery that was taken of these feeds; None before the first."""
    taken = lake.scan(DELIVERIES).filter(pl.col("feed").is_in([*feeds]))
    return taken.select(pl.col("delivered_on").max()).collect().item()


def _inputs(
    months: list[str],
    digests: dict[str, dict[str, Seen]],
    settings_digest: str,
    delivered: Mapping[str, str],
) -> dict[str, str]:
    """A month depends on all records up to it, on what was delivered in it, and on nothing later.

    Only dimensions show what follows the last month (members registered since, or named by a target): that is told behind it.
    """
    inputs = {
        month: _digest(months[0], digests, settings_digest, "", month) + delivered.get(month, "")
        for month in months
    }
    last = months[-1]
    if any(at > last for found in digests.values() for at in found):
        inputs[last] += _LATER + _digest(months[0], digests, settings_digest, last, "~")
    return inputs


def _digest(
    begin: str, digests: dict[str, dict[str, Seen]], settings_digest: str, after: str, upto: str
) -> str:
    """The digest of all records after one month and up to another."""
    seen = [
        f"{feed}={sum(one.digest for at, one in found.items() if after < at <= upto) % _DIGEST_BITS}"
        for feed, found in sorted(digests.items())
    ]
    text = "|".join([version("kehu"), settings_digest, begin, *seen])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
