"""Everything that Dagster loads, on one screen."""

from __future__ import annotations

import dagster as dg

from assets.checks import CHECKS
from assets.feeds.deliveries import FEED_ASSETS
from assets.ledgers.ledgers import LEDGER_ASSETS
from assets.publication import PUBLISHED
from assets.reports import REPORT_ASSETS
from assets.rollups import ROLLUP_ASSETS
from pipelines.jobs import expected, history, ingest, reports, upkeep
from pipelines.progress import progress_logger
from pipelines.resources import RESOURCES
from pipelines.schedules import SCHEDULES
from pipelines.sensors import SENSORS


def definitions(**overrides: object) -> dg.Definitions:
    """The code location; `overrides` replace resources, so that tests assemble their own."""
    return dg.Definitions(
        assets=[*FEED_ASSETS, *LEDGER_ASSETS, *ROLLUP_ASSETS, *REPORT_ASSETS, *PUBLISHED],
        asset_checks=CHECKS,
        jobs=[ingest, reports, expected, history, upkeep],
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={**RESOURCES, **overrides},
        executor=dg.in_process_executor,
        loggers={"progress": progress_logger},
    )


defs = definitions()
