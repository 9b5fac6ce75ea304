"""Targets and attainment."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.targets import targets_for, with_attainment
from tests.unit.metrics.product_frames import M, collected, frame


def attained(
    sales: int, amount: int | None, share: int | None, whole: int = 1_000
) -> tuple[Any, ...]:
    """Rate, reason and status; the share is sales / whole, NULL where the whole is 0."""
    import narwhals as nw

    from metrics.ratios import ratio

    columns = ["sales_amount", "target_amount", "target_share", "whole"]
    rows = frame(columns, [(sales, amount, share, whole)]).with_columns(
        share=ratio(nw.col("sales_amount"), nw.col("whole"))
    )
    row = collected(with_attainment(rows, "share", "whole", has_targets=True))[0]
    return row["attainment_rate"], row["attainment_rate_reason"], row["target_status"]


@pytest.mark.parametrize(
    ("sales", "amount", "share", "expected"),
    [
        (80, 100, None, (0.8, None, "missed")),
        (100, 100, None, (1.0, None, "met")),
        (99, 100, None, (0.99, None, "missed")),
        (80, 100, 500, (0.8, None, "missed")),  # the amount goes before the share
        (80, None, 1_000, (0.8, None, "missed")),  # 8 % of 10 %
        (100, None, 1_000, (1.0, None, "met")),
        (0, None, None, (None, "no_target", "no_target")),
        (5, 0, None, (None, "target_zero", "met")),
        (-5, 0, None, (None, "target_zero", "missed")),
        (0, None, 0, (None, "target_zero", "met")),
        (-50, 100, None, (-0.5, None, "missed")),
    ],
)
def test_attainment(
    sales: int, amount: int | None, share: int | None, expected: tuple[Any, ...]
) -> None:
    """A target of 0 must not divide, and a customer without a target is neither a success nor a failure."""
    rate, reason, status = attained(sales, amount, share)
    assert (reason, status) == expected[1:]
    assert rate == pytest.approx(expected[0], rel=1e-15) if expected[0] else rate == expected[0]


def test_undefined_share_misses_its_target() -> None:
    """NULL >= target is NULL: without the rule the row would have no status and no finding."""
    assert attained(0, None, 1_000, whole=0) == (None, "share_undefined", "missed")


def test_share_is_held_against_the_target_exactly() -> None:
    """Sales one unit short of the share round to it as doubles: met by rounding is not met."""
    whole = 3_000_000_000_000_000_000
    assert attained(whole // 10, None, 1_000, whole=whole)[2] == "met"
    assert attained(whole // 10 - 1, None, 1_000, whole=whole)[2] == "missed"


def test_targets_are_those_of_the_scope() -> None:
    """A salesperson and a customer may share an id: each needs its own target."""
    columns = ["month", "scope", "member_id", "period", "target_amount", "target_share"]
    rows = [(M, "customer", "1", "month", 5, None), (M, "product", "1", "month", 7, None)]
    found = collected(targets_for(frame(columns, rows), "product"))
    assert [(row["member_id"], row["target_amount"]) for row in found] == [("1", 7)]
