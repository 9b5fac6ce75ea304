"""Restatements: which closed months a publication changed, by how much, and which deliveries caused it.

A month is closed when a delivery of its last day, or of a later one, was published. What a run changes in it is appended to the
table `restatement`; what it changes in the month that is still going on is everyday life.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from metrics.periods import last_day, month_index
from pipelines.freshness import last_delivery, next_publication
from schemas.catalogue import FEEDS, TABLES
from schemas.columns import NUM
from schemas.state import COMPUTED, DELIVERIES, PUBLISHED_DELIVERIES, RESTATEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from pipelines.lake import Lake
    from schemas.table import Table

_KEY = ["as_of_month", "table_name", "measure"]
_ROWS = "rows"
# After every month.
_NEVER = "~"
# What is said of a change that no delivery explains.
NO_DELIVERY = "settings or version"


def totals(lake: Lake, months: list[str]) -> dict[str, str]:
    """By month, the rows of each report and the sum of each of its amounts, as JSON: {table: {measure: total}}.

    Of a report by period, those of the month alone.
    """
    tables = [table for table in TABLES.values() if table.partition]
    sums = pl.collect_all([_sums(lake, table, months) for table in tables], engine="streaming")
    shown: dict[str, dict[str, dict[str, str]]] = {month: {} for month in months}
    for table, rows in zip(tables, sums, strict=True):
        for row in rows.iter_rows(named=True):
            month = row.pop("as_of_month")
            shown[month][table.name] = {name: str(total) for name, total in row.items()}
    return {month: json.dumps(told, sort_keys=True) for month, told in shown.items()}


def _sums(lake: Lake, table: Table, months: list[str]) -> pl.LazyFrame:
    frame = lake.scan(table).filter(pl.col("as_of_month").is_in(months))
    if "period" in table.names:
        frame = frame.filter(pl.col("period") == "month")
    amounts = (pl.col(name).sum() for name in table.of_kind("num"))
    return frame.group_by("as_of_month").agg(pl.len().alias(_ROWS), *amounts)


def restate(lake: Lake, shown: Mapping[str, str]) -> list[str]:
    """Append what a publication changed in closed months; returns these, ascending. `shown`: `totals`.

    Done before the months are noted as computed: a run that dies in between does it again under the same number.
    """
    changed = _changed(lake, shown)
    publication = next_publication(lake)
    causes = _causes(lake, changed)
    told = changed.select(
        pl.lit(publication, pl.Int64).alias("publication"),
        pl.lit(last_delivery(lake), pl.Date).alias("restated_on"),
        *_KEY,
        "old_total",
        "new_total",
        difference=pl.col("new_total") - pl.col("old_total"),
        deliveries=pl.col("as_of_month").replace_strict(
            causes, default=NO_DELIVERY, return_dtype=pl.String
        ),
    )
    lake.replace(RESTATEMENT, told.lazy(), f"publication = {publication}")
    return sorted(changed["as_of_month"].unique())


def note_deliveries(lake: Lake) -> None:
    """Keep which deliveries are published, so that the next restatement knows which are not."""
    published = next_publication(lake) - 1
    lake.replace(PUBLISHED_DELIVERIES, lake.scan(DELIVERIES).collect().lazy(), made_from=published)


def note_what_was_published(lake: Lake) -> None:
    """Make up for a run that died between its publication and `note_deliveries`; before anything new is taken."""
    is_there = lake.open(PUBLISHED_DELIVERIES) is not None
    noted = lake.made_from(PUBLISHED_DELIVERIES) if is_there else 0
    if noted is not None and noted < next_publication(lake) - 1:
        note_deliveries(lake)


def _changed(lake: Lake, shown: Mapping[str, str]) -> pl.DataFrame:
    """Both totals of what is no longer as it was published, in months that were closed then; 0 where there are no rows.

    A month may have been published before it was closed: what closes it need not touch it.
    """
    published = lake.scan(COMPUTED).filter(pl.col("publication") > 0)
    known = published.select("as_of_month", "totals", pl.col("delivered_up_to").max()).collect()
    rows = []
    for month, before, upto in known.iter_rows():
        if month in shown and last_day(month_index(month)) <= upto:
            old, new = _flat(before), _flat(shown[month])
            rows += [
                (month, *key, old.get(key, Decimal(0)), new.get(key, Decimal(0)))
                for key in old.keys() | new.keys()
            ]
    schema = pl.Schema({**{name: pl.String() for name in _KEY}, "old_total": NUM, "new_total": NUM})
    both = pl.DataFrame(rows, schema=schema, orient="row")
    return both.filter(pl.col("old_total") != pl.col("new_total")).sort(_KEY)


def _flat(told: str) -> dict[tuple[str, str], Decimal]:
    return {
        (table, measure): Decimal(total)
        for table, measures in json.loads(told).items()
        for measure, total in measures.items()
    }


def _causes(lake: Lake, changed: pl.DataFrame) -> dict[str, str]:
    """By restated month, the deliveries taken since the last publication that hold a record dated up to its end.

    Where none does, all of them and the settings: one may have moved a record to a later month, or lack it.
    """
    months = sorted(changed["as_of_month"].unique())
    if not months:
        return {}
    begins = [(f"{feed} {day}", first) for feed, day, first in _new_deliveries(lake)]
    names = [*(name for name, _ in begins), NO_DELIVERY]
    causes = {month: [name for name, first in begins if first <= month] for month in months}
    return {month: ", ".join(reaching or names) for month, reaching in causes.items()}


def _new_deliveries(lake: Lake) -> Iterator[tuple[str, date, str]]:
    """Feed, date and first month of each delivery that came or changed since.

    "" where a record has no date of its own, and a text after all months where nothing was accepted.
    """
    on = ["feed", "delivered_on", "fingerprint"]
    new = lake.scan(DELIVERIES).select(on).join(lake.scan(PUBLISHED_DELIVERIES), on=on, how="anti")
    for (name,), rows in new.sort(on).collect().group_by("feed", maintain_order=True):
        feed = FEEDS[str(name)]
        days = rows["delivered_on"].to_list()
        dated = [pl.col(column).cast(pl.Date) for column in feed.dated_by] or [
            pl.lit(None, pl.Date)
        ]
        month = pl.coalesce(*dated).dt.to_string("%Y-%m").fill_null("")
        firsts = (
            lake.scan(feed.accepted)
            .filter(pl.col("delivered_on").is_in(days))
            .group_by("delivered_on")
            .agg(month.min())
            .collect()
        )
        begins = dict(firsts.iter_rows())
        yield from ((feed.name, day, begins.get(day, _NEVER)) for day in days)
