"""By what happens: files arrive, deliveries were taken in, one did not come, a run failed.

All are on as soon as a daemon runs, except `arrivals`: whether to take deliveries as they come or at night is the operator's
choice. Both may be on: the second finds nothing new.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipelines.jobs import expected, ingest, reports
from pipelines.launcher import free_slots
from pipelines.requests import COMMAND, ingest_request, is_busy, reports_request
from pipelines.resources import settings_path

if TYPE_CHECKING:
    from pipelines.settings import Settings

_ON = dg.DefaultSensorStatus.RUNNING
_WILL_RETRY = "dagster/will_retry"


@dg.sensor(
    job=ingest, minimum_interval_seconds=60,
    description="Takes in files as they arrive or change, once they have stopped growing; databases are asked at night.",
)  # fmt: skip
def arrivals(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for each state of the files in which something is new.

    The cursor holds the state at the last tick, and that at the last look. Two ticks must see the same state: no half-written
    file is taken. A state is looked at once: a delivery that fails is tried again when it changes, or at night. What arrives
    while a run takes deliveries in is another state, and is looked at when the run has ended.
    """
    from pipelines.clock import yesterday
    from pipelines.landing import open_landing
    from pipelines.settings import load
    from pipelines.sources.find import state_of_files

    settings = load(settings_path())
    last = yesterday(settings)
    cursor: dict[str, Any] = json.loads(context.cursor or "{}")
    state = f"{last} {state_of_files(settings)}"
    if state == cursor.get("looked_at"):
        return dg.SkipReason("Nothing arrived.")
    if state != cursor.get("seen"):
        context.update_cursor(json.dumps({**cursor, "seen": state}))
        return dg.SkipReason("Files have changed; they are looked at once they stay as they are.")
    if is_busy(context.instance, ingest.name):
        return dg.SkipReason("A run takes deliveries in; what it leaves comes after it.")
    number = cursor.get("number", 0) + 1
    context.update_cursor(json.dumps({"seen": state, "looked_at": state, "number": number}))
    pending = open_landing(settings_path()).pending(
        None, last, only_new=True, feeds=_of_files(settings)
    )
    return ingest_request(pending, last, f"{number} {state}")


def _of_files(settings: Settings) -> list[str]:
    """The feeds that come as files alone."""
    return [
        name
        for name, sources in settings.feeds.items()
        if not any(source.database for source in sources)
    ]


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[ingest],
    request_job=reports,
    description="After deliveries were taken in: computes the months that they touched.",
    default_status=_ON,
)
def touched_months(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    """One run over the months that are out of date."""
    from pipelines.publish.publisher import stale_months
    from pipelines.settings import load

    if context.dagster_run.tags.get(COMMAND):
        return dg.SkipReason("The command that took the deliveries computes the months itself.")
    if is_busy(context.instance, ingest.name):
        return dg.SkipReason("A run takes more deliveries in: its months may be earlier ones.")
    stale = stale_months(load(settings_path()))
    return reports_request(stale, context.dagster_run.run_id)


@dg.sensor(
    job=expected, minimum_interval_seconds=300, default_status=_ON,
    description="Warns of deliveries that did not come by the hour that the settings expect them.",
)  # fmt: skip
def missing_deliveries(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run of the checks whose answer is another one than the last; the cursor holds what was missing."""
    from assets.checks import EXPECTED_DELIVERY, feed_key
    from pipelines.clock import now
    from pipelines.lake import Lake
    from pipelines.punctuality import missing
    from pipelines.settings import load

    settings = load(settings_path())
    late = {one.feed: str(one) for one in missing(settings, Lake(settings.lake_root), now(settings))}  # fmt: skip
    known: dict[str, str] = json.loads(context.cursor or "{}")
    changed = [feed for feed in settings.feeds if late.get(feed) != known.get(feed)]
    if not changed:
        return dg.SkipReason(f"Missing as before: {', '.join(late) or 'nothing'}.")
    context.update_cursor(json.dumps(late))
    return dg.RunRequest(
        asset_check_keys=[dg.AssetCheckKey(feed_key(feed), EXPECTED_DELIVERY) for feed in changed]
    )


@dg.run_failure_sensor(
    description="Tells the channels of the settings that a run failed, in which step and why.",
    default_status=_ON,
)
def failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason:
    """One notice for a run that failed and is not tried again; whatever tries it again finds the pool free."""
    free_slots(context.instance)
    if context.dagster_run.tags.get(_WILL_RETRY) == "true":
        return dg.SkipReason("The run is tried again.")
    return _told(context, "failed")


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[ingest, expected],
    description="Tells the channels of the settings which deliveries failed or did not come.",
    default_status=_ON,
)
def failed_deliveries(context: dg.RunStatusSensorContext) -> dg.SkipReason:
    """One notice for a run in which deliveries could not be read; one for those that are missed."""
    return _told(context, "unread" if context.dagster_run.job_name == ingest.name else "missing")


def _told(context: dg.RunStatusSensorContext, kind: str) -> dg.SkipReason:
    """Tell what went wrong in the run; a channel that fails is named in the tick."""
    from pipelines.failures import FailureNotice, events_of, problems_of, warnings_of
    from pipelines.settings import load

    run = context.dagster_run
    events = events_of(context.instance, run.run_id)
    problems = warnings_of(events) if kind == "missing" else problems_of(events)
    settings = load(settings_path())
    if not problems or not settings.notify:
        return dg.SkipReason("Nothing to tell, or nobody to tell it to.")
    faults = FailureNotice(settings, kind, run.job_name, run.run_id).send(problems)
    return dg.SkipReason("; ".join(faults) or f"Told: {len(problems)} problems of {run.run_id}.")


SENSORS = [arrivals, touched_months, missing_deliveries, failed_runs, failed_deliveries]
