"""Costs of sales lines."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest

from metrics.costing import costed
from tests.unit.metrics.product_frames import UNITS, M, by_key, frame

_LINES = ["month", "product_id", "line_no", "quantity", "cost_amount"]
_PRICES = ["month", "product_id", "standard_cost"]


def cost_of(quantity: int, booked: int | None, standard: int | None) -> int | None:
    lines = frame(_LINES, [(M, "P", 1, quantity, booked)])
    rows = by_key(costed(lines, frame(_PRICES, [(M, "P", standard)])), "line_no")
    cost: int | None = rows[1]["cost_amount"]
    return cost


def test_booked_cost_comes_first() -> None:
    """A standard cost in place of the booked one falsifies the margin of every line that was costed properly."""
    assert cost_of(2 * UNITS, 7, 3 * UNITS) == 7


def test_booked_cost_of_zero_is_a_cost() -> None:
    """A gift costs 0; taking 0 for missing would cost it at standard."""
    assert cost_of(2 * UNITS, 0, 3 * UNITS) == 0


def test_standard_cost_is_that_of_the_month() -> None:
    """Today's standard cost applied to last year's lines changes margins already reported."""
    lines = frame(_LINES, [(M - 1, "P", 1, UNITS, None), (M, "P", 2, UNITS, None)])
    prices = frame(_PRICES, [(M - 1, "P", 5 * UNITS), (M, "P", 6 * UNITS)])
    rows = by_key(costed(lines, prices), "line_no")
    assert [rows[n]["cost_amount"] for n in (1, 2)] == [5 * UNITS, 6 * UNITS]


@pytest.mark.parametrize("standard", [None, "absent"])
def test_line_without_any_cost_stays_uncosted(standard: str | None) -> None:
    """A missing cost taken as 0 shows a margin of 100 %; a dropped line loses its sales."""
    prices = frame(_PRICES, [] if standard else [(M, "P", None)])
    rows = by_key(costed(frame(_LINES, [(M, "P", 1, UNITS, None)]), prices), "line_no")
    assert rows[1]["cost_amount"] is None


@pytest.mark.parametrize(
    ("quantity", "price"),
    [
        (5_000, 1),  # half a unit goes up
        (-5_000, 1),  # and away from zero
        (4_999, 1),
        (15_000, 3),
        (-15_000, 3),
        (123_456_789, 987_654_321),
        (-99_999_999_999, 999_999),
        (300_000 * UNITS, 300_000 * UNITS),  # the product of the integers needs 65 bits
        (-1, 99_999_999_999_999),
        (0, 5),
        (5, 0),
    ],
)
def test_rounds_half_away_from_zero_without_overflow(quantity: int, price: int) -> None:
    """Rounding half down, to even or through a double loses units; an overflow turns costs negative."""
    exact = (Decimal(quantity) * price / UNITS).quantize(Decimal(1), ROUND_HALF_UP)
    assert cost_of(quantity, None, price) == int(exact)
