"""Which deliveries should be there and are not: a feed that says by which hour it comes is missed when it does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError
from pipelines.sources.find import lies_there
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipelines.lake import Lake
    from pipelines.settings import Settings

_WEEKS = timedelta(weeks=4)
_FIRST_WEEKS = timedelta(weeks=2)


@dataclass(frozen=True)
class Missing:
    """A delivery that did not come by its hour."""

    feed: str
    delivered_on: date
    expected_by: str

    def __str__(self) -> str:
        """One sentence, without a value of any row."""
        return (
            f"{self.feed}: the delivery of {self.delivered_on} was expected by {self.expected_by} "
            "of the next day and is not there"
        )


def missing(settings: Settings, lake: Lake, now: datetime) -> list[Missing]:
    """The feeds whose newest due delivery neither was taken nor lies there, by name of the feed."""
    found = []
    for name, sources in sorted(settings.feeds.items()):
        hours = [source.expected_by for source in sources if source.expected_by]
        if not hours:
            continue
        taken = _taken(lake, name)
        day = newest_due(now, max(hours))
        if is_usual(day, taken) and day not in taken and not _lies_there(settings, name, day):
            found.append(Missing(name, day, max(hours)))
    return found


def newest_due(now: datetime, hour: str) -> date:
    """The newest date whose delivery should be there: that of yesterday from `hour` on, before it that of the day before."""
    return now.date() - timedelta(days=1 if f"{now:%H:%M}" >= hour else 2)


def is_usual(day: date, taken: Collection[date]) -> bool:
    """Whether the feed delivers on this day of the week: at least twice in the four weeks up to its last delivery before.

    Of a feed that began less than two weeks before it, every day is expected. A feed that died stays missed.
    """
    earlier = [one for one in taken if one < day]
    if not earlier or max(earlier) - min(earlier) < _FIRST_WEEKS:
        return True
    recent = [one for one in earlier if one > max(earlier) - _WEEKS]
    return Counter(one.weekday() for one in recent)[day.weekday()] > 1


def _taken(lake: Lake, feed: str) -> set[date]:
    rows = lake.scan(DELIVERIES).filter(pl.col("feed") == feed).select("delivered_on").collect()
    return {*rows.to_series()}


def _lies_there(settings: Settings, feed: str, day: date) -> bool:
    """Whether the next run would find it; a feed that cannot be asked has not come."""
    try:
        return lies_there(settings, FEEDS[feed], day)
    except DeliveryError:
        return False
