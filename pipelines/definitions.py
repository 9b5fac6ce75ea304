"""Everything that Dagster loads, on one screen."""

from __future__ import annotations

import dagster as dg

from assets.checks import CHECKS
from assets.feeds.deliveries import FEED_ASSETS
from assets.ledgers.ledgers import LEDGER_ASSETS
from assets.publication import PUBLISHED
from assets.reports import REPORT_ASSETS
from assets.rollups import ROLLUP_ASSETS
from pipelines.jobs import ingest, reports
from pipelines.progress import progress_logger
from pipelines.resources import RESOURCES
from pipelines.schedules import nightly, touched_months


def definitions(**overrides: object) -> dg.Definitions:
    """The code location; `overrides` replace resources, so that tests assemble their own."""
    return dg.Definitions(
        assets=[*FEED_ASSETS, *LEDGER_ASSETS, *ROLLUP_ASSETS, *REPORT_ASSETS, *PUBLISHED],
        asset_checks=CHECKS,
        jobs=[ingest, reports],
        schedules=[nightly],
        sensors=[touched_months],
        resources={**RESOURCES, **overrides},
        executor=dg.in_process_executor,
        loggers={"progress": progress_logger},
    )


defs = definitions()
