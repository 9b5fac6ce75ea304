"""What schedules and sensors ask for: one run over all that is new, one run over all that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets.feeds.deliveries import FIRST_DATE, LAST_DATE
from pipelines.jobs import to_ingest
from pipelines.landing import ONLY_NEW
from pipelines.resources import RANGE_END, RANGE_START

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


def ingest_request(
    pending: Mapping[str, Sequence[date]], last: date, run_key: str
) -> dg.RunRequest | dg.SkipReason:
    """One run over the dates of all pending deliveries (`Landing.pending`), late ones included."""
    if not pending:
        return dg.SkipReason("No delivery is new.")
    dates = [day for days in pending.values() for day in days] or [last]
    return dg.RunRequest(
        run_key=run_key,
        asset_selection=to_ingest(pending),
        tags={
            FIRST_DATE: min(dates).isoformat(),
            LAST_DATE: last.isoformat(),  # what a snapshot holds counts as of then
            ONLY_NEW: "true",
        },
    )


def reports_request(stale: Sequence[str], run_key: str) -> dg.RunRequest | dg.SkipReason:
    """One run over the range of the months that are out of date."""
    if not stale:
        return dg.SkipReason("No month is out of date.")
    return dg.RunRequest(run_key=run_key, tags={RANGE_START: stale[0], RANGE_END: stale[-1]})


def is_busy(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run of a job waits or is at work."""
    unfinished = dg.RunsFilter(job_name=job, statuses=NOT_FINISHED_STATUSES)
    return instance.get_runs_count(unfinished) > 0
