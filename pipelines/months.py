"""The as-of months of a run, and the small calendar frames that the measures join with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from metrics import periods
from pipelines.errors import MonthsError
from pipelines.scope import PART, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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

    `feeds`: the names of the feeds that the settings supply. `inputs`: the digest of what each month of `whole` depends on.
    `stale`: the months out of date when the run began. `scope`: what the run computes for its months. `given`: makes a small frame one of the engine's.
    """

    texts: list[str]
    whole: list[str]
    fiscal_year_starts: int
    feeds: frozenset[str]
    inputs: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[str, ...] = ()
    scope: Scope = PART
    given: Callable[[pl.LazyFrame], Frame] = nw.from_native

    @property
    def numbers(self) -> list[int]:
        """The month numbers of the run."""
        return [periods.month_index(text) for text in self.texts]

    @property
    def last(self) -> str:
        """The run's last month.

        Raises:
            MonthsError: there is none.
        """
        if not self.texts:
            raise MonthsError("no sale is known yet: there is no month to report")
        return self.texts[-1]

    @property
    def is_from_start(self) -> bool:
        """Whether the run begins at the first as-of month: then facts before it are its business too."""
        return bool(self.texts) and self.texts[0] <= self.whole[0]

    def refuse_gap(self) -> None:
        """Later months build upon what earlier ones show.

        Raises:
            MonthsError: there is no month, one before the run's first is out of date, or it is later than the last of all.
        """
        span = f"months {self.texts[0] if self.texts else ''} to {self.last}"
        if self.texts[0] > self.whole[-1]:
            raise MonthsError(
                f"{span}: nothing is known of them yet; reports end with "
                f"{self.whole[-1]}, the month of the latest dated fact and delivery"
            )
        earlier = [month for month in self.stale if month < self.texts[0]]
        if earlier:
            raise MonthsError(
                f"{span}: {earlier[0]} is out of date, and later months build "
                f"upon it; run from {earlier[0]} on"
            )

    @property
    def number_before(self) -> int:
        """The month before the run's first."""
        return self.numbers[0] - 1

    def own(self, frame: Frame) -> Frame:
        """The rows of months that this run sums anew: its own, and all before the first as-of month."""
        first = "" if self.is_from_start else self.texts[0]
        return self.every(self._between(frame, first))

    def own_in_portions(self, frame: Frame, rows_by_month: Mapping[str, int]) -> list[Frame]:
        """What `own` returns, some months at a time: their rows, of which `rows_by_month` tells, are of a bounded number.

        A month alone may exceed the bound.
        """
        first = "" if self.is_from_start else self.texts[0]
        rows = {text: count for text, count in rows_by_month.items() if first <= text <= self.last}
        return [
            self.every(frame.filter(nw.col("month").is_in(texts)))
            for texts, _ in _bounded(sorted(rows.items()))
        ]

    def first(self, frame: Frame) -> Frame:
        """The rows up to the first as-of month of all: that of the earliest sale."""
        return self.every(frame.filter(nw.col("month") <= nw.lit(self.whole[0])))

    def since(self, frame: Frame, count: int = 0) -> Frame:
        """The rows of the run's first month, of the `count` months before it, and of all later ones."""
        first = periods.month_text(self.numbers[0] - count)
        return self.every(frame.filter(nw.col("month") >= nw.lit(first)))

    def trailing(self, frame: Frame, count: int) -> Frame:
        """The rows of all months that are among the `count` that end with one of the run's."""
        return self.every(self.within(frame, count))

    def within(self, frame: Frame, count: int) -> Frame:
        """The same with `month` as the text that it was."""
        return self._between(frame, periods.month_text(self.numbers[0] - count + 1))

    def looked_back(self, frame: Frame) -> Frame:
        """The rows of all months in `spine`."""
        return self.trailing(frame, _LOOK_BACK + 1)

    def of_months(self, frame: Frame) -> Frame:
        """The rows of the run's as-of months, of a table by as-of month."""
        return frame.filter(nw.col("month").is_between(self.numbers[0], self.numbers[-1]))

    def every(self, frame: Frame) -> Frame:
        """All rows of a table by month of the fact, YYYY-MM; here and above with the `month` as a number.

        Only the text tells the engine which files it need not read: whoever needs few months asks for these.
        """
        return frame.with_columns(month=periods.number_of_month(nw.col("month")))

    def _between(self, frame: Frame, first: str) -> Frame:
        month = nw.col("month")
        return frame.filter(month >= nw.lit(first), month <= nw.lit(self.last))

    def portions(self, rows_by_month: Mapping[str, int]) -> Iterator[tuple[Months, int]]:
        """The run's months in portions, each with its rows: a bounded number, unless it is one month.

        `rows_by_month`: rows by as-of month, YYYY-MM.
        """
        for texts, count in _bounded((text, rows_by_month.get(text, 0)) for text in self.texts):
            yield replace(self, texts=texts), count

    def trailing_rows(self, rows_by_month: Mapping[str, int]) -> dict[str, int]:
        """By as-of month of the run the rows of its trailing year, of a table by month of the fact."""
        rows = {periods.month_index(month): count for month, count in rows_by_month.items()}
        return {
            text: sum(rows.get(fact, 0) for fact in range(number - 11, number + 1))
            for text, number in zip(self.texts, self.numbers, strict=True)
        }

    def before(self) -> Months:
        """The month before the run's first, as if it were a run of its own."""
        return replace(self, texts=[periods.month_text(self.number_before)])

    def calendar(self) -> Frame:
        """One row per as-of month: month, fiscal_start_month, as_of_day."""
        return self._frame(periods.calendar(self.numbers, self.fiscal_year_starts))

    def spine(self) -> Frame:
        """One row per month that the run's reports may look back to, like `calendar`."""
        first = max(self.numbers[0] - _LOOK_BACK, periods.month_index(self.whole[0]))
        return self._frame(
            periods.calendar(range(first, self.numbers[-1] + 1), self.fiscal_year_starts)
        )

    def windows(self) -> Frame:
        """One row per as-of month, period and month inside the period."""
        return self._frame(periods.windows(self.numbers, self.fiscal_year_starts))

    def bounds(self) -> Frame:
        """One row per as-of month and period, with its first month and date, its last date, its days and months."""
        return self._frame(periods.bounds(self.numbers, self.fiscal_year_starts))

    def lookback(self, count: int) -> Frame:
        """One row per as-of month and each of the `count` months that end with it (periods.lookback)."""
        return self._frame(periods.lookback(self.numbers, count))

    def days(self) -> Frame:
        """One row per day of all as-of months: day (number), date."""
        dates = _dates(*(periods.month_index(self.whole[at]) for at in (0, -1)))
        return self.given(dates.with_columns(day=pl.col("date").cast(pl.Int32)))

    def trailing_days(self, count: int) -> Frame:
        """One row per day of all months that are among the `count` that end with one of the run's: date."""
        return self.given(_dates(self.numbers[0] - count + 1, self.numbers[-1]))

    def _frame(self, columns: Mapping[str, list[Any]]) -> Frame:
        return self.given(pl.LazyFrame(columns).with_columns(pl.col(pl.Int64).cast(pl.Int32)))


