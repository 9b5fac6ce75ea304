"""Profitability against numbers worked by hand.

Company sales are 70,000. Average stock is at retail, over a month: (opening + closing) / 2.

    product       S      GP    average stock   share w    g      turnover   X = GP/stock   K = X x w
    A        20,000   4,500           2,000   2/7        0.225   10         2.25           0.642857
    B        10,000   2,500             150   1/7        0.25    66.6667    16.6667        2.38095
    C        10,000   2,000           1,000   1/7        0.2     10         2              0.285714
    rest     30,000       -               -   3/7        (no stock record, cost unknown)
"""

from __future__ import annotations

from typing import Any

import pytest

from metrics.profitability import profitability
from tests.unit.metrics.product_frames import (
    UNITS,
    M,
    by_key,
    calendar_frames,
    product_period,
    products,
    sold,
    stock_months,
)

Rows = dict[tuple[str, str], dict[str, Any]]
_GROUPS = [
    ("A", "food", "tea"), ("B", "food", "tea"), ("C", "food", "rice"), ("rest", None, None),
]  # fmt: skip


@pytest.fixture(scope="module")
def worked() -> Rows:
    sales = product_period(
        sold("A", 20_000, 15_500, 40),
        sold("B", 10_000, 7_500, 30),
        sold("C", 10_000, 8_000, 20),
        sold("rest", 30_000, None),
    )
    stock = stock_months(
        ("A", M - 1, 10, 1_000, 1_000), ("A", M, 30, 3_000, 3_000),
        ("B", M - 1, 1, 100, 150), ("B", M, 2, 100, 150),
        ("C", M - 1, 5, None, 500), ("C", M, 5, 900, 1_500),
    )  # fmt: skip
    return _rows(sales, stock)


def _rows(sales: Any, stock: Any, *, coverage: float = 1.0, has_stock: bool = True) -> Rows:
    windows, bounds = calendar_frames([M])
    found = profitability(
        sales, stock, products(*_GROUPS), windows, bounds, coverage, has_stock=has_stock
    )
    rows = by_key(found, "period", "level", "member_id")
    return {key[1:]: row for key, row in rows.items() if key[0] == "month"}


@pytest.mark.parametrize(
    ("product", "share", "rate", "turnover", "cross", "contribution"),
    [
        ("A", 0.285714, 0.225, 10, 2.25, 0.642857),
        ("B", 0.142857, 0.25, 66.6667, 16.6667, 2.38095),
        ("C", 0.142857, 0.2, 10, 2.0, 0.285714),
    ],
)
def test_worked_example(
    worked: Rows, product: str, share: float, rate: float, turnover: float, cross: float, contribution: float,
) -> None:  # fmt: skip
    """A cross ratio of rounded factors, or a share among the shown products alone, misses these numbers."""
    row = worked["product", product]
    found = [
        row[name]
        for name in ("sales_share", "gross_margin_rate", "turnover_retail", "cross_ratio", "contribution_ratio")
    ]  # fmt: skip
    assert found == pytest.approx([share, rate, turnover, cross, contribution], rel=1e-5)
    assert row["cross_ratio_basis"] == "retail"
    assert row["cross_ratio_reason"] is None


def test_degrees_sum_to_one_over_the_known(worked: Rows) -> None:
    """Sum of K = 0.642857 + 2.380952 + 0.285714 = 3.309524: A contributes 19.4 %; the rest has no K at all."""
    degrees = {p: worked["product", p]["contribution_degree"] for p in ("A", "B", "C", "rest")}
    assert degrees["A"] == pytest.approx(0.642857 / 3.309524, rel=1e-5)
    assert degrees["rest"] is None
    assert sum(d for d in degrees.values() if d is not None) == pytest.approx(1)


