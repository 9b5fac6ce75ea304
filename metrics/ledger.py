"""Which delivered row is the truth: the newest version of every key, order-free.

Belongs here: the rule that picks among versions. A row's place in time is (delivered_on, source_no,
source_file, source_row), a total order that no order of runs can change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw

from metrics.ratios import flag
from metrics.reasons import first_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

PLACE = ["delivered_on", "source_no", "source_file", "source_row"]


@dataclass(frozen=True)
class FullDeliveries:
    """The deliveries of a feed that held every key of a source: a key that one lacks is gone.

    `each`: source_no, full_on. `mentioned`: key, source_no, full_on: keys that such a delivery did hold, in a row that
    was quarantined; what is unreadable is not gone.
    """

    each: nw.LazyFrame
    mentioned: nw.LazyFrame

    def since(self, day: date) -> FullDeliveries:
        """Those delivered on a day or later."""
        later = nw.col("full_on") >= day
        return FullDeliveries(self.each.filter(later), self.mentioned.filter(later))

    @property
    def last(self) -> nw.LazyFrame:
        """One row per source: source_no, full_on, of its last full delivery."""
        return self.each.group_by("source_no").agg(full_on=nw.col("full_on").max())


def contested_keys(rows: nw.LazyFrame, key: Sequence[str], full: FullDeliveries) -> nw.LazyFrame:
    """One row per key that needs a decision: delivered more than once, withdrawn, or gone.

    All other keys have one row, which is current; they never need to be sorted or held in memory.
    """
    return (
        rows.select(*key, "deleted", "source_no", "delivered_on")
        .pipe(_with_last_full, key, full)
        .select(*key, ends=flag(_gone()))
        .group_by(*key)
        .agg(versions=nw.len(), ends=nw.col("ends").sum())
        .filter((nw.col("versions") > 1) | (nw.col("ends") > 0))
        .select(*key)
    )


def _with_last_full(rows: nw.LazyFrame, key: Sequence[str], full: FullDeliveries) -> nw.LazyFrame:
    """Adds full_on, of the source's last full delivery, and is_mentioned, true where that holds the key."""
    on = [*key, "source_no", "full_on"]
    mentioned = full.mentioned.select(*on).unique(on).with_columns(is_mentioned=nw.lit(value=True))
    return rows.join(full.last, on="source_no", how="left").join(mentioned, on=on, how="left")


def _gone() -> nw.Expr:
    """Whether a row withdraws its key, or a later full delivery of its source lacks it."""
    lacking = (nw.col("full_on") > nw.col("delivered_on")) & nw.col("is_mentioned").is_null()
    return nw.col("deleted").fill_null(value=False) | lacking.fill_null(value=False)


def with_fate(rows: nw.LazyFrame, key: Sequence[str], full: FullDeliveries) -> nw.LazyFrame:
    """Every row with its `fate`: current, superseded or withdrawn; a feed may have a `status` of its own.

    The newest row of a key is current unless it withdraws the key, or the last full delivery of its source came later
    and no longer has it; older rows are superseded.
    """
    newest = nw.col("place") == nw.col("versions")
    fate = first_code((~newest, "superseded"), (_gone(), "withdrawn")).fill_null("current")
    return (
        rows.with_columns(
            place=nw.col("source_row").cum_count().over(*key, order_by=PLACE),
            versions=nw.len().over(*key),
        )
        .pipe(_with_last_full, key, full)
        .with_columns(fate=fate)
        .drop("place", "versions", "full_on", "is_mentioned")
    )


def with_month(rows: nw.LazyFrame, dated_by: Sequence[str]) -> nw.LazyFrame:
    """Every row with the `month` (text YYYY-MM) of its own date; without one, of its delivery."""
    dated = nw.coalesce(*(nw.col(name).cast(nw.Date) for name in (*dated_by, "delivered_on")))
    return rows.with_columns(month=dated.dt.to_string("%Y-%m"))


def versions(
    rows: nw.LazyFrame,
    key: str,
    attributes: Sequence[str],
    full: FullDeliveries,
) -> nw.LazyFrame:
    """One row per member and version of a register (SCD 2).

    A version begins (`valid_from`) at the first delivery that shows its attributes and ends (`valid_to`,
    exclusive; NULL: current) at the next different version, at a withdrawal, or at the first full delivery of its
    source that lacks the member.
    """
    daily = _last_of_each_delivery(rows, key).with_columns(
        next_on=nw.col("delivered_on").shift(-1).over(key, order_by="delivered_on")
    )
    events = nw.concat(
        [
            daily.with_columns(ends=nw.col("deleted").fill_null(value=False)).drop("next_on"),
            _absences(daily, key, full),
        ],
        how="vertical",
    )
    return _as_spans(_changes_only(events, key, attributes), key)


