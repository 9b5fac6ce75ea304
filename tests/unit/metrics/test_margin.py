"""Gross margin and cost coverage."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.margin import with_margin
from tests.unit.metrics.product_frames import collected, frame

_SUMS = [
    "sales_amount", "cost_amount", "costed_sales_amount", "uncosted_line_count", "absolute_amount",
    "costed_absolute_amount",
]  # fmt: skip


def margin(*sums: int, coverage: float = 1.0) -> dict[str, Any]:
    row = collected(with_margin(frame(_SUMS, [sums]), coverage))[0]
    names = ("cost_coverage", "gross_profit_amount", "gross_margin_rate", "gross_margin_rate_reason")  # fmt: skip
    return {name: row[name] for name in names}


def told(coverage: float | None, profit: int | None, rate: float | None, reason: str | None) -> dict[str, Any]:  # fmt: skip
    return {
        "cost_coverage": coverage, "gross_profit_amount": profit, "gross_margin_rate": rate,
        "gross_margin_rate_reason": reason,
    }  # fmt: skip


def test_all_lines_costed() -> None:
    """GP over cost in place of sales would report 60 % for 37.5 %."""
    assert margin(800, 500, 800, 0, 800, 800) == told(1.0, 300, 0.375, None)


def test_loss_is_not_clipped() -> None:
    """A rate cut off at 0 hides every product sold below its cost."""
    assert margin(800, 1000, 800, 0, 800, 800) == told(1.0, -200, -0.25, None)


def test_one_line_without_cost_makes_the_margin_unknown() -> None:
    """Net sales less the known costs counts the uncosted line as pure profit."""
    assert margin(1000, 500, 800, 1, 1000, 800) == told(0.8, None, None, "cost_incomplete")


def test_uncosted_line_of_zero_still_makes_costs_incomplete() -> None:
    """Coverage is 100 % by amount, yet goods given away have cost something."""
    assert margin(800, 500, 800, 1, 800, 800) == told(1.0, None, None, "cost_incomplete")


@pytest.mark.parametrize(("least", "known"), [(0.8, True), (0.81, False)])
def test_lower_coverage_takes_margin_of_the_costed_lines(least: float, *, known: bool) -> None:
    """The rate over all sales in place of the costed ones mixes two sets of lines."""
    expected = told(0.8, 300, 0.375, None) if known else told(0.8, None, None, "cost_incomplete")
    assert margin(1000, 500, 800, 1, 1000, 800, coverage=least) == expected


def test_no_sales() -> None:
    """0/0 must be NULL with a reason, not NaN: NaN sorts above every rate."""
    assert margin(0, 0, 0, 0, 0, 0) == told(None, 0, None, "no_sales")


def test_sale_and_return_at_different_costs() -> None:
    """Net sales of 0 still have a gross profit; dividing by them gives infinity."""
    assert margin(0, 20, 0, 0, 200, 200) == told(1.0, -20, None, "no_sales")


def test_net_return_has_no_rate() -> None:
    """Minus over minus is a fine positive margin for goods that came back."""
    assert margin(-800, -500, -800, 0, 800, 800) == told(1.0, -300, None, "net_return")
