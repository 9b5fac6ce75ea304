"""Months, days and periods as numbers, and sums over sliding periods.

A month is `year x 12 + month - 1`, a day counts from 1970-01-01: integers, because date arithmetic is what engines
agree on least.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals as nw

from schemas.columns import PERIOD_CODES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Frame = nw.LazyFrame[Any]

EPOCH = date(1970, 1, 1).toordinal()
PERIODS = tuple(code for code, _, _ in PERIOD_CODES)
TRAILING = "trailing_12_months"
NEVER = 1_000_000  # a month number beyond every calendar


def month_index(text: str) -> int:
    """The number of a month given as YYYY-MM."""
    return int(text[:4]) * 12 + int(text[5:7]) - 1


def month_text(index: int) -> str:
    """The month YYYY-MM of a number."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def fiscal_start(month: int, fiscal_year_starts: int) -> int:
    """The first month of the fiscal year that holds `month`."""
    return month - (month % 12 + 1 - fiscal_year_starts) % 12


def period_start(month: int, period: str, fiscal_year_starts: int) -> int:
    """The first month of a period that ends with `month`."""
    starts = {
        "month": month,
        "year_to_date": fiscal_start(month, fiscal_year_starts),
        TRAILING: month - 11,
    }
    return starts[period]


def first_day(month: int) -> date:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """The last day of a month: the `as_of` of its reports."""
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def day_index(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def calendar(months: Sequence[int], fiscal_year_starts: int) -> dict[str, list[int]]:
    """One row per as-of month: month, fiscal_start_month, as_of_day."""
    return {
        "month": list(months),
        "fiscal_start_month": [fiscal_start(m, fiscal_year_starts) for m in months],
        "as_of_day": [day_index(last_day(m)) for m in months],
    }


def bounds(months: Sequence[int], fiscal_year_starts: int) -> dict[str, list[Any]]:
    """One row per as-of month and period: its first month and date, its last date, its days and months."""
    rows = [(m, p, period_start(m, p, fiscal_year_starts)) for m in months for p in PERIODS]
    starts = [first_day(start) for _, _, start in rows]
    ends = [last_day(month) for month, _, _ in rows]
    return {
        "month": [month for month, _, _ in rows],
        "period": [period for _, period, _ in rows],
        "start_month": [start for _, _, start in rows],
        "month_count": [month - start + 1 for month, _, start in rows],
        "day_count": [(end - start).days + 1 for start, end in zip(starts, ends, strict=True)],
        "period_start": starts,
        "period_end": ends,
    }


def windows(months: Sequence[int], fiscal_year_starts: int) -> dict[str, list[Any]]:
    """One row per as-of month, period and month inside the period (`fact_month`)."""
    rows = [
        (month, period, fact)
        for month in months
        for period in PERIODS
        for fact in range(period_start(month, period, fiscal_year_starts), month + 1)
    ]
    return {
        "month": [month for month, _, _ in rows],
        "period": [period for _, period, _ in rows],
        "fact_month": [fact for _, _, fact in rows],
    }


def of_trailing_year(rows: Frame) -> Frame:
    """Of rows by period, those of the trailing 12 months."""
    return rows.filter(nw.col("period") == TRAILING)


def lookback(months: Sequence[int], count: int) -> dict[str, list[int]]:
    """One row per as-of month and each of the `count` months that end with it.

    month, fact_month, age (0: the as-of month itself), day_count (of the fact month), days_after (from its end to as_of).
    """
    rows = [(month, month - age, age) for month in months for age in range(count)]
    needed = {number for _, fact, _ in rows for number in (fact - 1, fact)}
    ends = {number: day_index(last_day(number)) for number in needed}
    return {
        "month": [month for month, _, _ in rows],
        "fact_month": [fact for _, fact, _ in rows],
        "age": [age for _, _, age in rows],
        "day_count": [ends[fact] - ends[fact - 1] for _, fact, _ in rows],
        "days_after": [ends[month] - ends[fact] for month, fact, _ in rows],
    }


def days_after(day: str, days: int) -> nw.Expr:
    """The date so many days after the date column `day`."""
    return nw.col(day).dt.offset_by(f"{days}d").cast(nw.Date)


def months_after(day: str, months_by_tier: Mapping[str, int]) -> nw.Expr:
    """The date so many months after the date column `day` as the column `tier` says; without a tier, and for N, as C.

    The same day of the month, or its last one: 31 January + 3 months = 30 April.
    """
    after = {
        tier: nw.col(day).dt.offset_by(f"{months}mo").cast(nw.Date)
        for tier, months in months_by_tier.items()
    }
    tier = nw.col("tier")
    lower = nw.when((tier == "B").fill_null(value=False)).then(after["B"]).otherwise(after["C"])
    return nw.when((tier == "A").fill_null(value=False)).then(after["A"]).otherwise(lower)


def number_of_month(text: nw.Expr) -> nw.Expr:
    """The number (Int32) of a month as text, YYYY-MM."""
    year, month = text.str.slice(0, 4), text.str.slice(5, 2)
    return (year.cast(nw.Int32) * 12 + month.cast(nw.Int32) - 1).cast(nw.Int32)


def month_number(day: nw.Expr) -> nw.Expr:
    """The month number of a date column."""
    return (day.dt.year().cast(nw.Int32) * 12 + day.dt.month().cast(nw.Int32) - 1).cast(nw.Int32)


def day_number(day: nw.Expr) -> nw.Expr:
    """Days since 1970-01-01 of a date column, by the civil calendar in integers (years 1 to 9999)."""
    year, month = day.dt.year().cast(nw.Int64), day.dt.month().cast(nw.Int64)
    of_month = day.dt.day().cast(nw.Int64)
    early = nw.when(month < 3).then(1).otherwise(0)  # noqa: PLR2004 - the civil year begins in March here
    y = year - early
    shifted = month + 12 * early - 3
    of_year = (153 * shifted + 2) // 5 + of_month - 1
    return (365 * y + y // 4 - y // 100 + y // 400 + of_year - 719468).cast(nw.Int32)


def rolling_periods(
    monthly: Frame,
    spine_months: Frame,
    keys: Sequence[str],
    values: Sequence[str],
    lags: Mapping[str, tuple[str, int]] | None = None,
    periods: Sequence[str] = PERIODS,
) -> Frame:
    """Sums of `values` over each period ending at each month: one row per key x month x period.

    `monthly`: keys, month and Int64 values, one row per key and month. `spine_months`: month and
    fiscal_start_month, without gaps; every key with a month in it gets a row for each of them, so that the
    row before is the month before. Months of `monthly` outside the spine do not count. `lags`: new column -> (value,
    months): the same period so many months earlier, 0 before the spine.
    """
    near = monthly.join(spine_months.select("month"), on="month", how="semi")
    spine = (
        near.select(*keys)
        .unique([*keys])
        .join(spine_months.select("month", "fiscal_start_month"), how="cross")
        .join(near.select(*keys, "month", *values), on=[*keys, "month"], how="left")
        .with_columns(nw.col(name).fill_null(0) for name in values)
    )
    lagged = [
        nw.col(name).shift(months).over(*keys, order_by="month").fill_null(0).alias(new)
        for new, (name, months) in (lags or {}).items()
    ]
    return nw.concat(
        [
            spine.with_columns(_total(name, period, keys).alias(name) for name in values)
            .with_columns(*lagged, period=nw.lit(period))
            .select(*keys, "month", "period", *values, *(lags or {}))
            for period in periods
        ],
        how="vertical",
    )


def _total(name: str, period: str, keys: Sequence[str]) -> nw.Expr:
    value = nw.col(name)
    if period == "month":
        return value
    if period == "year_to_date":
        return value.cum_sum().over(*keys, "fiscal_start_month", order_by="month").cast(nw.Int64)
    rolled = value.rolling_sum(12, min_samples=1).over(*keys, order_by="month")
    return rolled.cast(nw.Int64)