def later_versions(
    known: nw.LazyFrame,
    rows: nw.LazyFrame,
    key: str,
    attributes: Sequence[str],
    full: FullDeliveries,
    since: date,
) -> nw.LazyFrame:
    """What `versions` would return of all rows, by what it returned before and the rows delivered `since` alone.

    `known`: the versions by rows of which any delivered before `since` still stand. Only for a register of one source: of a
    version it is not known which source said so last.
    """
    before, after = nw.col("valid_from") < since, nw.col("valid_to") >= since
    ended = known.filter(nw.col("valid_to") < since)
    # What began before and had not ended then is a row like any other, delivered when it began.
    going_on = known.filter(before & (after | nw.col("valid_to").is_null())).with_columns(
        deleted=nw.lit(value=False), source_no=nw.lit(1).cast(nw.Int64)
    )
    columns = rows.collect_schema().names()
    events = nw.concat([going_on.select(columns), rows], how="vertical")
    found = versions(events, key, attributes, full.since(since))
    shown = known.collect_schema().names()
    return nw.concat([ended.select(shown), found.select(shown)], how="vertical")


def _last_of_each_delivery(rows: nw.LazyFrame, key: str) -> nw.LazyFrame:
    """Of several rows of a member in one delivery the last one counts."""
    within = [key, "delivered_on"]
    return (
        rows.with_columns(
            place=nw.col("source_row").cum_count().over(*within, order_by=PLACE),
            rows=nw.len().over(*within),
        )
        .filter(nw.col("place") == nw.col("rows"))
        .drop("place", "rows")
    )


def _absences(daily: nw.LazyFrame, key: str, full: FullDeliveries) -> nw.LazyFrame:
    """The first full delivery after each row, before the next one, which lacks the member."""
    lacking = (
        daily.join(full.each, on="source_no", how="inner")
        .join(full.mentioned, on=[key, "source_no", "full_on"], how="anti")
        .filter(
            (nw.col("full_on") > nw.col("delivered_on"))
            & (nw.col("next_on").is_null() | (nw.col("full_on") < nw.col("next_on")))
        )
        .group_by(key, "delivered_on")
        .agg(full_on=nw.col("full_on").min())
    )
    columns = daily.drop("next_on").collect_schema().names()
    return (
        daily.join(lacking, on=[key, "delivered_on"], how="inner")
        .with_columns(delivered_on=nw.col("full_on"), ends=nw.lit(value=True))
        .select(*columns, "ends")
    )


def _changes_only(events: nw.LazyFrame, key: str, attributes: Sequence[str]) -> nw.LazyFrame:
    """Without the deliveries that repeat what was already known."""
    shown = nw.concat_str(
        *(nw.col(name).cast(nw.String).fill_null("") for name in attributes),
        separator="\x1f",
        ignore_nulls=True,  # there are none: Spark would look for them
    )
    state = nw.when(nw.col("ends")).then(nw.lit("\x1e")).otherwise(shown)
    return (
        events.with_columns(state=state)
        .with_columns(before=nw.col("state").shift(1).over(key, order_by="delivered_on"))
        .filter(nw.col("before").is_null() | (nw.col("before") != nw.col("state")))
        .drop("state", "before")
    )


def _as_spans(events: nw.LazyFrame, key: str) -> nw.LazyFrame:
    return (
        events.with_columns(
            valid_from=nw.col("delivered_on"),
            valid_to=nw.col("delivered_on").shift(-1).over(key, order_by="delivered_on"),
        )
        .filter(~nw.col("ends"))
        .with_columns(is_current=nw.col("valid_to").is_null())
        .drop("ends")
    )


def respan(spans: nw.LazyFrame, key: str, attributes: Sequence[str]) -> nw.LazyFrame:
    """The spans of `versions` with fewer attributes: neighbours that no longer differ become one.

    Returns key, attributes, valid_from, valid_to (exclusive; NULL: current), is_current.
    """
    columns = [key, *attributes, "delivered_on", "ends"]
    begun = spans.with_columns(delivered_on=nw.col("valid_from"), ends=nw.lit(value=False))
    ended = (
        spans.filter(~nw.col("valid_to").is_null())
        .with_columns(delivered_on=nw.col("valid_to"), ends=nw.lit(value=True))
        .join(begun.select(key, "delivered_on"), on=[key, "delivered_on"], how="anti")
    )
    events = nw.concat([begun.select(columns), ended.select(columns)], how="vertical")
    return _as_spans(_changes_only(events, key, attributes), key).drop("delivered_on")
