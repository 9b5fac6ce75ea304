"""Which as-of months are out of date: those whose inputs differ from what they were computed from.

Nothing is remembered of events, only of states, so a run that died leaves no trace that could mislead: each month
keeps the digest of all that it may depend on (ledgers up to its end, registers as it sees them, policy, version),
and is out of date while that digest is another one. See docs/adr/0004-stale-by-digest.md.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl

from metrics.periods import month_index, month_text
from metrics.registers import first_facts
from pipelines.lake import Lake, one_of
from schemas.catalogue import FEEDS
from schemas.columns import EARLIEST
from schemas.feed import ORIGIN, Feed
from schemas.state import COMPUTED, DELIVERIES, DIGESTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_DIGEST_BITS = 2**64
# The inputs of a month that is being computed, or that a run left half-computed.
UNKNOWN = ""


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

        The last month too where others vanished: readers see those until it is published anew.
        """
        computed = dict(lake.scan(COMPUTED).select("as_of_month", "inputs").collect().iter_rows())
        stale = [month for month in self.months if computed.get(month) != self.inputs[month]]
        return stale or (self.months[-1:] if set(computed) - set(self.inputs) else [])

    def vanished(self, lake: Lake) -> list[str]:
        """Months that were computed and are no longer reported, ascending."""
        computed = lake.scan(COMPUTED).select("as_of_month").collect().to_series()
        return sorted(set(computed) - set(self.inputs))


def calendar_of(lake: Lake, settings_digest: str, *, keep: bool = False) -> Calendar:
    """The calendar of the lake as its ledgers stand: from the first sale to the latest dated fact.

    `keep`: write new digests down for the next one who asks; only for who holds the lake alone.
    """
    facts = [feed for feed in FEEDS.values() if not feed.is_register]
    digests = {feed.name: _digests(lake, feed, keep=keep) for feed in facts}
    months = _span(digests, last_delivery(lake))
    if not months:
        return Calendar({})
    for feed in FEEDS.values():
        if feed.is_register:
            digests[feed.name] = _register_digests(lake, feed)
    return Calendar(_cumulated(months, digests, settings_digest))


def begin(lake: Lake, months: list[str]) -> None:
    """Note that these months show nothing known, before anything of them is written: until `remember`, they are out of date.

    Otherwise a run that died half-way, and a delivery that brings back the inputs of before, would leave its half.
    """
    known = lake.scan(COMPUTED).collect()
    new = [month for month in months if month not in set(known["as_of_month"])]
    never = {"publication": 0, "delivered_up_to": EARLIEST, "totals": "{}"}  # not published yet
    rows = [{"as_of_month": month, "inputs": UNKNOWN, **never} for month in new]
    begun = pl.col("as_of_month").is_in(months)
    inputs = pl.when(begun).then(pl.lit(UNKNOWN)).otherwise("inputs")
    lake.replace(
        COMPUTED,
        pl.concat([known, pl.DataFrame(rows, schema=COMPUTED.schema)])
        .with_columns(inputs=inputs)
        .lazy(),
    )


