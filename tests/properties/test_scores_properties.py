"""RFM scores and grades against the rule, counted customer by customer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.grading import grades
from metrics.rfm import rfm
from tests.unit.metrics.customer_frames import YEAR, calendar, collected, frame, month

_SETTINGS = settings(max_examples=20)
_JUNE = month("2024-06")
_OF = calendar("2024-06", "2024-06")
_WEIGHTS = {"sales": 40.0, "margin": 20.0, "growth": 10.0, "payment": 20.0, "service": 10.0}


def worse(value: Any, values: list[Any]) -> int:
    return sum(other < value for other in values)


@_SETTINGS
@given(
    st.lists(
        st.tuples(st.integers(-1, 4), st.integers(1, 4), st.integers(0, 364)), min_size=1, max_size=14
    )
)  # fmt: skip
def test_rfm_scores(customers: list[tuple[int, int, int]]) -> None:
    """A score that depends on how ties are broken changes from run to run; one of 0 or 6 fits no segment."""
    end = _OF.months.collect("polars")["as_of_day"].to_list()[0]
    names = [f"C{n:02}" for n in range(len(customers))]
    year = frame(
        ["month", "period", "customer_id", "sales_amount", "positive_order_count"],
        [(_JUNE, YEAR, who, sales, orders) for who, (sales, orders, _) in zip(names, customers, strict=True)],
    )  # fmt: skip
    history = frame(
        ["month", "customer_id", "last_positive_day"],
        [(_JUNE, who, end - late) for who, (_, _, late) in zip(names, customers, strict=True)],
    )
    classes = frame(["month", "customer_id", "seniority"], [(_JUNE, who, "old") for who in names])
    found = {row["customer_id"]: row for row in collected(rfm(year, history, classes, _OF.months))}
    kept = {who: row for who, row in zip(names, customers, strict=True) if row[0] > 0}
    assert set(found) == set(kept)
    n = len(kept)
    for who, (sales, orders, late) in kept.items():
        row = found[who]
        assert (row["recency_days"], row["frequency"], row["monetary_amount"]) == (late, orders, sales)  # fmt: skip
        sides = [-late, orders, sales]
        everybody = [[-x[2] for x in kept.values()], [x[1] for x in kept.values()], [x[0] for x in kept.values()]]  # fmt: skip
        expected = [
            1 + 5 * worse(value, values) // n if n >= 5 else None
            for value, values in zip(sides, everybody, strict=True)
        ]
        assert [row[f"{letter}_score"] for letter in "rfm"] == expected
        assert all(1 <= score <= 5 for score in expected if score is not None)


_CUSTOMER = st.tuples(
    st.integers(1, 5),  # sales
    st.integers(0, 4),  # cost
    st.booleans(),  # all lines costed
    st.integers(-1, 4),  # a year before
    st.sampled_from([0.0, -0.0, -0.25, -1.0]),  # payment
)


@_SETTINGS
@given(st.lists(_CUSTOMER, min_size=1, max_size=10), st.booleans())
def test_grades(customers: list[Any], has_payment: bool) -> None:
    """Scores beyond 0-100, weights of missing scores, or ties broken by order all pass for grades."""
    names = [f"C{n:02}" for n in range(len(customers))]
    sums = [
        "sales_amount", "cost_amount", "costed_sales_amount", "uncosted_line_count",
        "absolute_amount", "costed_absolute_amount", "prior_year_amount",
    ]  # fmt: skip
    year = frame(
        ["month", "customer_id", *sums],
        [
            (_JUNE, who, sales, cost, sales, int(not costed), sales, sales, prior)
            for who, (sales, cost, costed, prior, _) in zip(names, customers, strict=True)
        ],
    )
    paid = [(_JUNE, who, row[4]) for who, row in zip(names, customers, strict=True) if row[4]]
    payment = frame(["month", "customer_id", "payment_value"], paid) if has_payment else None
    found = collected(grades(year, _OF.months, _WEIGHTS, 75, 50, 1.0, payment, None), "customer_id")
    values = {
        "sales": [row[0] for row in customers],
        "margin": [row[0] - row[1] if row[2] else None for row in customers],
        "growth": [(row[0] - row[3]) / row[3] if row[3] > 0 else None for row in customers],
        "payment": [row[4] if has_payment else None for row in customers],
        "service": [None for _ in customers],
    }
    assert [row["customer_id"] for row in found] == names
    for place, row in enumerate(found):
        points = weight = 0.0
        for name, column in values.items():
            known = [value for value in column if value is not None]
            own, score = column[place], row[f"{name}_score"]
            if own is None:
                assert score is None
                continue
            n = len(known)
            assert score == (100 * worse(own, known) / (n - 1) if n > 1 else 100)
            assert 0 <= score <= 100
            points, weight = points + _WEIGHTS[name] * score, weight + _WEIGHTS[name]
        assert row["total_score"] == pytest.approx(points / weight, abs=1e-9)
        total = row["total_score"]
        assert row["grade"] == ("A" if total >= 75 else "B" if total >= 50 else "C")


@_SETTINGS
@given(st.lists(st.integers(1, 5), min_size=2, max_size=10), st.randoms())
def test_more_sales_never_grade_worse(sales: list[int], random: Any) -> None:
    """Sales ranked the wrong way round would still fill the column with numbers from 0 to 100."""
    rows = [(_JUNE, f"C{n:02}", s, 0, s, 0, s, s, 0) for n, s in enumerate(sales)]
    random.shuffle(rows)
    columns = [
        "month", "customer_id", "sales_amount", "cost_amount", "costed_sales_amount",
        "uncosted_line_count", "absolute_amount", "costed_absolute_amount", "prior_year_amount",
    ]  # fmt: skip
    result = grades(frame(columns, rows), _OF.months, _WEIGHTS, 75, 50, 1.0, None, None)
    ranked = collected(result)
    totals = [row["total_score"] for row in sorted(ranked, key=lambda row: row["sales_amount"])]
    assert totals == sorted(totals)