def test_gmroi_and_turnover_at_cost() -> None:
    """S 2,900, COGS 1,700, average stock at cost 750: GMROI 1,200 / 750 = 1.6, turnover 1,700 / 750 = 2.26667."""
    row = _rows(
        product_period(sold("A", 2_900, 1_700)),
        stock_months(("A", M - 1, 1, 500, None), ("A", M, 1, 1_000, None)),
    )["product", "A"]
    assert row["average_stock_cost_amount"] == 750 * UNITS
    assert row["gmroi"] == 1.6
    assert row["turnover_cost"] == pytest.approx(2.26667, rel=1e-5)
    assert row["stock_days"] == pytest.approx(30 * 750 / 1_700)  # June has 30 days
    assert (row["cross_ratio"], row["cross_ratio_basis"]) == (1.6, "cost")
    assert (row["turnover_retail"], row["turnover_reason"]) == (None, "no_stock_record")


def test_year_of_the_turnover(worked: Rows) -> None:
    """10 turns in one month are 120 a year; 20 pieces on average of which 40 were sold turn twice."""
    row = worked["product", "A"]
    assert row["turnover_annualised"] == pytest.approx(120)
    assert row["turnover_quantity"] == 2


def test_levels_take_sums_over_products_with_stock(worked: Rows) -> None:
    """Category food: S 40,000, GP 9,000, stock 3,150. A mean of the products' ratios would give X = 6.97."""
    food = worked["category", "food"]
    assert food["cross_ratio"] == pytest.approx(9_000 / 3_150)
    assert food["turnover_retail"] == pytest.approx(40_000 / 3_150)
    assert food["stock_coverage"] == 1
    # At cost only A (2,000) and B (100) are known: COGS 15,500 + 7,500.
    assert food["turnover_cost"] == pytest.approx(23_000 / 2_100)
    assert food["average_stock_quantity"] is None
    assert food["turnover_quantity"] is None


def test_company_covers_what_has_stock(worked: Rows) -> None:
    """The rest, without cost or stock, must not make the measures of stocked products unknown."""
    company = worked["company", "*"]
    assert company["sales_amount"] == 70_000 * UNITS
    assert company["stock_coverage"] == pytest.approx(4 / 7)
    assert company["cross_ratio"] == pytest.approx(9_000 / 3_150)
    assert company["gross_profit_amount"] is None
    assert company["gross_margin_rate_reason"] == "cost_incomplete"
    assert company["cost_amount"] == 31_000 * UNITS


def test_member_without_category_is_unclassified(worked: Rows) -> None:
    """A NULL category dropped by a join loses 30,000 of 70,000."""
    rest = worked["category", "unclassified"]
    assert rest["sales_amount"] == 30_000 * UNITS
    assert (rest["stock_basis"], rest["cross_ratio_reason"]) == ("none", "no_stock_record")


def test_quadrant_at_the_median_counts_as_high(worked: Rows) -> None:
    """Turnovers 10, 10, 66.7 (median 10: all high); margins 0.2, 0.225, 0.25 (median 0.225)."""
    quadrants = {p: worked["product", p]["quadrant"] for p in ("A", "B", "C", "rest")}
    assert quadrants == {"A": "star", "B": "star", "C": "traffic", "rest": None}
    assert worked["category", "food"]["quadrant"] is None


def test_quadrants_over_an_even_number_of_products() -> None:
    """With four values the median lies between the middle two: none of the products is at it."""
    sales = product_period(
        sold("A", 100, 90), sold("B", 200, 140), sold("C", 300, 240), sold("rest", 400, 160)
    )
    stock = stock_months(*[(p, m, 1, 100, 100) for p in ("A", "B", "C", "rest") for m in (M - 1, M)])  # fmt: skip
    rows = _rows(sales, stock)
    quadrants = [rows["product", p]["quadrant"] for p in ("A", "B", "C", "rest")]
    assert quadrants == ["dog", "niche", "traffic", "star"]


