"""By the clock: the night's deliveries, the months that are still out of date after it, the upkeep, and the history of runs.

They are on as soon as a daemon runs.
"""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from pipelines.jobs import history, ingest, reports, upkeep
from pipelines.requests import ingest_request, is_busy, reports_request
from pipelines.resources import settings_path


def _timezone() -> str:
    """The settings' time zone; UTC where no settings file is there yet."""
    from pipelines.errors import SettingsError
    from pipelines.settings import load

    try:
        return load(settings_path()).calendar.timezone
    except SettingsError:
        return "UTC"


@dg.schedule(
    job=ingest, cron_schedule="0 2 * * *", execution_timezone=_timezone(),
    description="Every night at two: all deliveries up to yesterday that are new; failed ones again.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run over the dates of all new deliveries, late ones included."""
    from pipelines.landing import open_landing

    yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
    pending = open_landing(settings_path()).pending(None, yesterday, only_new=True)
    return ingest_request(pending, yesterday, yesterday.isoformat())


@dg.schedule(
    job=reports, cron_schedule="0 4 * * *", execution_timezone=_timezone(),
    description="Every morning at four: the months that are still out of date, because a run of the day before failed.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def still_stale(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run over the months that are out of date, unless runs are at work on them."""
    from pipelines.publish.publisher import stale_months
    from pipelines.settings import load

    if is_busy(context.instance, ingest.name) or is_busy(context.instance, reports.name):
        return dg.SkipReason("Runs are at work; what they leave is computed the next morning.")
    stale = stale_months(load(settings_path()))
    return reports_request(stale, context.scheduled_execution_time.date().isoformat())


def _on_sundays(job: dg.JobDefinition, hour: int, description: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"weekly_{job.name}",
        job=job,
        cron_schedule=f"0 {hour} * * 0",
        execution_timezone=_timezone(),
        description=description,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


weekly_history = _on_sundays(history, 12, "Every Sunday at noon: old runs are removed.")
weekly_upkeep = _on_sundays(
    upkeep, 5, "Every Sunday at five, when the night's run is over: the upkeep of the lake."
)
SCHEDULES = [nightly, still_stale, weekly_upkeep, weekly_history]
