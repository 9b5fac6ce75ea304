"""Profitability against fractions, on small companies of every kind."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.profitability import profitability
from tests.unit.metrics.product_frames import (
    PRODUCT_SUMS,
    M,
    by_key,
    calendar_frames,
    frame,
    products,
)

_NAMES = ["P1", "P2", "P3", "P4"]
_SETTINGS = settings(max_examples=12)
_UNITS = st.integers(min_value=-1_000_000, max_value=10_000_000)
_STOCK = st.one_of(st.just(0), st.integers(min_value=0, max_value=10_000_000))
_CALENDAR = calendar_frames([M])


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[Any], list[Any], list[Any]]:
    """Rows of product_period and stock_month for the month, and of products."""
    sales, stock, members = [], [], []
    for name in _NAMES:
        members.append(
            (name, draw(st.sampled_from(["x", None])), draw(st.sampled_from(["u", "v"])))
        )
        if draw(st.booleans()):
            costed, uncosted = draw(_UNITS), draw(st.sampled_from([0, 0, 5_000]))
            sales.append(
                (M, "month", name, costed + uncosted, draw(_UNITS), costed, int(uncosted > 0), abs(costed) + uncosted, abs(costed), draw(_UNITS), 1)
            )  # fmt: skip
        for month in (M - 1, M):
            if draw(st.integers(0, 9)):
                retail = draw(st.one_of(st.none(), _STOCK))
                stock.append((name, month, draw(_STOCK), draw(_STOCK), retail))
    return sales, stock, members


def computed(company: tuple[list[Any], list[Any], list[Any]]) -> nw.LazyFrame[Any]:
    sales, stock, members = company
    return profitability(
        frame(["month", "period", "product_id", *PRODUCT_SUMS], sales),
        frame(["product_id", "month", "quantity", "value_at_cost", "value_at_retail"], stock),
        products(*members),
        *_CALENDAR,
        1.0,
        has_stock=True,
    ).filter(nw.col("period") == "month")


def _average(stock: list[Any], product: str, place: int) -> Fraction | None:
    values = {row[1]: row[place] for row in stock if row[0] == product}
    if set(values) != {M - 1, M} or None in values.values():
        return None
    return Fraction(sum(values.values()), 2)


def expected_of(products_in: list[str], sales: list[Any], stock: list[Any], place: int) -> tuple[Fraction | None, Fraction, Fraction | None, Fraction]:  # fmt: skip
    """Over the products with an average stock at this valuation: that stock, S, GP (None: unknown), COGS."""
    averages = {p: _average(stock, p, place) for p in products_in}
    known = [p for p, average in averages.items() if average is not None]
    rows = [row for row in sales if row[2] in known]
    total = sum((averages[p] or Fraction(0) for p in known), Fraction(0)) if known else None
    complete = all(row[6] == 0 for row in rows)
    sold_, cost = (sum((Fraction(row[n]) for row in rows), Fraction(0)) for n in (3, 4))
    return total, sold_, sold_ - cost if complete else None, cost


def divided(above: Fraction | None, below: Fraction | None) -> float | None:
    return None if above is None or not below else float(above / below)


@_SETTINGS
@given(companies())
def test_every_level_equals_the_fractions(company: Any) -> None:
    """A ratio of rounded or of mean ratios, or of other products' sums, is off by little and so goes unseen."""
    sales, stock, members = company
    rows = by_key(computed(company), "level", "member_id")
    place = {name: (cat or "unclassified", sub) for name, cat, sub in members}
    alive = {r[2] for r in sales} | {p for p in _NAMES if _average(stock, p, 2) is not None}
    of_member = {("product", p): [p] for p in alive}
    if alive:
        of_member["company", "*"] = sorted(alive)
    for p in sorted(alive):
        of_member.setdefault(("category", place[p][0]), []).append(p)
        of_member.setdefault(("subcategory", place[p][1]), []).append(p)
    of_member = {key: sorted(set(inside)) for key, inside in of_member.items()}
    assert set(rows) == set(of_member)
    for key, inside in of_member.items():
        row = rows[key]
        cost_stock, _, cost_profit, cogs = expected_of(inside, sales, stock, 3)
        retail_stock, retail_sales, retail_profit, _ = expected_of(inside, sales, stock, 4)
        at_retail = retail_stock is not None
        cross = divided(retail_profit if at_retail else cost_profit, retail_stock if at_retail else cost_stock)  # fmt: skip
        turnover_cost = divided(None if cost_profit is None else cogs, cost_stock)
        assert row["cross_ratio"] == cross
        assert row["gmroi"] == divided(cost_profit, cost_stock)
        assert row["turnover_retail"] == divided(retail_sales, retail_stock)
        assert row["turnover_cost"] == turnover_cost
        assert row["stock_days"] == pytest.approx(30 / turnover_cost if turnover_cost else None)
        assert row["sales_amount"] == sum(r[3] for r in sales if r[2] in inside)


@_SETTINGS
@given(companies())
def test_null_exactly_where_a_reason_stands(company: Any) -> None:
    """A NULL without a reason cannot be explained; a reason beside a number contradicts it."""
    for row in by_key(computed(company), "level", "member_id").values():
        for name in ("cross_ratio", "gross_margin_rate", "sales_share"):
            assert (row[name] is None) == (row[f"{name}_reason"] is not None), name
        turnovers = ["turnover_retail", "turnover_cost", "turnover_annualised", "stock_days"]
        if row["level"] == "product":
            turnovers.append("turnover_quantity")
        missing = any(row[name] is None for name in turnovers)
        assert missing == (row["turnover_reason"] is not None)
        contributions = [row["contribution_ratio"], row["contribution_degree"]]
        assert (None in contributions) == (row["contribution_reason"] is not None)


@_SETTINGS
@given(companies(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(company: Any, random: Any) -> None:
    """A sum of doubles in another order differs in the last digit, and a re-run then rewrites history."""
    sales, stock, members = company
    shuffled = tuple(random.sample(part, len(part)) for part in (sales, stock, members))
    first, second = (
        nw.to_native(computed(c)).collect().sort("level", "member_id")
        for c in (company, shuffled)
    )  # fmt: skip
    assert isinstance(first, pl.DataFrame)
    assert first.equals(second)


@_SETTINGS
@given(companies())
def test_parts_sum_to_the_whole(company: Any) -> None:
    """A member lost or counted twice at a level: degrees no longer sum to 1, shares and mix not to the company's."""
    rows = by_key(computed(company), "level", "member_id")
    for level in ("product", "subcategory", "category"):
        members = [row for (name, _), row in rows.items() if name == level]
        if not members:
            continue
        whole = rows["company", "*"]
        assert sum(r["sales_amount"] for r in members) == whole["sales_amount"]
        degrees = [
            r["contribution_degree"] for r in members if r["contribution_degree"] is not None
        ]
        assert not degrees or sum(degrees) == pytest.approx(1)
        if whole["gross_margin_rate"] is not None:
            mix = [r["margin_mix"] for r in members]
            assert sum(mix) == pytest.approx(whole["gross_margin_rate"], abs=1e-9, rel=1e-9)
