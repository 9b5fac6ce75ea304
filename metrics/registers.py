"""Registers as of a month: which members exist at its end, and what was then known of them.

A month sees the newest version delivered up to its last day; a month before the first delivery sees the first
version, if a fact already names the member (history older than the register keeps its names).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

from metrics.periods import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence


def first_facts(facts: Sequence[nw.LazyFrame], key: str) -> nw.LazyFrame:
    """One row per member that any fact names: `key`, `first_fact_month` (Int32).

    `facts`: frames of (key, month); rows whose member is NULL name nobody.
    """
    return (
        nw.concat([frame.select(key, "month") for frame in facts], how="vertical")
        .filter(~nw.col(key).is_null())
        .group_by(key)
        .agg(first_fact_month=nw.col("month").min())
    )


def spans(
    versions: nw.LazyFrame, facts: nw.LazyFrame, key: str, attributes: Sequence[str]
) -> nw.LazyFrame:
    """One row per member and span of months with equal attributes, as month-ends see it.

    `versions`: key, attributes, from_month, to_month (Int32; to exclusive, NULL: current), place (the
    order of versions of a member). `facts`: key, first_fact_month. Returns key, attributes, is_registered,
    from_month, to_month (exclusive). Where a span is not registered its attributes are NULL.
    """
    ordered = versions.with_columns(
        next_month=nw.col("from_month").shift(-1).over(key, order_by="place"),
        number=nw.col("from_month").cum_count().over(key, order_by="place"),
    ).join(facts, on=key, how="left")
    columns = [key, *attributes, "is_registered", "from_month", "to_month"]
    nothing = [nw.when(nw.lit(value=False)).then(nw.col(name)).alias(name) for name in attributes]
    registered = ordered.with_columns(
        is_registered=nw.lit(value=True), to_month=nw.col("to_month").fill_null(NEVER)
    )
    before = ordered.filter(
        (nw.col("number") == 1) & (nw.col("first_fact_month") < nw.col("from_month"))
    ).with_columns(
        is_registered=nw.lit(value=True),
        to_month=nw.col("from_month"),
        from_month=nw.col("first_fact_month"),
    )
    withdrawn = ordered.filter(
        ~nw.col("to_month").is_null() & ~nw.col("first_fact_month").is_null()
    ).with_columns(
        *nothing,
        is_registered=nw.lit(value=False),
        from_month=nw.max_horizontal("to_month", "first_fact_month"),
        to_month=nw.col("next_month").fill_null(NEVER),
    )
    unknown = facts.join(versions.select(key), on=key, how="anti")
    return nw.concat(
        [
            *(part.select(columns) for part in (registered, before, withdrawn)),
            _never_registered(unknown, versions, key, attributes).select(columns),
        ],
        how="vertical",
    ).filter(nw.col("from_month") < nw.col("to_month"))


def _never_registered(
    unknown: nw.LazyFrame, versions: nw.LazyFrame, key: str, attributes: Sequence[str]
) -> nw.LazyFrame:
    """Members known by facts alone; the join gives the attributes their types, and NULLs."""
    return unknown.join(versions.select(key, *attributes), on=key, how="left").with_columns(
        is_registered=nw.lit(value=False),
        from_month=nw.col("first_fact_month"),
        to_month=nw.lit(NEVER).cast(nw.Int32),
    )


def members_at(member_spans: nw.LazyFrame, calendar: nw.LazyFrame) -> nw.LazyFrame:
    """One row per as-of month and member that exists at its end: `month`, key, attributes, is_registered."""
    return (
        calendar.select("month")
        .join(member_spans, how="cross")
        .filter((nw.col("from_month") <= nw.col("month")) & (nw.col("month") < nw.col("to_month")))
        .drop("from_month", "to_month")
    )


def dimension(
    versions: nw.LazyFrame, member_spans: nw.LazyFrame, key: str, attributes: Sequence[str]
) -> nw.LazyFrame:
    """One row per member and version; a member that only facts name (now) has one row without dates beside those that ended.

    `versions`: key, attributes, valid_from, valid_to, is_current. `member_spans`: what `spans` returns.
    """
    columns = [key, *attributes, "valid_from", "valid_to", "is_current", "is_registered"]
    known = versions.with_columns(is_registered=nw.lit(value=True)).select(columns)
    nameless = by_facts(versions.filter(nw.col("is_current")), member_spans, key).select(columns)
    return nw.concat([known, nameless], how="vertical")


def by_facts(versions: nw.LazyFrame, member_spans: nw.LazyFrame, key: str) -> nw.LazyFrame:
    """One current row without dates per member that facts name and that has no version among these; attributes NULL."""
    return (
        member_spans.filter(~nw.col("is_registered"))
        .select(key)
        .unique([key])
        .join(versions.select(key), on=key, how="anti")
        .join(versions.drop("is_current"), on=key, how="left")
        .with_columns(is_current=nw.lit(value=True), is_registered=nw.lit(value=False))
    )
