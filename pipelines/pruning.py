"""The history of runs does not grow for ever: old runs go, except those that the UI's grid of partitions rests on.

Dagster takes a partition for materialised as long as the event of it is there, and removes the events of a run with the run.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES

# As long as what schedules and sensors looked at is kept (dagster.yaml).
KEPT = timedelta(days=90)
# How many events a query names, and how many runs are read at once.
_AT_ONCE = 500


@dg.op
def remove_old_runs(context: dg.OpExecutionContext) -> int:
    """Remove what is older than `KEPT`; returns how many runs went."""
    removed = prune(context.instance, datetime.now(UTC) - KEPT)
    context.log.info("%d runs removed", removed)
    return removed


@dg.job(executor_def=dg.in_process_executor)
def history() -> None:
    """Remove old runs, with their events and logs, that hold no partition's latest materialisation."""
    remove_old_runs()


def prune(instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove the finished runs created before a time, except those that hold a latest materialisation."""
    old = dg.RunsFilter(created_before=before, statuses=FINISHED_STATUSES)
    gone = {run.run_id for run in instance.get_runs(old)} - _held(instance)
    for run_id in gone:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return len(gone)


def _held(instance: dg.DagsterInstance) -> set[str]:
    """The runs that hold the latest materialisation of an asset, or of a partition of it."""
    return {run_id for key in instance.all_asset_keys() for run_id in _runs_behind(instance, key)}


def _runs_behind(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[str]:
    last = instance.get_latest_materialization_event(key)
    if last is not None:
        yield last.run_id
    latest = instance.event_log_storage.get_latest_storage_id_by_partition(
        key, dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    ids = list(latest.values())
    for start in range(0, len(ids), _AT_ONCE):
        some = dg.AssetRecordsFilter(asset_key=key, storage_ids=ids[start : start + _AT_ONCE])
        yield from (one.run_id for one in instance.fetch_materializations(some, _AT_ONCE).records)
