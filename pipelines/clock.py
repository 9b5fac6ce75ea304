"""The one place that asks the clock; no rule of a report does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.errors import SettingsError

if TYPE_CHECKING:
    from datetime import date

    from pipelines.settings import Settings


def now(settings: Settings) -> datetime:
    """The time in the settings' time zone."""
    return datetime.now(ZoneInfo(settings.calendar.timezone))


def yesterday(settings: Settings) -> date:
    """The newest delivery that a run takes in unless told otherwise."""
    return now(settings).date() - timedelta(days=1)


def refuse_future(last: date, settings: Settings) -> None:
    """What counts as delivered on a day to come outranks, until then, every correction that is delivered before.

    Raises:
        SettingsError: the last date of deliveries is later than today.
    """
    today = now(settings).date()
    if last > today:
        raise SettingsError(
            f"last date of deliveries {last}: today is {today} (calendar.timezone {settings.calendar.timezone}), "
            "and it may not be later; nothing was done"
        )
