"""Publication, and the note of what each published month was computed from: the last acts of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.freshness import begin, calendar_of, remember
from pipelines.lake import one_of
from pipelines.publish import duckdb_file, postgres
from pipelines.publish.postgres import Sent
from pipelines.restatement import note_deliveries, restate, totals
from pipelines.settings import secret
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from pipelines.freshness import Calendar
    from pipelines.lake import Lake
    from pipelines.settings import Settings


class Publisher:
    """What one company's settings want published."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    def publish(self) -> dict[str, int]:
        """Publish all reporting tables; returns rows per table.

        Months that are reported no longer leave the lake first.
        """
        vanished = self._calendar().vanished(self._lake)
        if vanished:
            self._forget(vanished)
        target = self._settings.publish.duckdb
        return (
            duckdb_file.publish(self._lake, Path(self._settings.resolved(target))) if target else {}
        )

    def publish_postgres(self) -> Sent:
        """Bring PostgreSQL up to the lake; nothing where the settings name none."""
        setting = self._settings.publish.postgres
        return postgres.publish(self._lake, secret(setting), setting) if setting else Sent()

    def remember(self, months: list[str]) -> list[str]:
        """Note what `months` were computed from, once all that readers see of them is written.

        Returns the closed months among them that are no longer as they were published.
        """
        calendar = self._calendar()
        shown = totals(self._lake, [month for month in months if month in calendar.inputs])
        restated = restate(self._lake, shown)
        remember(self._lake, calendar, shown)
        note_deliveries(self._lake)
        return restated

    def _calendar(self) -> Calendar:
        return calendar_of(self._lake, self._settings.fingerprint)

    def _forget(self, months: list[str]) -> None:
        begin(self._lake, months)
        for table in TABLES.values():
            if table.partition:
                self._lake.delete(table, one_of(table.partition, months))
