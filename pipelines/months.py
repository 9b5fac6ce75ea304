"""The as-of months of a run, and the small calendar frames that the measures join with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from metrics import periods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.lake import Lake
    from pipelines.settings import Settings

Frame = nw.LazyFrame[Any]

# A period of 12 months, a year earlier, seen from the month before: how far back a month's reports look.
_LOOK_BACK = 24
# Rows of customers and products at once; each takes about 300 bytes at the peak.
_PORTION = 5_000_000


@dataclass(frozen=True)
class Months:
    """The as-of months `texts` of a run, out of all months `whole`; nothing in it depends on the clock.

    `feeds`: the names of the feeds that the settings supply.
    """

    texts: list[str]
    whole: list[str]
    fiscal_year_starts: int
    feeds: frozenset[str]

    @property
    def numbers(self) -> list[int]:
        """The month numbers of the run."""
        return [periods.month_index(text) for text in self.texts]

    @property
    def is_from_start(self) -> bool:
        """Whether the run begins at the first as-of month: then facts before it are its business too."""
        return bool(self.texts) and self.texts[0] <= self.whole[0]

    def own(self, frame: Frame) -> Frame:
        """The rows of months that this run sums anew: its own, and all before the first as-of month."""
        numbers = self.numbers
        month = nw.col("month")
        upto = frame.filter(month <= numbers[-1])
        return upto if self.is_from_start else upto.filter(month >= numbers[0])

    def wanted(self, frame: Frame) -> Frame:
        """The rows of the run's as-of months alone."""
        return frame.filter(nw.col("month").is_between(self.numbers[0], self.numbers[-1]))

    def of_trailing_year(self, frame: Frame) -> Frame:
        """The rows of all months that lie within a year before one of the run's."""
        first, last = self.numbers[0], self.numbers[-1]
        return frame.filter(nw.col("month").is_between(first - 11, last))

    def portions(self, rows_by_month: Mapping[str, int]) -> Iterator[Months]:
        """The run's months in portions, so that their trailing years hold a bounded number of a table's rows.

        `rows_by_month`: rows by month of the fact, YYYY-MM. A month alone may exceed the bound.
        """
        rows = {periods.month_index(month): count for month, count in rows_by_month.items()}
        portion: list[str] = []
        filled = 0
        for text, number in zip(self.texts, self.numbers, strict=True):
            more = sum(rows.get(fact, 0) for fact in range(number - 11, number + 1))
            if portion and filled + more > _PORTION:
                yield replace(self, texts=portion)
                portion, filled = [], 0
            portion.append(text)
            filled += more
        if portion:
            yield replace(self, texts=portion)

    def before(self) -> Months:
        """The month before the run's first, as if it were a run of its own."""
        return replace(self, texts=[periods.month_text(self.numbers[0] - 1)])

    def calendar(self) -> Frame:
        """One row per as-of month: month, fiscal_start_month, as_of_day."""
        return _frame(periods.calendar(self.numbers, self.fiscal_year_starts))

    def spine(self) -> Frame:
        """One row per month that the run's reports may look back to, like `calendar`."""
        first = max(self.numbers[0] - _LOOK_BACK, periods.month_index(self.whole[0]))
        return _frame(periods.calendar(range(first, self.numbers[-1] + 1), self.fiscal_year_starts))

    def windows(self) -> Frame:
        """One row per as-of month, period and month inside the period."""
        return _frame(periods.windows(self.numbers, self.fiscal_year_starts))

    def bounds(self) -> Frame:
        """One row per as-of month and period, with its first and last month, day and date."""
        return _frame(periods.bounds(self.numbers, self.fiscal_year_starts))

    def lookback(self, count: int) -> Frame:
        """One row per as-of month and each of the `count` months that end with it (periods.lookback)."""
        return _frame(periods.lookback(self.numbers, count))

    def days(self) -> Frame:
        """One row per day of all as-of months: day (number), date."""
        first, last = (periods.month_index(self.whole[i]) for i in (0, -1))
        dates = pl.date_range(periods.first_day(first), periods.last_day(last), eager=True)
        return nw.from_native(
            pl.LazyFrame({"date": dates}).with_columns(day=pl.col("date").cast(pl.Int32))
        )


def _frame(columns: Mapping[str, list[Any]]) -> Frame:
    frame = pl.LazyFrame(columns)
    return nw.from_native(frame.with_columns(pl.col(pl.Int64).cast(pl.Int32)))


def months_of(lake: Lake, settings: Settings, start: str | None, end: str | None) -> Months:
    """The months from `start` to `end`, or all that the lake's ledgers cover where the run names none."""
    from pipelines.freshness import calendar_of

    whole = calendar_of(lake, settings.fingerprint, keep=True).months
    texts = [
        periods.month_text(number)
        for number in range(periods.month_index(start), periods.month_index(end) + 1)
    ] if start and end else whole  # fmt: skip
    return Months(
        texts, whole or texts, settings.calendar.fiscal_year_starts, frozenset(settings.feeds)
    )