def _dates(first: int, last: int) -> pl.LazyFrame:
    """One row per day of the months from `first` to `last`: date."""
    dates = pl.date_range(periods.first_day(first), periods.last_day(last), eager=True)
    return pl.LazyFrame({"date": dates})


def _bounded(rows: Iterable[tuple[str, int]]) -> Iterator[tuple[list[str], int]]:
    """Months one after the other, as many at a time as have `_PORTION` rows together; a month alone may have more."""
    portion: list[str] = []
    filled = 0
    for text, more in rows:
        if portion and filled + more > _PORTION:
            yield portion, filled
            portion, filled = [], 0
        portion.append(text)
        filled += more
    if portion:
        yield portion, filled


def months_of(
    lake: Lake, settings: Settings, start: str | None, end: str | None, scope: Scope
) -> Months:
    """The months from `start` to `end`, or all that the lake's ledgers cover where the run names none."""
    from pipelines.freshness import calendar_of

    calendar = calendar_of(lake, settings, keep=True)
    whole = calendar.months
    texts = [
        periods.month_text(number)
        for number in range(periods.month_index(start), periods.month_index(end) + 1)
    ] if start and end else whole  # fmt: skip
    return Months(
        texts,
        whole or texts,
        settings.calendar.fiscal_year_starts,
        frozenset(settings.feeds),
        calendar.inputs,
        tuple(calendar.stale(lake)),
        scope,
        lake.given,
    )
