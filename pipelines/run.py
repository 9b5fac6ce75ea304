"""One run from deliveries to published tables, through Dagster and in this process.

The same two jobs that the schedule launches: first the deliveries of a range, then the months out of date.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import MAX_RETRIES_TAG

from assets.publication import (
    NOTES,
    STAGED,
    duckdb_file,
    manager_page,
    notices,
    postgres_tables,
    published_months,
)
from pipelines.clock import now, refuse_future, yesterday
from pipelines.errors import SettingsError
from pipelines.failures import problems_of
from pipelines.freshness import calendar_of
from pipelines.home import open_instance
from pipelines.jobs import to_ingest
from pipelines.lake import Lake
from pipelines.landing import Landing
from pipelines.launcher import PROCESS, free_slots, this_process
from pipelines.lock import alone
from pipelines.look import open_findings
from pipelines.page.manager_page import ManagerPage
from pipelines.progress import listening
from pipelines.publish.duckdb_file import is_current
from pipelines.punctuality import missing
from pipelines.requests import COMMAND, ingest_tags, reports_tags
from pipelines.settings import Settings, load
from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

LAKE = "kehu/lake"
_QUIET: dict[str, Any] = {"loggers": {"progress": {}}}


@dataclass
class FeedSummary:
    """What came in of one feed."""

    delivered: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]
    unmapped: list[str]


@dataclass
class Summary:
    """What a run did, for people and for the exit status.

    `is_finished`: the months are noted as current; `duckdb`: the file, if it shows what the lake holds.
    """

    feeds: dict[str, FeedSummary] = field(default_factory=dict)
    months: list[str] = field(default_factory=list)
    is_finished: bool = True
    findings: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lake: str = ""
    duckdb: str = ""
    page: str = ""
    seconds: float = 0.0


def run(
    settings_path: Path,
    first: date | None,
    last: date | None,
    tell: Callable[[str, str], None],
    say: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Take the deliveries from `first` to `last`, recompute the months they touch, publish.

    Without `first`: all that lie there and are new; without `last`: up to yesterday in the settings' time zone. `tell` hears
    the name of each step as it ends and how, `say` that the run waits for another one on the same lake.

    Raises:
        SettingsError: the settings file is wrong, or the range ends before it begins or after today; nothing was done.
        LakeError: the lake cannot be written, or another run has been writing it for too long.
    """
    started = time.monotonic()
    settings = load(settings_path)
    upto = last or yesterday(settings)
    if first and first > upto:
        raise SettingsError(f"--from {first}: the last date is {upto} (--to, else yesterday); nothing was done")  # fmt: skip
    refuse_future(upto, settings)
    os.environ["KEHU_SETTINGS"] = str(settings_path.resolve())
    lake = Lake(settings.lake_root)
    one = _Run(settings, lake)
    with alone(lake, say), open_instance(settings_path) as instance, listening(tell):
        end_killed_runs(instance, lake)
        one.take_in(instance, first, upto, only_new=first is None)
        one.report(instance)
    one.summary.notes += [str(late) for late in missing(settings, lake, now(settings))]
    one.summary.seconds = time.monotonic() - started
    return one.summary


def end_killed_runs(instance: dg.DagsterInstance, lake: Lake) -> None:
    """Mark the command's runs of this lake that never ended as failed; only for who holds the lake alone.

    Otherwise the UI shows them running for ever. What they and other dead runs hold of Dagster's pools is given back.
    """
    unfinished = dg.RunsFilter(tags=_own(lake), statuses=NOT_FINISHED_STATUSES)
    for run in instance.get_runs(unfinished):
        instance.report_run_failed(run, "The process ended before the run did.")
    free_slots(instance)


def _own(lake: Lake) -> dict[str, str]:
    """The tags of the command's runs of a lake."""
    return {COMMAND: "run", LAKE: lake.mark}


