"""The two jobs: deliveries in, reports out. One run cannot mix days and months, so there are two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

# In one process: a process per step costs more than most steps take.
ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.groups("feeds", "ledger", "retired"),
    description="Takes in the deliveries of a range of dates and brings the ledgers up to date.",
    executor_def=dg.in_process_executor,
)
reports = dg.define_asset_job(
    "reports",
    selection=dg.AssetSelection.groups("rollups", "reporting", "published"),
    description="Computes a range of as-of months in one pass, checks them and publishes.",
    executor_def=dg.in_process_executor,
)


def to_ingest(pending: Mapping[str, Sequence[date]]) -> list[dg.AssetKey]:
    """The assets of the feeds that are pending (see `Landing.pending`); of one without new deliveries, its ledger."""
    return [
        dg.AssetKey([layer, feed])
        for feed, days in pending.items()
        for layer in ("feeds", "ledger", "retired")
        if days or layer != "feeds"
    ]
