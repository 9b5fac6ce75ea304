"""The jobs: deliveries in, reports out; one run cannot mix days and months, so there are two. And three small ones beside them."""

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg

from assets.checks import EXPECTED
from pipelines.pruning import history

__all__ = ["expected", "history", "ingest", "reports", "to_ingest", "upkeep"]

# A run that died is done again from its beginning: what it had computed may be of other deliveries than what it had not.
_WHOLE = {"dagster/retry_strategy": "ALL_STEPS"}
# In one process: a process per step costs more than most steps take.
ingest = dg.define_asset_job(
    "ingest",
    # Whether deliveries are late is asked by the clock.
    selection=dg.AssetSelection.groups("feeds", "ledger", "retired") - EXPECTED,
    description="Takes in the deliveries of a range of dates and brings the ledgers up to date.",
    executor_def=dg.in_process_executor,
    tags=_WHOLE,
)
reports = dg.define_asset_job(
    "reports",
    selection=dg.AssetSelection.groups("rollups", "reporting", "published"),
    description="Computes a range of as-of months in one pass, checks them and publishes.",
    executor_def=dg.in_process_executor,
    tags=_WHOLE,
)
expected = dg.define_asset_job(
    "expected_deliveries",
    selection=EXPECTED,
    description="Checks whether the deliveries came by the hour that the settings expect them.",
    executor_def=dg.in_process_executor,
)


@dg.op(required_resource_keys={"settings", "lake"}, pool="lake")
def tidy_tables(context: dg.OpExecutionContext) -> None:
    """Merge the small files of every table, and remove what is older than the settings' days of time travel."""
    from pipelines.upkeep import upkeep as keep

    kept = keep(context.resources.lake, context.resources.settings.time_travel_days)
    context.add_output_metadata({"files merged": kept.merged, "files removed": kept.removed})


@dg.job(executor_def=dg.in_process_executor)
def upkeep() -> None:
    """Keeps the lake small and old versions readable for the settings' days of time travel."""
    tidy_tables()


def to_ingest(pending: Mapping[str, Sequence[date]]) -> list[dg.AssetKey]:
    """The assets of the feeds that are pending (see `Landing.pending`); of one without new deliveries, its ledger."""
    return [
        dg.AssetKey([layer, feed])
        for feed, days in pending.items()
        for layer in ("feeds", "ledger", "retired")
        if days or layer != "feeds"
    ]
