"""The night: yesterday's deliveries, then the months that they touched."""

from __future__ import annotations

import dagster as dg

from assets.feeds.deliveries import FIRST_DATE, LAST_DATE
from pipelines.jobs import ingest, reports, to_ingest
from pipelines.resources import RANGE_END, RANGE_START, settings_path


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
    description="Every night at two: all deliveries up to yesterday that are new.",
)  # fmt: skip
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run over the dates of all new deliveries, late ones included."""
    from datetime import timedelta

    from pipelines.landing import ONLY_NEW, open_landing

    yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
    pending = open_landing(settings_path()).pending(None, yesterday, only_new=True)
    if not pending:
        return dg.SkipReason("No delivery is new.")
    dates = [day for days in pending.values() for day in days] or [yesterday]
    return dg.RunRequest(
        run_key=yesterday.isoformat(),
        asset_selection=to_ingest(pending),
        tags={
            FIRST_DATE: min(dates).isoformat(),
            LAST_DATE: max(dates).isoformat(),
            ONLY_NEW: "true",
        },
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[ingest],
    request_job=reports,
    description="After deliveries were taken in: computes the months that they touched.",
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def touched_months(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """One run over the months that are out of date."""
    from pipelines.landing import open_landing

    if context.dagster_run.tags.get("kehu/command"):
        return dg.SkipReason("The command that took the deliveries computes the months itself.")
    stale = open_landing(settings_path()).stale_months()
    if not stale:
        return dg.SkipReason("No month is out of date.")
    return dg.RunRequest(
        run_key=context.dagster_run.run_id, tags={RANGE_START: stale[0], RANGE_END: stale[-1]}
    )
