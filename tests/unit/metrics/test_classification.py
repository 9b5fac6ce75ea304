"""Classes of customers at the edges of their windows."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import pytest

from metrics.classification import classification
from metrics.customer_sales import positive_history
from metrics.periods import day_number
from tests.unit.metrics.customer_frames import (
    by_key,
    calendar,
    customers,
    frame,
    line,
    lines,
    month,
    monthly,
)

JUNE = month("2024-06")  # D = 2024-06-30; D - 365 days = 2023-07-01


def classed(
    *sold: Any, trailing: list[tuple[Any, ...]] | None = None, leader: bool = False
) -> dict[str, Any]:
    """The row of customer `a` at the end of June 2024; `trailing`: its tier and months with sales."""
    of = calendar("2024-06", "2024-06")
    history = positive_history(monthly(lines(*sold)), of.months)
    year = frame(
        ["month", "customer_id", "tier", "positive_month_count"],
        [(JUNE, "a", *row) for row in trailing or []],
    )
    found = classification(
        customers(("a", "company", "leader" if leader else None, None, None, None), months=[JUNE]),
        history,
        year,
        of.months,
        of.days,
        lines(*sold).select(earliest_sale_day=nw.col("day").min()),
        active_days=365,
        new_days=365,
        sporadic_months=3,
    )
    return by_key(found, "customer_id")["a"]


@pytest.mark.parametrize(
    ("sold_on", "stage", "seniority"),
    [
        ("2024-06-30", "current", "new"),
        ("2023-07-02", "current", "new"),
        ("2023-07-01", "past", "old"),  # D - 365 itself is outside
        ("2022-01-01", "past", "old"),
    ],
)
def test_windows_are_half_open(sold_on: str, stage: str, seniority: str) -> None:
    """A window of 366 days keeps a customer current for a day too long, unseen."""
    row = classed(line("1", sold_on, "a", 5))
    assert (row["stage"], row["seniority"]) == (stage, seniority)
    assert row["first_sold_on"] == row["last_sold_on"] == date.fromisoformat(sold_on)


def test_who_never_bought() -> None:
    """A return without a sale is no trade: the customer stays a prospect."""
    row = classed(line("1", "2024-06-01", "a", -5))
    assert (row["stage"], row["seniority"], row["volume_class"]) == ("prospective", "future", "sporadic")  # fmt: skip
    assert (row["first_sold_on"], row["last_sold_on"]) == (None, None)


def test_old_and_current() -> None:
    """First and last sale taken for one another turn every regular customer into a new one."""
    row = classed(line("1", "2020-01-01", "a", 5), line("2", "2024-06-30", "a", 5))
    assert (row["stage"], row["seniority"]) == ("current", "old")
    assert (row["first_sold_on"], row["last_sold_on"]) == (date(2020, 1, 1), date(2024, 6, 30))


def test_a_later_sale_is_not_known_yet() -> None:
    """A sale after the month's end would make a past month's report change."""
    row = classed(line("1", "2024-07-01", "a", 5), line("2", "2024-01-01", "b", 5))
    assert (row["stage"], row["seniority"]) == ("prospective", "future")


@pytest.mark.parametrize(
    ("earliest", "censored"),
    [("2023-07-01", False), ("2023-07-02", True), ("2024-06-30", True), ("2019-01-01", False)],
)
def test_history_too_short_to_tell_new_from_old(earliest: str, censored: bool) -> None:
    """In the company's first year every customer looks new."""
    assert classed(line("1", earliest, "b", 5), line("2", "2024-06-30", "a", 5))["history_censored"] is censored  # fmt: skip


@pytest.mark.parametrize(
    ("trailing", "leader", "expected"),
    [
        (("A", 1), False, "major"),
        (("B", 12), False, "general"),
        (("B", 1), True, "major"),
        (("C", 12), True, "general"),
        (("C", 3), True, "sporadic"),
        (("C", 4), False, "general"),
        (("B", 1), False, "general"),
        (("N", 12), True, "sporadic"),
        (None, True, "sporadic"),
    ],
)
def test_volume_class(trailing: tuple[str, int] | None, leader: bool, expected: str) -> None:
    """A market leader without sales is not major; a C of three months is sporadic, of four is not."""
    row = classed(
        line("1", "2024-06-01", "a", 5), trailing=[trailing] if trailing else [], leader=leader
    )
    assert row["volume_class"] == expected


def test_day_numbers_of_the_calendar_are_those_of_lines() -> None:
    """Dates looked up by another count of days are off by as much as the two counts differ."""
    of = calendar("2024-06", "2024-06")
    rows = of.days.with_columns(again=day_number(nw.col("date"))).collect("polars")
    assert (rows["day"] == rows["again"]).all()
