"""What every ledger holds, in one number a month: what months may depend on, found at the cost of what changed.

Kept in the lake with the version of the ledger that it was read from; of a ledger that has changed since, only the months
that changed are read again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import polars as pl

from metrics.periods import month_index, month_text
from metrics.registers import first_facts
from pipelines.lake_store import one_of
from schemas.catalogue import FACTS, FEEDS, naming
from schemas.feed import ORIGIN, Feed
from schemas.state import DIGESTS, FIRST_FACTS

if TYPE_CHECKING:
    from collections.abc import Container

    from pipelines.lake import Lake

Frame = nw.LazyFrame[pl.LazyFrame]


class Seen(NamedTuple):
    """The records that a month is the first to see: a digest, and whether one of them is a fact with a date of its own."""

    digest: int
    is_dated: bool = False


def digests_of(lake: Lake, feeds: Container[str], *, keep: bool) -> dict[str, dict[str, Seen]]:
    """By feed and month, the records that this month is the first to see.

    `feeds`: those that the settings name; of any other, whatever its ledger keeps, no month sees anything.
    `keep`: write what was found down for the next one who asks; only for who holds the lake alone.
    """
    found: dict[str, dict[str, Seen]] = {name: {} for name in FEEDS}
    for feed in FEEDS.values():
        if feed.is_register:
            # Whoever is in no register is known by facts.
            first = _first_facts(lake, feed.key[0], feeds, keep=keep)
            found[feed.name] = _of_register(lake, feed, first) if feed.name in feeds else {}
        elif feed.name in feeds:
            found[feed.name] = _of_facts(lake, feed, keep=keep)
    return found


# --- facts ----------------------------------------------------------------------------------------
def _of_facts(lake: Lake, feed: Feed, *, keep: bool) -> dict[str, Seen]:
    version = lake.version(feed.ledger)
    if version is None:
        return {}
    known = lake.scan(DIGESTS).filter(pl.col("feed") == feed.name).collect()
    if known.height == 0 or known["version"][0] != version:
        known = _brought_up(lake, feed, known, version)
        if keep:
            lake.replace(DIGESTS, known.lazy(), one_of("feed", [feed.name]))
    found: dict[str, Seen] = {}
    for month, digest, dated in known.select("month", "digest", "rows").iter_rows():
        before = found.get(month, Seen(0))
        is_dated = before.is_dated or (dated > 0 and feed in FACTS)
        found[month] = Seen(before.digest + int(digest), is_dated)
    return found


def _brought_up(lake: Lake, feed: Feed, known: pl.DataFrame, version: int) -> pl.DataFrame:
    """The digests of a ledger of which some months changed; of all its months where it is not known which."""
    changed = lake.changed(feed.ledger, known["version"][0] if known.height else None)
    rows = lake.scan(feed.ledger)
    if changed is not None:
        rows = rows.filter(pl.col("month").is_in(changed))
        known = known.filter(~pl.col("ledger_month").is_in(changed))
    anew = (
        _where_seen(rows.with_columns(ledger_month="month"), feed)
        .group_by("ledger_month", "month")
        .agg(rows=_dated(feed).sum().cast(pl.Int64), digest=_digest(feed).sum().cast(pl.String))
        .with_columns(feed=pl.lit(feed.name))
        .collect(engine="streaming")  # one row a month
    )
    both = [known.drop("version"), anew.select(DIGESTS.names[:-1])]
    kept = pl.concat(both if changed is not None else both[1:])
    return kept.with_columns(version=pl.lit(version, pl.Int64))


def _where_seen(rows: pl.LazyFrame, feed: Feed) -> pl.LazyFrame:
    """The rows in the month of their date, and once more in an earlier one that sees them by another of their dates.

    A visit is dated by the day on which it was made; the month for which it was planned counts it as well.
    """
    if len(feed.dated_by) == 1:
        return rows
    earliest = pl.min_horizontal(pl.col(*feed.dated_by).cast(pl.Date)).dt.to_string("%Y-%m")
    return pl.concat([rows, rows.filter(earliest < pl.col("month")).with_columns(month=earliest)])


def _dated(feed: Feed) -> pl.Expr:
    """Whether a row has a date of its own, and not only that of its delivery."""
    return pl.any_horizontal([pl.col(name).is_not_null() for name in feed.dated_by])


def _digest(feed: Feed, *besides: str) -> pl.Expr:
    """A hash of the row's values; where they came from does not count."""
    without = {*(column.name for column in ORIGIN), *besides}
    return pl.struct(*(name for name in feed.ledger.names if name not in without)).hash(seed=0)