class _Run:
    """The two jobs of one run and what they did."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake
        self._landing = Landing(settings, lake)
        self._page = ManagerPage(settings, lake)
        self.summary = Summary(
            notes=_absent(settings),
            lake=settings.lake_root,
            duckdb=str(settings.duckdb_path or ""),
        )

    def take_in(
        self, instance: dg.DagsterInstance, first: date | None, last: date, *, only_new: bool
    ) -> None:
        pending = self._landing.pending(first, last, only_new=only_new)
        if not pending:
            return
        tags = ingest_tags(pending, first, last, only_new=only_new)
        self._read(self._execute(instance, "ingest", tags, to_ingest(pending)))

    def report(self, instance: dg.DagsterInstance) -> None:
        calendar = calendar_of(self._lake, self._settings, keep=True)
        self.summary.months = months = calendar.stale(self._lake)
        assets = None
        if not months:  # readers who are new, or were not reached, are served now
            assets = self._readers()
            months = calendar.months[-1:] if assets else []
        if months:
            result = self._execute(instance, "reports", reports_tags(months), assets)
            self._noted(result)
            self._ended(result, assets)
        elif duckdb_file.key in (assets or []):  # nothing to show yet
            self.summary.duckdb = ""
        self.summary.findings = open_findings(self._lake, self.summary.months)
        self.summary.page = str(self._page.path) if self._page.path.is_file() else ""

    def _readers(self) -> list[dg.AssetKey]:
        """The steps that compare what readers know with the lake."""
        file = self._settings.duckdb_path
        wanted = {
            duckdb_file.key: file and not is_current(self._lake, file),
            postgres_tables.key: self._settings.publish.postgres,
            notices.key: self._settings.notify,
            manager_page.key: self._page.is_behind(),
        }
        found = [key for key, setting in wanted.items() if setting]
        needs_staging = {duckdb_file.key, postgres_tables.key} & {*found}
        return [STAGED, *found] if needs_staging else found

    def _execute(
        self,
        instance: dg.DagsterInstance,
        job: str,
        tags: dict[str, str],
        assets: list[dg.AssetKey] | None,
    ) -> dg.ExecuteInProcessResult:
        from pipelines.definitions import defs

        result = defs.resolve_job_def(job).execute_in_process(
            instance=instance,
            tags={**tags, **_own(self._lake), PROCESS: this_process(), MAX_RETRIES_TAG: "0"},
            run_config=_QUIET,
            asset_selection=assets,
            raise_on_error=False,
        )
        self.summary.problems += [one.line for one in problems_of(result.all_events)]
        return result

    def _read(self, result: dg.ExecuteInProcessResult) -> None:
        """The summary of each feed, from the checks that its asset reported."""
        for check in result.get_asset_check_evaluations():
            if check.check_name == "nothing_lost":
                told: dict[str, Any] = {name: value.value for name, value in check.metadata.items()}
                self.summary.feeds[check.asset_key.path[-1]] = FeedSummary(
                    told["delivered"],
                    told["dagster/row_count"],
                    told["quarantined"],
                    told["reasons"],
                    told["columns not mapped"],
                )

    def _ended(self, result: dg.ExecuteInProcessResult, assets: list[dg.AssetKey] | None) -> None:
        """Whether the months are current now, and the file is what the lake holds."""
        made = {event.asset_key for event in result.get_asset_materialization_events()}
        if published_months.key not in made:
            stale = calendar_of(self._lake, self._settings).stale(self._lake)
            self.summary.is_finished = not {*stale} & {*self.summary.months}
        if (assets is None or duckdb_file.key in assets) and duckdb_file.key not in made:
            self.summary.duckdb = ""

    def _noted(self, result: dg.ExecuteInProcessResult) -> None:
        """What the steps have to say to the reader of the summary; a step says it once for each month of the range."""
        told: dict[str, None] = {}
        for event in result.get_asset_materialization_events():
            notes: Any = event.step_materialization_data.materialization.metadata.get(NOTES)
            told |= dict.fromkeys(notes.value if notes else [])
        self.summary.notes += told


def _absent(settings: Settings) -> list[str]:
    absent = [name for name in FEEDS if name not in settings.feeds]
    return [f"feeds not supplied: {', '.join(absent)}; what needs them is NULL"] if absent else []
