"""The two jobs: deliveries in, reports out. One run cannot mix days and months, so there are two."""

import dagster as dg

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
