"""Where the manager's page lies, which month it tells, and whether it is behind what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.freshness import next_publication
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.lake import Lake
    from pipelines.settings import Settings

_HEAD = 4000


class ManagerPage:
    """The page of one company."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    @property
    def path(self) -> Path:
        """The one file; the credit reports that it links to lie beside it."""
        return self._settings.report_folder / "index.html"

    def write(self) -> Path | None:
        """Write the page of the newest as-of month; None where no month is reported.

        Raises:
            PublishError: it could not be written; the page of before still stands.
        """
        from pipelines.page.build import write

        months = self._lake.row_counts(TABLES["rpt_concentration"])
        if not months:
            return None
        write(self._lake, self._settings, max(months), self._published, self.path)
        return self.path

    def is_behind(self) -> bool:
        """Whether the page is missing, or tells an earlier publication than the last."""
        if not self.path.is_file():
            return True
        with self.path.open(encoding="utf-8", errors="replace") as page:
            return _mark(self._published) not in page.read(_HEAD)

    @property
    def _published(self) -> int:
        return next_publication(self._lake) - 1


def _mark(publication: int) -> str:
    """What the page's head says of the publication that it tells."""
    return f'<meta name="kehu-publication" content="{publication}">'
