"""Stock at month-ends and average stock."""

from __future__ import annotations

from typing import Any

from metrics.stock import average_stock, stock_month
from tests.unit.metrics.product_frames import (
    UNITS,
    M,
    by_key,
    calendar_frames,
    collected,
    frame,
    stock_months,
)

_SNAPSHOTS = ["product_id", "month", "day", "quantity", "value_at_cost", "value_at_retail"]
_PRICES = ["month", "product_id", "standard_cost", "list_price"]


def test_last_snapshot_of_the_month_counts() -> None:
    """The first snapshot, or the sum of all, is not the stock at the month's end."""
    rows = [("P", M, 10, 5, 50, 500), ("P", M, 20, 7, 70, 700), ("P", M, 15, 6, 60, 600)]
    found = collected(stock_month(frame(_SNAPSHOTS, rows), frame(_PRICES, [(M, "P", 1, 1)])))
    assert found == [
        {"product_id": "P", "month": M, "quantity": 7, "value_at_cost": 70, "value_at_retail": 700}
    ]


def test_missing_values_are_filled_at_the_prices_of_the_month() -> None:
    """A missing value taken as 0 lowers the average and raises the turnover; 0 itself is a value."""
    rows = [("P", M, 20, 2 * UNITS, None, None), ("Q", M, 20, 2 * UNITS, 0, None)]
    prices = frame(_PRICES, [(M, "P", 3 * UNITS, 4 * UNITS), (M - 1, "P", 9, 9)])
    found = by_key(stock_month(frame(_SNAPSHOTS, rows), prices), "product_id")
    assert (found["P"]["value_at_cost"], found["P"]["value_at_retail"]) == (6 * UNITS, 8 * UNITS)
    assert (found["Q"]["value_at_cost"], found["Q"]["value_at_retail"]) == (0, None)


def averages(
    *rows: tuple[str, int, float, float | None, float | None], fiscal: int = 1
) -> dict[str, tuple[Any, ...]]:
    """By period: basis and the averages as multiples of 1/10,000, times 2 (n + 1)."""
    windows, bounds = calendar_frames([M], fiscal)
    found = by_key(average_stock(stock_months(*rows), windows, bounds), "period")
    names = ("stock_basis", "stock_quantity", "at_cost_stock", "at_retail_stock")
    return {period: tuple(row[name] for name in names) for period, row in found.items()}


def test_average_of_the_month_ends_begins_before_the_period() -> None:
    """Over n months there are n + 1 month-ends; the mean of n forgets the opening stock."""
    rows = [("P", M - back, 10 + back, 20.0, 40.0) for back in range(13)]
    found = averages(*rows)
    assert found["month"] == ("month_ends", (10 + 11) * 2 * UNITS, 80 * UNITS, 160 * UNITS)
    assert found["trailing_12_months"][:2] == ("month_ends", 2 * sum(range(10, 23)) * UNITS)
    assert found["year_to_date"][:2] == ("month_ends", 2 * sum(range(10, 17)) * UNITS)


def test_gap_leaves_opening_and_closing() -> None:
    """The mean of the month-ends that happen to exist would weigh the months unevenly, unseen."""
    rows = [("P", M - back, 10 + back, 20.0, 40.0) for back in range(13) if back != 5]
    found = averages(*rows)
    assert found["trailing_12_months"] == ("open_close", 13 * 32 * UNITS, 13 * 40 * UNITS, 13 * 80 * UNITS)  # fmt: skip
    assert found["month"][0] == "month_ends"


def test_missing_opening_or_closing_leaves_no_average() -> None:
    """A product without opening stock would appear to turn on its closing stock alone."""
    assert "month" not in averages(("P", M, 10, 20.0, 40.0))
    assert "month" not in averages(("P", M - 1, 10, 20.0, 40.0))


def test_fiscal_year_moves_the_opening() -> None:
    """Year to date counted from January in a company whose year begins in May takes the wrong opening stock."""
    found = averages(*[("P", M - back, 1.0, 1.0, 1.0) for back in range(3)], fiscal=5)
    assert found["year_to_date"] == ("month_ends", 6 * UNITS, 6 * UNITS, 6 * UNITS)


def test_unknown_value_leaves_the_other_valuations() -> None:
    """One missing retail value must not read as stock worth 0, nor take away the average at cost."""
    found = averages(("P", M - 1, 10, 20.0, None), ("P", M, 10, 20.0, 40.0))
    assert found["month"] == ("month_ends", 40 * UNITS, 80 * UNITS, None)
