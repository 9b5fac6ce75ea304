"""Which credit reports are written, and where: beside what is published, a folder per as-of month."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metrics.credit import has_receivables
from pipelines.errors import PublishError
from pipelines.freshness import calendar_of

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from pipelines.lake import Lake
    from pipelines.settings import Settings


def tells_of_credit(feeds: Container[str]) -> bool:
    """Whether a feed tells of customers' credit: without one there is nothing to report of it."""
    return has_receivables(feeds) or "credit_investigations" in feeds or "incidents" in feeds


@dataclass
class Written:
    """What was written: the index of each month, how many reports, and what the summary of a run tells of them."""

    indexes: list[Path] = field(default_factory=list)
    count: int = 0
    notes: list[str] = field(default_factory=list)


class CreditDocuments:
    """The written credit reports of one company."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    @property
    def folder(self) -> Path:
        """A folder of their own among the documents."""
        return self._settings.report_folder / "credit"

    def write_latest(self, months: list[str]) -> Written:
        """Write the reports of the latest as-of month, if it is among `months`: a backfill does not rewrite the past."""
        latest = self._months()[-1:]
        return self.write([month for month in latest if month in months])

    def write(self, months: list[str]) -> Written:
        """Write the reports of these as-of months; nothing where no feed tells of credit.

        Raises:
            PublishError: a month is not reported, or its folder cannot be written; what was there before still stands.
        """
        written = Written()
        known = self._months()
        unknown = sorted(set(months) - set(known))
        if unknown:
            span = f"{known[0]} to {known[-1]}" if known else "none: run the company first"
            raise PublishError(f"{', '.join(unknown)}: not an as-of month; there are {span}")
        if tells_of_credit(self._settings.feeds):
            for month in months:
                self._write(month, written)
        return written

    def _write(self, month: str, written: Written) -> None:
        from pipelines.documents.credit_report import unprintable, write
        from pipelines.documents.gather import credit_reports

        reports = credit_reports(self._lake, self._settings, month)
        files = write(reports, self.folder / month, language=self._settings.language)
        written.indexes.append(files[0])
        written.count += len(reports)
        written.notes.append(f"credit reports of {month}: {len(reports)}, {files[0]}")
        written.notes += unprintable(reports)

    def _months(self) -> list[str]:
        return calendar_of(self._lake, self._settings).months
