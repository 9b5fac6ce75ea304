"""ABC, movement and concentration against fractions, for companies of every shape."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.abc import abc
from metrics.concentration import concentration
from metrics.customer_abc import customer_abc
from tests.unit.metrics.customer_frames import ROW, calendar, collected, frame

_SETTINGS = settings(max_examples=25)
_FEW = st.integers(min_value=-2, max_value=6)  # many ties
_LARGE = st.integers(min_value=1, max_value=4 * 10**17)  # total x hundredths is beyond an Int64
_COMPANY = st.one_of(
    st.lists(_FEW, min_size=1, max_size=14), st.lists(_LARGE, min_size=1, max_size=10)
)
_COMPANIES = st.lists(_COMPANY, min_size=1, max_size=6)
_CUTS = st.sampled_from([(7_500, 9_500), (1, 2), (3_333, 6_667), (5_000, 9_999), (9_999, 10_000)])
_LEVELS = {"A": 3, "B": 2, "C": 1, "N": 0, None: 0}
_COLUMNS = [*ROW, "line_count", "sales_amount"]


def rows_of(companies: list[list[int]]) -> list[tuple[Any, ...]]:
    """Each company is a month of its own."""
    return [
        (month, "month", f"C{place:02}", 1, sales)
        for month, company in enumerate(companies)
        for place, sales in enumerate(company)
    ]


def tier_of(sales: int, company: list[int], cuts: tuple[int, int], *, strict: bool) -> str:
    """The rule, word for word."""
    positive = [other for other in company if other > 0]
    if sales <= 0:
        return "N"
    above = sum(other for other in positive if other > sales)
    upto = sum(other for other in positive if other >= sales)
    for tier, cut in zip("AB", cuts, strict=True):
        limit = Fraction(cut, 10_000) * sum(positive)
        if (upto <= limit) if strict else (above < limit):
            return tier
    return "C"


def lowest(company: list[int], tier: str, cuts: tuple[int, int]) -> int | None:
    held = [sales for sales in company if tier_of(sales, company, cuts, strict=False) == tier]
    return min(held) if held else None


@_SETTINGS
@given(_COMPANIES, _CUTS)
def test_tiers_follow_the_rule(companies: list[list[int]], cuts: tuple[int, int]) -> None:
    """Rounding, overflow or the order of rows would send an item at the cut to another tier."""
    found = collected(abc(frame(_COLUMNS, rows_of(companies)), *cuts), *ROW)
    assert len(found) == sum(len(company) for company in companies)
    for row in found:
        company, sales = companies[row["month"]], row["sales_amount"]
        tier = tier_of(sales, company, cuts, strict=False)
        assert row["tier"] == tier
        assert row["strict_tier"] == tier_of(sales, company, cuts, strict=True)
        assert _LEVELS[row["strict_tier"]] <= _LEVELS[tier]
        positive = [other for other in company if other > 0]
        if sales > 0:
            assert row["rank"] == 1 + sum(other > sales for other in company)
            assert row["sales_share"] == float(sales) / float(sum(positive))
            upto = sum(other for other in positive if other >= sales)
            assert row["cumulative_share"] == float(upto) / float(sum(positive))
        higher = {"B": "A", "C": "B"}.get(tier)
        goal = lowest(company, higher, cuts) if higher else None
        if tier == "C" and goal is None:
            goal = lowest(company, "A", cuts)
        assert row["to_next_tier_amount"] == (None if goal is None else goal - sales)


@_SETTINGS
@given(_COMPANIES)
def test_a_is_the_smallest_that_reaches_the_cut(companies: list[list[int]]) -> None:
    """An A that holds less than three quarters, or more customers than it takes, is another rule."""
    found = collected(abc(frame(_COLUMNS, rows_of(companies)), 7_500, 9_500), *ROW)
    for month, company in enumerate(companies):
        rows = [row for row in found if row["month"] == month]
        total = sum(sales for sales in company if sales > 0)
        held = [row["sales_amount"] for row in rows if row["tier"] == "A"]
        if not total:
            assert not held
            continue
        assert held
        assert 100 * sum(held) >= 75 * total
        without_last = sum(sales for sales in held if sales > min(held))
        assert 100 * without_last < 75 * total
        assert sum(row["sales_share"] or 0 for row in rows) == pytest.approx(1, abs=1e-12)
        tiers = {row["sales_amount"]: row["tier"] for row in rows}
        assert all(tiers[row["sales_amount"]] == row["tier"] for row in rows)


@_SETTINGS
@given(st.lists(st.lists(_FEW, min_size=1, max_size=14), min_size=1, max_size=6), st.randoms())
def test_neither_scale_nor_order_matters(companies: list[list[int]], random: Any) -> None:
    """Another currency, or another order of rows, must not change who is a key account."""
    rows = rows_of(companies)
    scaled = [(*row[:-1], row[-1] * 1_000_003) for row in rows]
    random.shuffle(scaled)
    first, other = (collected(abc(frame(_COLUMNS, r), 7_500, 9_500), *ROW) for r in (rows, scaled))
    for name in ("customer_id", "tier", "strict_tier", "rank"):
        assert [row[name] for row in first] == [row[name] for row in other]


_BOTH = st.lists(
    st.tuples(st.one_of(st.none(), _FEW), st.one_of(st.none(), _FEW)), min_size=1, max_size=10
)


def by_cuts(sales: int, cuts: tuple[int | None, int | None]) -> int:
    """The level of an amount by the lowest amounts of A and B."""
    for level, cut in ((3, cuts[0]), (2, cuts[1])):
        if cut is not None and sales >= cut:
            return level
    return int(sales > 0)


@_SETTINGS
@given(st.lists(_BOTH, min_size=1, max_size=6))
def test_movements_follow_the_rule(companies: list[Any]) -> None:
    """A movement of the wrong kind or cause is a finding that accuses the wrong customer."""
    columns = [*ROW, "line_count", "sales_amount", "previous_line_count", "previous_sales_amount"]
    rows = [
        (month, "month", f"C{n:02}", int(now is not None), now or 0, int(old is not None), old or 0)
        for month, company in enumerate(companies)
        for n, (old, now) in enumerate(company)
    ]
    policy = (7_500, 9_500)
    found = {
        (row["month"], row["customer_id"]): row
        for row in collected(customer_abc(frame(columns, rows), *policy))
    }
    for month, company in enumerate(companies):
        before, after = ([pair[k] or 0 for pair in company] for k in (0, 1))
        cuts = [tuple(lowest(side, tier, policy) for tier in "AB") for side in (before, after)]
        for n, (old, now) in enumerate(company):
            was = None if old is None else tier_of(old, before, policy, strict=False)
            tier = tier_of(now or 0, after, policy, strict=False)
            row = found.pop((month, f"C{n:02}"), None)
            if row is None:
                assert now is None
                assert was in (None, "N")
                continue
            up = _LEVELS[tier] - _LEVELS[was]
            kind = "enter" if not _LEVELS[was] else "exit" if tier == "N" else "up" if up > 0 else "down"  # fmt: skip
            movement = kind if up else "stay"
            own = by_cuts(now or 0, cuts[0]) != _LEVELS[was]
            threshold = by_cuts(old or 0, cuts[1]) != _LEVELS[was]
            cause = "both" if own == threshold else "own_sales" if own else "threshold"
            assert (row["previous_tier"], row["tier"], row["movement"]) == (was, tier, movement)
            assert row["movement_cause"] == (cause if movement in ("up", "down") else None)
    assert not found


@_SETTINGS
@given(_COMPANIES, st.randoms())
def test_concentration_in_fractions(companies: list[list[int]], random: Any) -> None:
    """A sum of squares that overflows, or that depends on the order of rows, is off without a sign of it."""
    ranked = [
        (*row, tier_of(row[-1], companies[row[0]], (7_500, 9_500), strict=False))
        for row in rows_of(companies)
    ]
    shuffled = random.sample(ranked, len(ranked))
    bounds = frame(["month", "period"], [(n, "month") for n in range(len(companies))])
    results = [
        collected(concentration(frame([*_COLUMNS, "tier"], rows), bounds, 7_500, 9_500), "month")
        for rows in (ranked, shuffled)
    ]
    assert results[0] == results[1]
    for row in results[0]:
        positive = sorted((s for s in companies[row["month"]] if s > 0), reverse=True)
        total = sum(positive)
        if not total:
            assert row["hhi"] is None
            continue
        assert [row[f"cr{k}"] for k in (1, 5, 10)] == [
            float(sum(positive[:k])) / float(total) for k in (1, 5, 10)
        ]
        exact = Fraction(sum(sales**2 for sales in positive), total**2)
        assert abs(Fraction(row["hhi"]) - exact) <= Fraction(2) ** -50 * exact


@_SETTINGS
@given(st.lists(st.lists(_LARGE, min_size=1, max_size=2), min_size=50, max_size=100))
@example([[667_578_651_271]])
def test_hhi_of_one_or_two_customers_is_at_most_1(companies: list[list[int]]) -> None:
    """Guards against a hair above 1, rounded up: beyond its range, it keeps all of a small company's tables from readers."""
    ranked = [(*row, "A") for row in rows_of(companies)]
    bounds = frame(["month", "period"], [(n, "month") for n in range(len(companies))])
    found = collected(concentration(frame([*_COLUMNS, "tier"], ranked), bounds, 7_500, 9_500))
    for row in found:
        alone = len(companies[row["month"]]) == 1
        assert (1 - 2**-50 if alone else 0.5 - 2**-50) <= row["hhi"] <= 1


def test_hhi_of_many_equal_customers() -> None:
    """Products of digits of half a million large customers must not wrap."""
    sales, count = 2**40 - 1, 500_000
    of = calendar("2024-06", "2024-06")
    import narwhals as nw
    import polars as pl

    rows = pl.LazyFrame({"n": range(count)}).select(
        month=pl.lit(24_293, dtype=pl.Int32),
        period=pl.lit("month"),
        sales_amount=pl.lit(sales, dtype=pl.Int64),
        tier=pl.lit("A"),
        n="n",
    )
    found = {row["period"]: row for row in collected(concentration(nw.from_native(rows), of.bounds, 7_500, 9_500))}  # fmt: skip
    assert found["month"]["hhi"] == pytest.approx(1 / count, rel=1e-14)
