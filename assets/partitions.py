"""The two calendars: feeds by delivery date, reports by as-of month. Runs of many partitions are one pass."""

import dagster as dg

from schemas.columns import EARLIEST

DELIVERY_DATES = dg.DailyPartitionsDefinition(start_date=EARLIEST.isoformat(), end_offset=1)
AS_OF_MONTHS = dg.MonthlyPartitionsDefinition(
    start_date=EARLIEST.strftime("%Y-%m"), fmt="%Y-%m", end_offset=1
)
ONE_PASS = dg.BackfillPolicy.single_run()
