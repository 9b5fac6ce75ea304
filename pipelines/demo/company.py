"""The demo company's rows on their way to files, and its calendar: nothing depends on the clock.

Belongs here: where a row goes. What the rows say is made in the modules beside this one.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Row = dict[str, Any]

# Months are numbers, year x 12 + month - 1; the last one is December 2024.
LAST_MONTH = 2024 * 12 + 11


@dataclass
class Company:
    """Rows by feed and the date on which they are delivered."""

    rows: dict[str, dict[date, list[Row]]] = field(default_factory=dict)

    def add(self, feed: str, delivered_on: date, row: Row) -> None:
        """Append a row to a delivery."""
        self.rows.setdefault(feed, {}).setdefault(delivered_on, []).append(row)

    def record(self, feed: str, day: date, row: Row) -> None:
        """Append what happened on a day to the delivery of its month; what lies after the last month never happens."""
        if day <= month_end(LAST_MONTH):
            self.add(feed, month_end(month_of(day)), row)


def day_of(month: int, day: int) -> date:
    """A day of a month number."""
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, day)


def month_end(month: int) -> date:
    """The last day of a month number: when that month's deliveries come."""
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, monthrange(year, zero_based + 1)[1])


def month_of(day: date) -> int:
    """The month number of a day."""
    return day.year * 12 + day.month - 1


def ago(months: int, day: int = 1) -> date:
    """A day of the month that lies so many months before the last one; 0: in the last one."""
    return day_of(LAST_MONTH - months, day)
