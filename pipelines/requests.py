"""What schedules, sensors and the command ask for: one run over all that is new, one run over all that is out of date."""

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

# The tag of a run that a command executes by itself.
COMMAND = "kehu/command"


def ingest_request(
    pending: Mapping[str, Sequence[date]], last: date, run_key: str
) -> dg.RunRequest | dg.SkipReason:
    """One run over the dates of all pending deliveries (`Landing.pending`), late ones included."""
    if not pending:
        return dg.SkipReason("No delivery is new.")
    tags = ingest_tags(pending, None, last, only_new=True)
    return dg.RunRequest(run_key=run_key, asset_selection=to_ingest(pending), tags=tags)


def reports_request(stale: Sequence[str], run_key: str) -> dg.RunRequest | dg.SkipReason:
    """One run over the range of the months that are out of date."""
    if not stale:
        return dg.SkipReason("No month is out of date.")
    return dg.RunRequest(run_key=run_key, tags=reports_tags(stale))


def ingest_tags(
    pending: Mapping[str, Sequence[date]], first: date | None, last: date, *, only_new: bool
) -> dict[str, str]:
    """What a run over pending deliveries is told of its dates: from `first`, else from the earliest of them, to `last`."""
    earliest = min((day for days in pending.values() for day in days), default=last)
    return {
        FIRST_DATE: (first or earliest).isoformat(),
        LAST_DATE: last.isoformat(),  # what a snapshot holds counts as of then
        ONLY_NEW: str(only_new).lower(),
    }


def reports_tags(months: Sequence[str]) -> dict[str, str]:
    """What a run is told of its as-of months: the first and the last of them."""
    return {RANGE_START: months[0], RANGE_END: months[-1]}


def is_busy(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run of a job waits or is at work."""
    unfinished = dg.RunsFilter(job_name=job, statuses=NOT_FINISHED_STATUSES)
    return instance.get_runs_count(unfinished) > 0