# --- registers ------------------------------------------------------------------------------------
def _of_register(lake: Lake, feed: Feed, facts: pl.DataFrame) -> dict[str, Seen]:
    """Digest of a register's versions by the first month that can see each.

    A first version reaches back to the member's first fact: history older than the register takes its names from it.
    """
    (key,) = feed.key
    first = facts.select(pl.col("member_id").alias(key), pl.col("first_fact_month").cast(pl.Int32))
    frame = lake.scan(feed.ledger).with_columns(
        month=_index(pl.col("valid_from")), number=pl.col("valid_from").rank("ordinal").over(key)
    )
    reached = pl.when(pl.col("number") == 1).then(
        pl.min_horizontal("month", "first_fact_month")
    ).otherwise(pl.col("month"))  # fmt: skip
    begun = frame.join(first.lazy(), on=key, how="left").select(
        month=reached, digest=_digest(feed, "valid_to", "is_current")
    )
    ended = frame.filter(pl.col("valid_to").is_not_null()).select(
        month=_index(pl.col("valid_to")), digest=_digest(feed)
    )
    found = pl.concat([begun, ended]).group_by("month").agg(pl.col("digest").sum()).collect()
    return {month_text(month): Seen(digest) for month, digest in found.iter_rows()}


def _first_facts(lake: Lake, key: str, names: Container[str], *, keep: bool) -> pl.DataFrame:
    """One row per member that a fact names: FIRST_FACTS of a key.

    Whoever has a fact in a month before the first that changed keeps it; all others are looked for from that month on.
    """
    feeds = [feed for feed in naming(key) if feed.name in names]
    versions = {feed.name: lake.version(feed.ledger) for feed in feeds}
    known = lake.scan(FIRST_FACTS).filter(pl.col("key_name") == key).collect()
    told = json.loads(known["versions"][0]) if known.height else {}
    if told == versions:
        return known
    if told.keys() != versions.keys():
        told = {}  # what a feed said that is gone from the settings may lie in any month
    since = _first_change(
        lake, [feed for feed in feeds if versions[feed.name] != told.get(feed.name, -1)], told
    )
    kept = known.filter(pl.col("first_fact_month") < (month_index(since) if since else 0))
    later = first_facts([_facts(lake, feed, key, since) for feed in feeds], key).to_native()
    anew = later.rename({key: "member_id"}).join(kept.lazy(), on="member_id", how="anti").collect()
    found = pl.concat(
        [kept.select("member_id", "first_fact_month"), anew.cast({"first_fact_month": pl.Int64})]
    ).select(
        pl.lit(key).alias("key_name"),
        "member_id",
        "first_fact_month",
        pl.lit(json.dumps(versions)).alias("versions"),
    )
    if keep:
        lake.replace(FIRST_FACTS, found.lazy(), one_of("key_name", [key]))
    return found


def _first_change(lake: Lake, feeds: list[Feed], told: dict[str, int]) -> str:
    """The first month in which a ledger changed since these versions; "" where it may be any."""
    changed = [lake.changed(feed.ledger, told.get(feed.name)) for feed in feeds]
    months = [min(one) for one in changed if one]
    return "" if None in changed or not months else min(months)


def _facts(lake: Lake, feed: Feed, key: str, since: str) -> Frame:
    """The facts of a ledger's months from one on, as (key, month); without a date of its own none names anybody."""
    date = pl.coalesce(*(pl.col(name).cast(pl.Date) for name in feed.dated_by))
    rows = lake.scan(feed.ledger).filter(pl.col("month") >= since)
    return nw.from_native(rows.filter(_dated(feed)).select(key, month=_index(date)))


def _index(date: pl.Expr) -> pl.Expr:
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1
