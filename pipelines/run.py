"""One run from deliveries to published tables, through Dagster and in this process.

The same two jobs that the schedule launches: first the deliveries of a range, then the months out of date.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.freshness import calendar_of
from pipelines.home import open_instance
from pipelines.landing import ONLY_NEW, Landing
from pipelines.lake import Lake
from pipelines.progress import listening
from pipelines.resources import RANGE_END, RANGE_START
from pipelines.settings import load, policy_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    import dagster as dg

    from pipelines.landing import Loaded

COMMAND = "kehu/command"


@dataclass
class Summary:
    """What a run did, for people and for the exit status."""

    loaded: list[Loaded] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether every delivery was taken in and everything was published."""
        return not self.problems


def run(
    settings_path: Path, first: date | None, last: date | None, tell: Callable[[str], None]
) -> Summary:
    """Take the deliveries from `first` to `last`, recompute the months they touch, publish.

    Without `first`: all that lie there and are new; without `last`: up to yesterday in the settings' time zone.
    `tell` hears the key of each step as it ends.

    Raises:
        SettingsError: the settings file is wrong; nothing was done.
    """
    started = time.monotonic()
    os.environ["KEHU_SETTINGS"] = str(settings_path)
    settings = load(settings_path)
    landing = Landing(settings, Lake(str(settings.lake)))
    summary = Summary()
    with open_instance(settings_path) as instance, listening(tell):
        runs = _Runs(instance, summary)
        runs.ingest(landing, first, last)
        runs.reports(landing)
    summary.loaded = landing.loaded_in(instance)
    summary.seconds = time.monotonic() - started
    return summary
