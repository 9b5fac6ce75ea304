"""A ledger brought up to its feed at the cost of what changed: the same as if it were decided from all rows.

What a fact's key comes to depends on the rows of that key alone: those of keys that changed deliveries name are decided
anew. What a register's version comes to depends on what was delivered before and since: a changed delivery leaves all that
ended before it. Where it is not known what changed, or nearly all did, everything is decided.
"""

from datetime import date

import narwhals as nw
import polars as pl

from assets.ledgers.decided import attributes, decided, place, retired_members
from assets.tables import Frame, Lake, Parts
from metrics import ledger
from schemas.feed import Feed
from schemas.state import DELIVERIES
from schemas.table import Table

_Both = tuple[Frame | Parts, Frame | Parts]
# A share of the accepted rows from which on deciding everything, which streams, is cheaper; and rows that fit into memory.
_NEARLY_ALL, _HELD = 0.25, 5_000_000


def ledger_of(feed: Feed, lake: Lake, full: ledger.FullDeliveries) -> _Both:
    """The ledger of a feed and the rows retired from it, or the parts of both that change."""
    days = _changed(feed, lake)
    if days is None:
        count = sum(_accepted_rows(feed, lake).values())
        return decided(feed, lake.frame(feed.accepted), full, lake, count)
    if not days:
        return _unchanged(lake, feed.ledger), _unchanged(lake, feed.retired)
    if feed.is_register:
        return _register_since(feed, lake, full, min(days))
    return _keys_of(feed, lake, full, days)


def _changed(feed: Feed, lake: Lake) -> list[date] | None:
    """The dates whose deliveries are others than those that the ledger was decided from; None: decide everything."""
    versions = {lake.made_from(one) for one in (feed.ledger, feed.retired)}
    changed = lake.changed(feed.accepted, versions.pop()) if len(versions) == 1 else None
    if changed is None:
        return None
    days = [date.fromisoformat(day) for day in changed]
    rows = _accepted_rows(feed, lake)
    since = str(min(changed)) if changed and feed.is_register else ""
    anew = sum(n for day, n in rows.items() if (day >= since if since else day in changed))
    if anew > min(_NEARLY_ALL * sum(rows.values()), _HELD) or (
        changed and feed.is_register and _has_sources(feed, lake)
    ):
        return None
    return days


def _has_sources(feed: Feed, lake: Lake) -> bool:
    """Whether the feed ever had more than one source."""
    return (lake.scan(feed.accepted).select(pl.col("source_no").max()).collect().item() or 0) > 1


def _accepted_rows(feed: Feed, lake: Lake) -> dict[str, int]:
    """How many rows of each delivery were accepted."""
    rows = lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
    day = pl.col("delivered_on").cast(pl.String)
    return dict(rows.select(day, "accepted_rows").collect().iter_rows())


def _keys_of(feed: Feed, lake: Lake, full: ledger.FullDeliveries, days: list[date]) -> _Both:
    """Both tables by the keys that changed deliveries name, or named before they changed."""
    on_days = nw.col("delivered_on").is_in(days)
    accepted, tables = lake.frame(feed.accepted), (feed.ledger, feed.retired)
    named = [accepted, *(_near(lake, one, "delivered_on", pl.Series(days)) for one in tables)]
    keys = lake.held(
        nw.concat([one.filter(on_days).select(feed.key) for one in named], how="vertical").unique(feed.key)
    )  # fmt: skip
    first = lake.values(keys, feed.key[0])
    known = [
        lake.held(
            _near(lake, one, feed.key[0], first)
            .join(keys, on=feed.key, how="semi")
            .select(*feed.key, "delivered_on", "month")
        )
        for one in tables
    ]
    delivered = {*days, *(day for one in known for day in _values(lake, one, "delivered_on"))}
    rows = accepted.filter(nw.col("delivered_on").is_in(sorted(delivered)))
    rows = lake.held(rows.join(keys, on=feed.key, how="semi"))
    current, retired = decided(feed, rows, full, lake, _HELD)
    was_current, was_retired = known
    return (
        _merged(lake, feed.ledger, was_current, current, keys),
        _merged(lake, feed.retired, was_retired, retired, keys),
    )


def _unchanged(lake: Lake, table: Table) -> Parts:
    return Parts(lake.frame(table).head(0), [])


def _merged(lake: Lake, table: Table, old: Frame, new: Frame, keys: Frame) -> Parts:
    """The months in which these keys were or are, with their rows as they are now."""
    new, key = lake.held(new.select(table.names)), keys.collect_schema().names()
    months = sorted({*_values(lake, old, "month"), *_values(lake, new, "month")})
    kept = lake.frame(table).filter(nw.col("month").is_in(months)).join(keys, on=key, how="anti")
    return Parts(nw.concat([kept.select(table.names), new], how="vertical"), months)


def _near(lake: Lake, table: Table, column: str, values: pl.Series) -> Frame:
    """The rows of those parts that may hold one of the values."""
    return lake.frame(table).filter(nw.col("month").is_in(lake.parts_with(table, column, values)))


def _values(lake: Lake, frame: Frame, column: str) -> list:
    return lake.values(frame.select(column).unique([column]), column).to_list()


def _register_since(feed: Feed, lake: Lake, full: ledger.FullDeliveries, since: date) -> _Both:
    """Both tables of a register by what was delivered since the first change."""
    (key,) = feed.key
    later = nw.col("delivered_on") >= since
    known, retired = lake.frame(feed.ledger), lake.frame(feed.retired)
    rows = lake.held(lake.frame(feed.accepted).filter(later))
    versions = lake.held(
        ledger.later_versions(known, rows, key, attributes(feed), full, since).select(
            feed.ledger.names
        )
    )
    # A version that began before may be no longer the current one, or be so again.
    was_current = known.filter(nw.col("is_current") & ~later).with_columns(
        deleted=nw.lit(value=False)
    )
    is_current = versions.filter(nw.col("is_current") & ~later).pipe(ledger.with_month, ())
    again = is_current.join(was_current.select(place(feed)), on=place(feed), how="anti")
    new = [
        retired_members(feed, one, versions).select(feed.retired.names)
        for one in (was_current, rows)
    ]
    added = lake.held(nw.concat(new, how="vertical"))
    months = {month for month in lake.row_counts(feed.retired) if month >= since.strftime("%Y-%m")}
    months |= {*_values(lake, added, "month"), *_values(lake, again, "month")}
    kept = retired.filter(nw.col("month").is_in(sorted(months)) & ~later).join(
        is_current.select(place(feed)), on=place(feed), how="anti"
    )
    shown = nw.concat([kept.select(feed.retired.names), added], how="vertical")
    return versions, Parts(shown, sorted(months))
