"""The grade of a customer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
import pytest

from metrics import grading
from metrics.grading import grades, trailing_year
from metrics.ranking import with_worse
from tests.unit.metrics.customer_frames import (
    by_key,
    calendar,
    frame,
    line,
    lines,
    month,
    monthly,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WEIGHTS = {"sales": 40, "margin": 20, "growth": 10, "payment": 20, "service": 10}
JUNE = month("2024-06")


def graded(
    *sold: Any,
    first: str = "2024-06",
    payment: list[tuple[Any, ...]] | None = None,
    service: list[tuple[Any, ...]] | None = None,
) -> Mapping[Any, dict[str, Any]]:
    """The rows by month and customer; payment, service: (month, customer, value), None: no feed."""
    of = calendar(first, "2024-06")
    year = trailing_year(monthly(lines(*sold)), of.spine)
    values = [
        None if rows is None else frame(["month", "customer_id", f"{name}_value"], rows)
        for name, rows in (("payment", payment), ("service", service))
    ]
    return by_key(grades(year, of.months, WEIGHTS, 75, 50, 1.0, *values), "month", "customer_id")


def scores(row: Mapping[str, Any]) -> list[float | None]:
    """Sales, margin, growth, payment, service."""
    return [row[f"{name}_score"] for name in WEIGHTS]


COMPANY = [
    line("1", "2024-06-01", "a", 100, 50),
    line("2", "2024-06-01", "b", 60, 30),
    line("3", "2024-06-01", "c", 40, None),
    line("4", "2024-06-01", "returns", -5, -1),
    line("5", "2023-06-01", "a", 100, 50),
    line("6", "2023-06-01", "b", 10, 5),
]


def test_scores_are_over_those_with_a_value() -> None:
    """A missing margin counted as worst, or in n, punishes a customer for a gap in the data."""
    rows = graded(*COMPANY)
    assert {who for _, who in rows} == {"a", "b", "c"}
    a, b, c = (rows[JUNE, who] for who in "abc")
    assert scores(a) == [100.0, 100.0, 0.0, None, None]
    assert scores(b) == [50.0, 0.0, 100.0, None, None]
    assert scores(c) == [0.0, None, None, None, None]
    assert (a["total_score"], b["total_score"]) == (6000 / 70, 3000 / 70)
    assert [row["grade"] for row in (a, b, c)] == ["A", "C", "C"]
    assert (c["margin_score_reason"], c["growth_score_reason"]) == (
        "cost_incomplete", "no_prior_sales",
    )  # fmt: skip
    assert (a["payment_score_reason"], a["service_score_reason"]) == ("feed_absent",) * 2
    assert (a["margin_score_reason"], a["growth_score_reason"]) == (None, None)


def test_a_single_customer_scores_full() -> None:
    """0/0 would leave the only customer without a grade."""
    (row,) = graded(line("1", "2024-06-01", "a", 100, 50)).values()
    assert scores(row) == [100.0, 100.0, None, None, None]
    assert (row["total_score"], row["grade"]) == (100.0, "A")


def test_payment_and_service() -> None:
    """Who owes nothing is not without a value but the best payer; a zero of either sign is the same."""
    rows = graded(
        *COMPANY,
        payment=[(JUNE, "a", -0.0), (JUNE, "b", -0.5), (JUNE, "x", -0.1)],
        service=[(JUNE, "a", -0.25), (JUNE, "c", None)],
    )
    a, b, c = (rows[JUNE, who] for who in "abc")
    assert [row["payment_score"] for row in (a, b, c)] == [50.0, 0.0, 50.0]
    assert [row["service_score"] for row in (a, b, c)] == [0.0, 50.0, 50.0]
    assert a["total_score"] == (40 * 100 + 20 * 100 + 20 * 50) / 100
    assert {row["payment_score_reason"] for row in (a, b, c)} == {None}


def test_previous_grade_is_the_grade_of_the_month_before() -> None:
    """Taken from a stored table it would depend on which month was run first."""
    sold = [
        *COMPANY,
        line("7", "2024-05-01", "b", 500, 100),
        line("8", "2024-05-01", "a", 1, 1),
        line("9", "2023-05-01", "a", 300, 1),
        line("10", "2022-06-01", "b", 7, 1),
    ]
    both = graded(*sold, first="2024-05")
    alone = graded(*sold)
    before = {who: row["grade"] for (at, who), row in both.items() if at == JUNE - 1}
    assert before
    for who in "abc":
        assert both[JUNE, who]["previous_grade"] == before.get(who)
        assert alone[JUNE, who] == both[JUNE, who]
    assert {at for at, _ in alone} == {JUNE}


@pytest.mark.parametrize("cut", [(75.0, "A"), (74.9, "B"), (50.0, "B"), (49.9, "C")])
def test_grade_at_the_cut(cut: tuple[float, str]) -> None:
    """75 is an A: 以上 includes the number."""
    from metrics.grading import _grade

    row = frame(["value"], [(cut[0],)]).rename({"value": "total_score"})
    assert row.with_columns(grade=_grade(75, 50)).collect("polars")["grade"].to_list() == [cut[1]]


def test_worse_counts_neither_ties_nor_unknowns() -> None:
    """Ranks that break ties by the order of rows grade equal customers differently from run to run."""
    values = [3.0, 1.0, None, 1.0, 2.0]
    rows = frame(["month", "customer_id", "value"], [(1, f"c{n}", v) for n, v in enumerate(values)])
    found = by_key(with_worse(rows, ["month"], "value"), "customer_id")
    assert [found[f"c{n}"]["value_worse"] for n in range(5)] == [3, 0, None, 0, 2]
    assert [found[f"c{n}"]["value_count"] for n in range(5)] == [4, 4, None, 4, 4]


def test_scores_are_added_in_one_order() -> None:
    """Guards against a total whose last digit depends on how the engine happened to group the scores."""
    dice = random.Random(1)
    weights = {"sales": 40.0, "margin": 20.0, "growth": 10.0, "payment": 20.0, "service": 10.0}
    rows = [{f"{name}_score": dice.uniform(0, 100) for name in weights} for _ in range(200)]
    expected = []
    for row in rows:
        points = 0.0
        for name, weight in weights.items():
            points += row[f"{name}_score"] * weight
        expected.append(points / 100)
    found = nw.from_native(pl.LazyFrame(rows)).select(total=grading._total(weights))
    assert nw.to_native(found).collect()["total"].to_list() == expected
