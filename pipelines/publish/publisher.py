"""Publication, and the note of what each published month was computed from: the last acts of a run."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.door.docs import write
from pipelines.door.judge import through_pandas, through_sql
from pipelines.errors import PublishError
from pipelines.freshness import begin, calendar_of, remember
from pipelines.lake import Lake
from pipelines.lake_store import one_of
from pipelines.publish import duckdb_file, postgres
from pipelines.publish.postgres import Sent
from pipelines.restatement import note_deliveries, restate, totals
from pipelines.scope import PART, UNKNOWN
from pipelines.settings import secret
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.door.verdict import Verdict
    from pipelines.freshness import Calendar
    from pipelines.scope import Scope
    from pipelines.settings import Settings

# How many failed expectations a message names.
_TOLD = 5


class Publisher:
    """What one company's settings want published: staged, judged at the door, and only then swapped in."""

    def __init__(self, settings: Settings, lake: Lake, run_id: str) -> None:
        self._settings = settings
        self._lake = lake
        self._run_id = run_id
        self._open = ExitStack()
        self._file: duckdb_file.Staged | None = None
        self._postgres: postgres.Staged | PublishError | None = None

    def close(self) -> None:
        """Remove what was staged and not published."""
        self._open.close()

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What is about to be published, staged beside what is, and judged: once a run, whoever asks first.

        Months that are reported no longer leave the lake first. A database that is not there is no verdict: it is told by who
        publishes to it.
        """
        vanished = self._calendar().vanished(self._lake)
        if vanished:
            self._forget(vanished)
        found = [*self._judged_file(), *self._judged_postgres()]
        if found:
            write(self._pages, found)
        return found

    def publish(self) -> dict[str, int]:
        """Swap the new DuckDB file in; returns the rows written per table.

        Raises:
            PublishError: a suite failed, here or in PostgreSQL: nothing is published anywhere.
        """
        self.refuse_failed()
        return self._file.swap() if self._file else {}

    def publish_postgres(self) -> Sent:
        """Swap what PostgreSQL was sent in; nothing where the settings name none.

        Raises:
            PublishError: a suite failed, or the database is not there or refuses.
        """
        self.refuse_failed()
        if isinstance(self._postgres, PublishError):
            raise self._postgres
        return self._postgres.swap() if self._postgres else Sent()

    def _judged_file(self) -> list[Verdict]:
        import duckdb

        path = self._settings.duckdb_path
        if not path:
            return []
        try:
            return self._judged(path)
        except duckdb.OutOfMemoryException as error:  # no room on the disk for what does not fit
            raise duckdb_file.unwritten(path, error) from error
        except duckdb.Error:  # the old file is broken where its own notes do not tell
            return self._judged(path, anew=True)

    def _judged(self, path: Path, *, anew: bool = False) -> list[Verdict]:
        new = duckdb_file.staged(self._lake, path, anew=anew)
        self._file = self._open.enter_context(new)
        return [*through_pandas(self._file)]

    def _judged_postgres(self) -> list[Verdict]:
        setting = self._settings.publish.postgres
        if not setting:
            return []
        try:
            new = postgres.staged(self._lake, secret(setting), setting)
            self._postgres = self._open.enter_context(new)
            return [*through_sql(self._postgres)]
        except PublishError as error:
            self._postgres = error
            return []

    def refuse_failed(self) -> None:
        """Keep from readers what is not as expected.

        Raises:
            PublishError: a suite failed; nothing is published anywhere.
        """
        failed = [
            f"{one.place}, {one.table}: {fault}" for one in self.verdicts for fault in one.faults
        ]
        if failed:
            more = f" and {len(failed) - _TOLD} more" if len(failed) > _TOLD else ""
            raise PublishError(
                f"not as expected: {'; '.join(failed[:_TOLD])}{more}. Nothing was published, what was before still "
                f"stands; see {self._pages / 'index.html'}"
            )

    @property
    def _pages(self) -> Path:
        """Where people see the verdicts of the run."""
        return self._settings.report_folder / "quality" / self._run_id

    def remember(self, months: list[str], scope: Scope) -> list[str]:
        """Note what `months` were computed from, once all that readers see of them is written.

        Returns the closed months among them that are no longer as they were published.
        """
        calendar = self._calendar()
        shown = totals(self._lake, [month for month in months if month in calendar.inputs])
        restated = restate(self._lake, shown)
        remember(self._lake, calendar, shown, scope)
        note_deliveries(self._lake)
        return restated

    def _calendar(self) -> Calendar:
        return calendar_of(self._lake, self._settings)

    def _forget(self, months: list[str]) -> None:
        begin(self._lake, dict.fromkeys(months, UNKNOWN), PART)
        for table in TABLES.values():
            if table.partition:
                self._lake.delete(table, one_of(table.partition, months))


def stale_months(settings: Settings) -> list[str]:
    """The as-of months that are out of date; the last one where the published file does not hold what the lake does."""
    lake = Lake(settings.lake_root)
    calendar = calendar_of(lake, settings)
    stale, file = calendar.stale(lake), settings.duckdb_path
    if stale or not file or duckdb_file.is_current(lake, file):
        return stale
    return calendar.months[-1:]
