"""The as-of months of a run, and the small calendar frames that the measures join with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import narwhals as nw
import polars as pl

from metrics import periods


@dataclass(frozen=True)
class Months:
    """A range of as-of months under one fiscal calendar; nothing in it depends on the clock."""

    texts: tuple[str, ...]
    fiscal_year_starts: int

    @cached_property
    def numbers(self) -> list[int]:
        return [periods.month_index(text) for text in self.texts]

    def calendar(self) -> nw.LazyFrame[pl.LazyFrame]:
        """One row per as-of month."""
        return _frame(periods.calendar(self.numbers, self.fiscal_year_starts))

    def windows(self) -> nw.LazyFrame[pl.LazyFrame]:
        """One row per as-of month, period and month inside the period."""
        return _frame(periods.windows(self.numbers, self.fiscal_year_starts))

    def bounds(self) -> nw.LazyFrame[pl.LazyFrame]:
        """One row per as-of month and period, with its first and last day."""
        return _frame(periods.bounds(self.numbers, self.fiscal_year_starts))


def _frame(columns: dict[str, list[int]]) -> nw.LazyFrame[pl.LazyFrame]:
    frame = pl.LazyFrame(columns)
    return nw.from_native(frame.with_columns(pl.col(pl.Int64).cast(pl.Int32)))
