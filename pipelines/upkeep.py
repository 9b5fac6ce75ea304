"""Upkeep: small files are merged, and what no version of the last days needs is removed.

Readers notice nothing: rows stay, and the files of a version that somebody reads stay for `time_travel_days`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ROLLUPS
from schemas.state import STATE

if TYPE_CHECKING:
    from pipelines.lake import Lake


@dataclass(frozen=True)
class Kept:
    """What an upkeep did to the files of the lake."""

    merged: int
    removed: int


def upkeep(lake: Lake, days: int) -> Kept:
    """Tidy every table of the lake; only for who holds it alone. `days`: how far back versions stay readable.

    Each table is tidied for itself: a killed upkeep leaves tables that are tidy and tables that are not.

    Raises:
        LakeError: a place cannot be written; all rows stand.
    """
    of_feeds = (t for feed in FEEDS.values() for t in (feed.accepted, feed.ledger, feed.retired))
    tables = (*STATE, *of_feeds, *ROLLUPS.values(), *TABLES.values())
    merged, removed = zip(*(lake.tidy(table, days) for table in tables), strict=True)
    return Kept(sum(merged), sum(removed))
