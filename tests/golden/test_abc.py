"""ABC on worked numbers, computed by hand."""

from __future__ import annotations

import pytest

from metrics.abc import abc
from metrics.concentration import concentration
from metrics.customer_abc import customer_abc
from tests.unit.metrics.customer_frames import (
    ROW,
    amounts,
    calendar,
    collected,
    column,
    frame,
    month,
)

A, B = 7_500, 9_500


@pytest.mark.parametrize(
    ("sales", "tiers", "strict"),
    [
        ([800, 100, 60, 30, 10], "ABBCC", "BBCCC"),
        ([300, 250, 200, 100, 50, 40, 30, 20, 10], "AAABBBBCC", "AAABBBCCC"),
        ([5] * 20, "A" * 20, "C" * 20),
        ([1], "A", "C"),
        ([0, -3], "NN", "NN"),
        ([0, 10, -3], "NAN", "NCN"),
    ],
)
def test_worked_tiers(sales: list[int], tiers: str, strict: str) -> None:
    """The item that crosses a cut, or one of a tie, sent to the wrong tier moves who is a key account."""
    ranked = abc(amounts(*sales), A, B)
    assert "".join(column(ranked, "tier")) == tiers
    assert "".join(column(ranked, "strict_tier")) == strict


def test_worked_columns() -> None:
    """Ties that get different ranks or shares depend on the order of rows."""
    rows = collected(abc(amounts(800, 100, 60, 30, 10, 10, 0, -5), A, B), *ROW)
    # T = 1,010
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5, 5, None, None]
    assert [row["sales_share"] for row in rows][:2] == [800 / 1010, 100 / 1010]
    assert [row["cumulative_share"] for row in rows] == [
        800 / 1010, 900 / 1010, 960 / 1010, 990 / 1010, 1.0, 1.0, None, None,
    ]  # fmt: skip
    assert [row["tier"] for row in rows] == ["A", "B", "B", "C", "C", "C", "N", "N"]
    assert [row["to_next_tier_amount"] for row in rows] == [
        None, 700, 740, 30, 50, 50, None, None,
    ]  # fmt: skip
    assert [row["sales_share_reason"] for row in rows][-3:] == [None, "no_sales", "net_return"]


def test_c_without_any_b_looks_to_a() -> None:
    """With no B, the way up from C leads to A; NULL would say that there is none."""
    rows = collected(abc(amounts(96, 3, 1), A, B), *ROW)
    assert [row["tier"] for row in rows] == ["A", "C", "C"]
    assert [row["to_next_tier_amount"] for row in rows] == [None, 93, 95]


def test_worked_concentration() -> None:
    """cr_k that counts a tie twice exceeds 1; an HHI over net sales shrinks with returns."""
    of = calendar("2024-06", "2024-06")
    sold = customer_abc(_with_previous(50, 20, 20, 10, -40), A, B)
    rows = {row["period"]: row for row in collected(concentration(sold, of.bounds, A, B))}
    found = rows["month"]
    assert found["customer_count"] == 5
    assert found["sales_amount"] == 60
    # T = 100; A: 50, 20, 20
    assert found["key_account_share"] == 90 / 60
    assert (found["cr1"], found["cr5"], found["cr10"]) == (0.5, 1.0, 1.0)
    assert found["hhi"] == pytest.approx(0.25 + 0.04 + 0.04 + 0.01, abs=1e-15)
    assert found["concentration_reason"] is None


def _with_previous(*sales: int):
    at = month("2024-06")
    return frame(
        [*ROW, "line_count", "sales_amount", "previous_line_count", "previous_sales_amount"],
        [(at, "month", f"C{n}", 1, amount, 0, 0) for n, amount in enumerate(sales)],
    )


@pytest.mark.parametrize(
    ("before", "now", "customer", "expected"),
    [
        # Its sales fall below the old cut of A (25); with its old sales it would still be A.
        ({"a": 60, "b": 25, "c": 15}, {"a": 10, "b": 25, "c": 15}, "a", ("A", "B", "down", "own_sales")),
        # Its sales stay, others outgrow it: the threshold's doing.
        ({"a": 80, "b": 20}, {"a": 80, "b": 900}, "a", ("A", "B", "down", "threshold")),
        # Its sales fall below the old cut, and others outgrow it.
        ({"a": 80, "b": 20}, {"a": 15, "b": 900}, "a", ("A", "C", "down", "both")),
        # Its sales rise to the old cut of A (80); the cuts are what they were.
        ({"a": 80, "b": 10, "c": 10}, {"a": 80, "b": 80, "c": 10}, "b", ("B", "A", "up", "own_sales")),
        # Its sales rise beyond the old cut of A, and the cuts rise so far that its old sales would be C.
        ({"a": 80, "b": 20}, {"a": 80, "b": 400}, "b", ("B", "A", "up", "both")),
        # The old A is gone, what was B is now most of it.
        ({"a": 80, "b": 20}, {"b": 20}, "b", ("B", "A", "up", "threshold")),
        # Neither alone explains it: better sales and a lower cut together do.
        ({"a": 80, "b": 20}, {"a": 5, "b": 40}, "b", ("B", "A", "up", "both")),
        ({"a": 80, "b": 20}, {"a": 5, "b": 40}, "a", ("A", "B", "down", "own_sales")),
        ({"a": 80, "b": 20}, {"a": 80}, "b", ("B", "N", "exit", None)),
        ({"a": 80, "b": 20}, {"a": 80, "b": -1}, "b", ("B", "N", "exit", None)),
        ({"a": 80}, {"a": 80, "b": 20}, "b", (None, "B", "enter", None)),
        ({"a": 80, "b": 0}, {"a": 80, "b": 20}, "b", ("N", "B", "enter", None)),
        ({"a": 80, "b": -2}, {"a": 80, "b": 0}, "b", ("N", "N", "stay", None)),
        ({"a": 80}, {"a": 80, "b": 0}, "b", (None, "N", "stay", None)),
        ({"a": 80, "b": 20}, {"a": 70, "b": 30}, "a", ("A", "A", "stay", None)),
    ],
)  # fmt: skip
def test_worked_movements(
    before: dict[str, int], now: dict[str, int], customer: str, expected: tuple[str | None, ...]
) -> None:
    """A customer blamed for a fall that others caused, or the other way round, gets the wrong visit."""
    at = month("2024-06")
    rows = [
        (at, "month", name, int(name in now), now.get(name, 0), int(name in before), before.get(name, 0))
        for name in sorted({*before, *now})
    ]  # fmt: skip
    columns = [*ROW, "line_count", "sales_amount", "previous_line_count", "previous_sales_amount"]
    found = {row["customer_id"]: row for row in collected(customer_abc(frame(columns, rows), A, B))}
    row = found[customer]
    assert (
        row["previous_tier"], row["tier"], row["movement"], row["movement_cause"],
    ) == expected  # fmt: skip


def test_who_left_without_a_tier_has_no_row() -> None:
    """Rows of customers who were N and are gone would grow without end."""
    at = month("2024-06")
    columns = [*ROW, "line_count", "sales_amount", "previous_line_count", "previous_sales_amount"]
    rows = [
        (at, "month", "was N", 0, 0, 1, -5),
        (at, "month", "was A", 0, 0, 1, 5),
        (at, "month", "is N", 1, 0, 0, 0),
    ]
    assert column(customer_abc(frame(columns, rows), A, B), "customer_id") == ["is N", "was A"]
