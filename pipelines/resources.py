"""What assets ask for: the settings, the lake, the landing zone and the months of the run.

Every resource is built from the settings file when a run needs it, never when the definitions load: the UI
opens, and `dg check defs` passes, without one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.execution.stats import StepEventStatus

from assets.tables import key_of
from pipelines.scope import PART, Scope
from schemas.catalogue import TABLES
from schemas.rollups import ROLLUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipelines.documents.monthly import CreditDocuments
    from pipelines.lake import Lake
    from pipelines.landing import Landing
    from pipelines.months import Months
    from pipelines.notify import Notifier
    from pipelines.page.manager_page import ManagerPage
    from pipelines.privacy import Disclosure
    from pipelines.publish.publisher import Publisher
    from pipelines.punctuality import Missing
    from pipelines.settings import Policy, Settings
    from pipelines.tables import LakeTables

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
PARTITION = "dagster/partition"


def settings_path() -> Path:
    """The settings file: `KEHU_SETTINGS`, else kehu.yaml in the working directory."""
    return Path(os.environ.get("KEHU_SETTINGS", "kehu.yaml"))


@dg.resource(description="The validated settings file.")
def settings(_context: dg.InitResourceContext) -> Settings:
    """Read at the start of each run: a changed file needs no restart."""
    from pipelines.settings import load

    return load(settings_path())


@dg.resource(required_resource_keys={"settings"}, description="The thresholds of every judgement.")
def policy(context: dg.InitResourceContext) -> Policy:
    """The policy section of the settings."""
    return context.resources.settings.policy


@dg.resource(required_resource_keys={"settings"}, description="What personal data may be shown.")
def privacy(context: dg.InitResourceContext) -> Disclosure:
    """What leaves the register of customers by the privacy section of the settings."""
    from pipelines.privacy import Disclosure

    return Disclosure(context.resources.settings.privacy)


@dg.resource(required_resource_keys={"settings"}, description="The Delta tables.")
def lake(context: dg.InitResourceContext) -> Iterator[Lake]:
    """The lake of the settings, held alone until the run ends, whoever launched it."""
    from pipelines.lock import alone

    say = context.log.info if context.log else print
    with _computed_by(context.resources.settings) as found, alone(found, say):
        yield found


@contextmanager
def _computed_by(settings: Settings) -> Iterator[Lake]:
    """The lake whose frames the engine of the settings computes."""
    from pipelines.lake import Lake

    if settings.engine == "polars":
        yield Lake(settings.lake_root)
        return
    from pipelines.spark import SparkLake

    found = SparkLake(settings.lake_root, settings.spark)
    try:
        yield found
    finally:
        found.stop()


@dg.resource(
    required_resource_keys={"settings", "lake"}, description="Where deliveries are taken in."
)
def landing(context: dg.InitResourceContext) -> Landing:
    """The landing zone of the settings."""
    from pipelines.landing import Landing

    return Landing(context.resources.settings, context.resources.lake)


@dg.resource(
    required_resource_keys={"settings", "lake"}, description="The as-of months of the run."
)
def months(context: dg.InitResourceContext) -> Months:
    """The run's partition or range of partitions; all months of the lake where the run names none."""
    from pipelines.months import months_of

    tags = context.run.tags if context.run else {}
    start = tags.get(RANGE_START) or tags.get(PARTITION)
    end = tags.get(RANGE_END) or tags.get(PARTITION)
    found = context.resources
    return months_of(
        found.lake, found.settings, start, end, scope_of(context.run, context.instance)
    )


_KEYS = {key_of(table) for table in (*ROLLUPS.values(), *TABLES.values())}
_STEPS = {key.to_python_identifier() for key in _KEYS}


def scope_of(run: dg.DagsterRun | None, instance: dg.DagsterInstance | None) -> Scope:
    """What a run computes: all rollups and reports, the rest of another run, or a part of them.

    The rest is all that the runs it goes on from left undone, blocking checks as well: whatever is left out was never computed,
    or not found good.
    """
    if run is None or instance is None:
        return PART
    if run.parent_run_id and not _undone(instance, run.parent_run_id) <= planned_steps(
        instance, run
    ):
        return PART
    if _is_whole(run):
        return Scope("whole", run.run_id)
    begun_by = _begun_by(run, instance)
    return Scope("rest", begun_by) if begun_by else PART