def remember(lake: Lake, calendar: Calendar, totals: Mapping[str, str]) -> None:
    """Record that these months now show the calendar's inputs, with the totals that they show: the last act of a run."""
    rows = [
        {
            "as_of_month": month,
            "inputs": calendar.inputs[month],
            "publication": next_publication(lake),
            "delivered_up_to": last_delivery(lake),
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


def _span(digests: dict[str, dict[str, int]], last_delivery: date | None) -> list[str]:
    sales = digests["sales"]
    if not sales or last_delivery is None:
        return []
    dated = [max(found) for feed, found in digests.items() if found and feed != "targets"]
    last = min(max(dated), last_delivery.strftime("%Y-%m"))
    return [month_text(index) for index in range(month_index(min(sales)), month_index(last) + 1)]


def last_delivery(lake: Lake) -> date | None:
    """The date of the last delivery that was taken; None before the first."""
    return lake.scan(DELIVERIES).select(pl.col("delivered_on").max()).collect().item()


def _cumulated(
    months: list[str], digests: dict[str, dict[str, int]], settings_digest: str
) -> dict[str, str]:
    """A month depends on all facts up to it and on nothing later."""
    inputs = {}
    for month in months:
        seen = [
            f"{feed}={sum(digest for at, digest in found.items() if at <= month) % _DIGEST_BITS}"
            for feed, found in sorted(digests.items())
        ]
        text = "|".join([version("kehu"), settings_digest, months[0], *seen])
        inputs[month] = hashlib.sha256(text.encode()).hexdigest()[:32]
    return inputs


def _digests(lake: Lake, feed: Feed, *, keep: bool) -> dict[str, int]:
    """Digest of a ledger's rows by month; read from the lake while the ledger is the same version."""
    delta = lake.open(feed.ledger)
    if delta is None:
        return {}
    known = lake.scan(DIGESTS).filter(pl.col("feed") == feed.name).collect()
    if known.height == 0 or known["version"][0] != delta.version():
        known = _digested(lake, feed, delta.version())
        if keep:
            lake.replace(DIGESTS, known.lazy(), one_of("feed", [feed.name]))
    return {month: int(digest) for month, digest in known.select("month", "digest").iter_rows()}


def _digested(lake: Lake, feed: Feed, ledger_version: int) -> pl.DataFrame:
    found = (
        _where_seen(lake.scan(feed.ledger), feed)
        .group_by("month")
        .agg(rows=pl.len().cast(pl.Int64), digest=_digest(feed).sum())
        .collect(engine="streaming")  # one row a month
    )
    return found.select(
        pl.lit(feed.name).alias("feed"), "month", "rows",
        pl.col("digest").cast(pl.String), pl.lit(ledger_version, pl.Int64).alias("version"),
    )  # fmt: skip


def _where_seen(rows: pl.LazyFrame, feed: Feed) -> pl.LazyFrame:
    """The rows in the month of their date, and once more in an earlier one that sees them by another of their dates.

    A visit is dated by the day on which it was made; the month for which it was planned counts it as well.
    """
    if len(feed.dated_by) == 1:
        return rows
    earliest = pl.min_horizontal(pl.col(*feed.dated_by).cast(pl.Date)).dt.to_string("%Y-%m")
    return pl.concat([rows, rows.filter(earliest < pl.col("month")).with_columns(month=earliest)])


def _digest(feed: Feed, *besides: str) -> pl.Expr:
    """A hash of the row's values; where they came from does not count."""
    without = {*(column.name for column in ORIGIN), *besides}
    return pl.struct(*(name for name in feed.ledger.names if name not in without)).hash(seed=0)


def _register_digests(lake: Lake, feed: Feed) -> dict[str, int]:
    """Digest of a register's versions by the first month that can see each.

    A first version reaches back to the member's first fact: history older than the register takes its names from it.
    """
    (key,) = feed.key
    first = first_facts(facts_naming(lake, key), key).to_native()
    frame = lake.scan(feed.ledger).with_columns(
        month=_index(pl.col("valid_from")), number=pl.col("valid_from").rank("ordinal").over(key)
    )
    reached = pl.when(pl.col("number") == 1).then(
        pl.min_horizontal("month", "first_fact_month")
    ).otherwise(pl.col("month"))  # fmt: skip
    begun = frame.join(first, on=key, how="left").select(
        month=reached, digest=_digest(feed, "valid_to", "is_current")
    )
    ended = frame.filter(pl.col("valid_to").is_not_null()).select(
        month=_index(pl.col("valid_to")), digest=_digest(feed)
    )
    found = pl.concat([begun, ended]).group_by("month").agg(pl.col("digest").sum()).collect()
    digests: dict[str, int] = defaultdict(int)
    for month, digest in found.iter_rows():
        digests[month_text(month)] += digest
    return digests


def _index(date: pl.Expr) -> pl.Expr:
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def facts_naming(lake: Lake, key: str) -> list[nw.LazyFrame[pl.LazyFrame]]:
    """The ledgers of facts that name a member, as frames of (key, month); targets are no facts."""
    return [
        nw.from_native(
            lake.scan(feed.ledger).select(
                key, month=_index(pl.coalesce(*(pl.col(d).cast(pl.Date) for d in feed.dated_by)))
            ).filter(pl.col("month").is_not_null())
        )
        for feed in FEEDS.values()
        if not feed.is_register and key in feed.ledger.names and feed.name != "targets"
    ]  # fmt: skip