@pytest.mark.parametrize(
    ("sales", "stock", "cross", "contribution"),
    [
        (sold("A", 100, 60), 0, "no_stock", "no_stock"),
        (sold("A", 0, 0), 0, "inactive", "inactive"),
        (None, 0, "inactive", "inactive"),
        (None, 5, None, None),
        (sold("A", 100, None), 5, "cost_incomplete", "cost_incomplete"),
        (sold("A", 100, 60), None, "no_stock_record", "no_stock_record"),
        (sold("A", -100, -60), 5, None, "net_return"),
    ],
)
def test_reasons(
    sales: tuple[Any, ...] | None, stock: int | None, cross: str | None, contribution: str | None
) -> None:
    """A ratio without a value must say which of five causes it has; stock without sales contributes 0, not nothing."""
    months = [] if stock is None else [("A", m, stock, stock, stock) for m in (M - 1, M)]
    sold_rows = [sold("B", 1_000, 500), *([sales] if sales else [])]
    row = _rows(product_period(*sold_rows), stock_months(*months))["product", "A"]
    assert (row["cross_ratio_reason"], row["contribution_reason"]) in {
        (cross, contribution),
        (cross, "total_not_positive" if contribution is None else contribution),
    }
    assert (row["cross_ratio"] is None) == (cross is not None)
    if contribution is None:
        assert row["contribution_ratio"] == 0
    else:
        assert row["contribution_ratio"] is None


def test_average_stock_of_zero_has_no_days_of_stock() -> None:
    """Days of stock = days / turnover: without a turnover there are none, and 0 would read as sold out in time."""
    stock = stock_months(("A", M - 1, 0, 0, 0), ("A", M, 0, 0, 0))
    row = _rows(product_period(sold("A", 100, 60)), stock)["product", "A"]
    assert (row["turnover_cost"], row["stock_days"], row["turnover_reason"]) == (
        None,
        None,
        "no_stock",
    )


def test_without_a_stock_feed(worked: Rows) -> None:
    """An absent feed read as empty would blame each product's records."""
    sales = product_period(sold("A", 100, 60), sold("B", -5, -3))
    rows = _rows(sales, stock_months(), has_stock=False)
    for product in ("A", "B"):
        row = rows["product", product]
        assert row["stock_basis"] == "none"
        for name in ("cross_ratio_reason", "turnover_reason", "contribution_reason"):
            assert row[name] == "feed_absent"
    assert rows["product", "A"]["gross_margin_rate"] == 0.4


def test_published_average_is_rounded_half_up_and_ratios_are_not() -> None:
    """Opening 1 unit, closing 2: the average 1.5 shows as 2, and the turnover divides by 1.5."""
    stock = stock_months(("A", M - 1, 0.0001, 0.0001, 0.0001), ("A", M, 0.0002, 0.0002, 0.0002))
    row = _rows(product_period(sold("A", 0.0003, 0.0001, 0.0003)), stock)["product", "A"]
    assert row["average_stock_retail_amount"] == 2
    assert row["turnover_retail"] == 2


def test_margin_mix_sums_to_the_margin_rate() -> None:
    """GP over the product's own sales would not add up to the company's rate."""
    rows = _rows(product_period(sold("A", 100, 60), sold("B", 300, 240)), stock_months())
    mix = [rows["product", p]["margin_mix"] for p in ("A", "B")]
    assert mix == [0.1, 0.15]
    assert rows["company", "*"]["gross_margin_rate"] == 0.25


def test_amounts_as_large_as_a_feed_may_hold() -> None:
    """A currency of small coins whose turnover wraps around beyond 64 bits: a negative one, that looks like any other.

    35 trillion of sales and of stock in each month, two thirds of it cost: over 12 months 420 / 35 = 12 turnovers, GMROI 4.
    """
    large = 35_000_000_000_000
    year = sold("A", 12 * large, 8 * large, 12 * large, "trailing_12_months")
    stock = stock_months(*(("A", M - n, large, large, large) for n in range(13)))
    windows, bounds = calendar_frames([M])
    found = profitability(
        product_period(year), stock, products(*_GROUPS), windows, bounds, 1.0, has_stock=True
    )
    row = by_key(found, "period", "level", "member_id")["trailing_12_months", "product", "A"]
    assert row["average_stock_retail_amount"] == large * UNITS
    told = (
        "turnover_retail",
        "turnover_annualised",
        "turnover_quantity",
        "turnover_cost",
        "cross_ratio",
        "gmroi",
    )
    assert [row[name] for name in told] == pytest.approx([12, 12, 12, 8, 4, 4], rel=1e-12)