def _is_whole(run: dg.DagsterRun) -> bool:
    """Whether a run was to compute every rollup and report."""
    steps, chosen = run.step_keys_to_execute, run.asset_selection
    return (steps is None or {*steps} >= _STEPS) and (not chosen or chosen >= _KEYS)


def _begun_by(run: dg.DagsterRun, instance: dg.DagsterInstance) -> str:
    """The last run before, of those that this one goes on from, that was whole; empty if none was."""
    before = instance.get_run_by_id(run.parent_run_id) if run.parent_run_id else None
    if before is None or _is_whole(before):
        return before.run_id if before else ""
    return _begun_by(before, instance)


def _undone(instance: dg.DagsterInstance, run_id: str | None) -> set[str]:
    """The steps of rollups, reports and what comes of them that a run left undone, and so did those that it goes on from."""
    run = instance.get_run_by_id(run_id) if run_id else None
    if run is None:
        return _STEPS
    told = instance.get_run_step_stats(run.run_id)
    done = {step.step_key for step in told if step.status == StepEventStatus.SUCCESS}
    return (_undone(instance, run.parent_run_id) | planned_steps(instance, run)) - done


def planned_steps(instance: dg.DagsterInstance, run: dg.DagsterRun) -> set[str]:
    """The steps that a run was to execute."""
    plan = instance.get_execution_plan_snapshot(str(run.execution_plan_snapshot_id))
    return {*plan.step_keys_to_execute}


@dg.resource(required_resource_keys={"settings", "lake"}, description="Where readers look.")
def publisher(context: dg.InitResourceContext) -> Iterator[Publisher]:
    """Publication as the settings say; what was staged and not published goes when the run ends."""
    from pipelines.publish.publisher import Publisher

    run_id = context.run.run_id if context.run else "no-run"
    found = Publisher(context.resources.settings, context.resources.lake, run_id)
    try:
        yield found
    finally:
        found.close()


@dg.resource(required_resource_keys={"settings", "lake"}, description="The written documents.")
def credit_documents(context: dg.InitResourceContext) -> CreditDocuments:
    """The credit reports of the settings' company."""
    from pipelines.documents.monthly import CreditDocuments

    return CreditDocuments(context.resources.settings, context.resources.lake)


@dg.resource(required_resource_keys={"settings", "lake"}, description="Who is told what is new.")
def notifier(context: dg.InitResourceContext) -> Notifier:
    """The notices of the settings' company."""
    from pipelines.notify import Notifier

    return Notifier(context.resources.settings, context.resources.lake)


@dg.resource(required_resource_keys={"settings", "lake"}, description="The manager's page.")
def manager_page(context: dg.InitResourceContext) -> ManagerPage:
    """The page of the settings' company."""
    from pipelines.page.manager_page import ManagerPage

    return ManagerPage(context.resources.settings, context.resources.lake)


@dg.io_manager(
    required_resource_keys={"lake", "months"}, description="Reads and replaces Delta tables."
)
def lake_tables(context: dg.InitResourceContext) -> LakeTables:
    """The one IO manager."""
    from pipelines.tables import LakeTables

    return LakeTables(context.resources.lake, context.resources.months)


@dg.resource(required_resource_keys={"settings"}, description="Which deliveries are late.")
def punctuality(context: dg.InitResourceContext) -> Callable[[], list[Missing]]:
    """The deliveries that are missed now; the lake is only read."""
    from pipelines.clock import now
    from pipelines.lake import Lake
    from pipelines.punctuality import missing

    settings = context.resources.settings
    return lambda: missing(settings, Lake(settings.lake_root), now(settings))


RESOURCES = {
    "settings": settings,
    "policy": policy,
    "privacy": privacy,
    "lake": lake,
    "landing": landing,
    "months": months,
    "publisher": publisher,
    "credit_documents": credit_documents,
    "notifier": notifier,
    "manager_page": manager_page,
    "punctuality": punctuality,
    "lake_tables": lake_tables,
}
