"""The one place that asks the clock; no rule of a report does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date

    from pipelines.settings import Settings


def now(settings: Settings) -> datetime:
    """The time in the settings' time zone."""
    return datetime.now(ZoneInfo(settings.calendar.timezone))


def yesterday(settings: Settings) -> date:
    """The newest delivery that a run takes in unless told otherwise."""
    return now(settings).date() - timedelta(days=1)
