"""Months, days and sliding sums."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest

from metrics import periods
from tests.unit.metrics.customer_frames import calendar, collected, frame, month


def test_month_numbers_read_back() -> None:
    """A December that counts as the next year's month 0 moves a whole month of sales."""
    for number in range(month("1999-12"), month("2001-02")):
        assert periods.month_index(periods.month_text(number)) == number
    assert periods.month_text(month("2000-01") - 1) == "1999-12"


@pytest.mark.parametrize(
    ("of", "starts", "first"),
    [
        ("2024-06", 1, "2024-01"),
        ("2024-06", 7, "2023-07"),
        ("2024-07", 7, "2024-07"),
        ("2024-03", 4, "2023-04"),
        ("2024-12", 12, "2024-12"),
        ("2024-11", 12, "2023-12"),
    ],
)
def test_fiscal_year(of: str, starts: int, first: str) -> None:
    """The calendar year taken for the fiscal year makes every year-to-date wrong, plausibly."""
    assert periods.fiscal_start(month(of), starts) == month(first)


def test_bounds_of_a_leap_february() -> None:
    """A period that ends on the 28th loses the sales of the 29th; one too long annualises wrongly."""
    found = periods.bounds([month("2024-02")], 1)
    assert found["period"] == list(periods.PERIODS)
    assert found["period_start"] == [date(2024, 2, 1), date(2024, 1, 1), date(2023, 3, 1)]
    assert set(found["period_end"]) == {date(2024, 2, 29)}
    assert found["day_count"] == [29, 60, 366]
    assert found["month_count"] == [1, 2, 12]


def test_windows_hold_each_month_once() -> None:
    """A month twice in a window doubles its sales; the month after the end lets the future in."""
    of = month("2024-05")
    found = periods.windows([of], 4)
    rows = list(zip(found["period"], found["fact_month"], strict=True))
    assert len(rows) == len(set(rows))
    held = {period: [m for p, m in rows if p == period] for period in periods.PERIODS}
    assert held == {
        "month": [of],
        "year_to_date": [of - 1, of],
        "trailing_12_months": list(range(of - 11, of + 1)),
    }


def test_day_and_month_numbers_follow_the_civil_calendar() -> None:
    """A leap rule forgotten shifts every later day by one, and with it the edge of every window."""
    days = [
        date(year, 1, 1) + timedelta(days=step)
        for year in (1899, 1900, 1969, 1999, 2000, 2023, 2024)
        for step in range(0, 366, 1)
    ]
    dates = nw.from_native(pl.LazyFrame({"date": days}))
    rows = collected(
        dates.with_columns(
            day=periods.day_number(nw.col("date")), month=periods.month_number(nw.col("date"))
        )
    )
    assert [row["day"] for row in rows] == [(day - date(1970, 1, 1)).days for day in days]
    assert [row["month"] for row in rows] == [day.year * 12 + day.month - 1 for day in days]


def test_months_without_a_row_count_as_zero() -> None:
    """Without the dense spine, the row before is taken for the month before."""
    of = calendar("2024-06", "2024-06")
    at = month("2024-06")
    sold = frame(["customer_id", "month", "n"], [("a", at - 13, 7), ("a", at - 3, 5), ("a", at, 1)])
    rolled = periods.rolling_periods(
        sold, of.spine, ["customer_id"], ["n"], {"before": ("n", 1), "last_year": ("n", 12)}
    )
    rows = {row["period"]: row for row in collected(rolled) if row["month"] == at}
    assert {period: (row["n"], row["before"], row["last_year"]) for period, row in rows.items()} == {
        "month": (1, 0, 0),
        "year_to_date": (6, 5, 7),
        "trailing_12_months": (6, 5, 7),
    }  # fmt: skip


def test_keys_outside_the_spine_get_no_rows() -> None:
    """A nightly run would otherwise cost what all customers who ever were cost."""
    of = calendar("2024-06", "2024-06")
    at = month("2024-06")
    sold = frame(["customer_id", "month", "n"], [("gone", at - 60, 7), ("a", at, 1)])
    rolled = periods.rolling_periods(sold, of.spine, ["customer_id"], ["n"])
    assert {row["customer_id"] for row in collected(rolled)} == {"a"}
