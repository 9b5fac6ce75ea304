"""The two calendars: feeds by delivery date, reports by as-of month. Runs of many partitions are one pass."""

import warnings

import dagster as dg

from schemas.columns import EARLIEST

# Range runs in one pass are what makes a backfill cheap; the parameter is in use since 1.5 and still called beta.
warnings.filterwarnings("ignore", category=dg.BetaWarning, message=".*`backfill_policy`.*")

DELIVERY_DATES = dg.DailyPartitionsDefinition(start_date=EARLIEST.isoformat(), end_offset=1)
AS_OF_MONTHS = dg.MonthlyPartitionsDefinition(
    start_date=EARLIEST.strftime("%Y-%m"), fmt="%Y-%m", end_offset=1
)
ONE_PASS = dg.BackfillPolicy.single_run()
