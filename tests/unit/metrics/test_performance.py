"""Trading performance of customers."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.performance import customer_performance
from tests.unit.metrics.customer_frames import (
    ROW,
    by_key,
    calendar,
    frame,
    line,
    lines,
    month,
    period,
    units,
)

JUNE = month("2024-06")


def performance(
    *sold: Any, targets: list[tuple[Any, ...]] | None = None, has_targets: bool = True
) -> dict[str, Any]:
    """The rows of June 2024 by customer; targets: (scope, member, amount, share)."""
    goals = frame(
        ["month", "period", "scope", "member_id", "target_amount", "target_share"],
        [
            (JUNE, "month", scope, member, units(amount), units(share))
            for scope, member, amount, share in targets or []
        ],
    )
    table = period(lines(*sold), calendar("2024-06", "2024-06"))
    found = by_key(customer_performance(table, goals, 1.0, has_targets=has_targets), *ROW)
    return {key[2]: row for key, row in found.items() if key[1] == "month"}


def test_margin_and_share() -> None:
    """A line without a cost would count as pure profit."""
    rows = performance(
        line("1", "2024-06-01", "a", 60, 45, 2),
        line("2", "2024-06-01", "b", 40, None),
        line("3", "2024-06-02", "a", 20, 15),
    )
    a, b = rows["a"], rows["b"]
    assert (a["order_count"], a["quantity"], a["sales_amount"]) == (2, units(3), units(80))
    assert (a["gross_profit_amount"], a["gross_margin_rate"]) == (units(20), 0.25)
    assert a["share_of_company"] == 80 / 120
    assert (b["gross_profit_amount"], b["gross_margin_rate_reason"]) == (None, "cost_incomplete")


@pytest.mark.parametrize(
    ("now", "before", "rate", "reason"),
    [
        (150, 100, 0.5, None),
        (-50, 100, -1.5, None),
        (100, 100, 0.0, None),
        (100, -100, None, "no_prior_sales"),
    ],
)
def test_growth(now: float, before: float, rate: float | None, reason: str | None) -> None:
    """Growth over a negative prior year has the wrong sign."""
    rows = performance(line("1", "2024-06-01", "a", now), line("2", "2023-06-01", "a", before))
    assert (rows["a"]["growth_rate"], rows["a"]["growth_rate_reason"]) == (rate, reason)
    assert rows["a"]["prior_year_amount"] == units(before)


def test_customers_without_a_line() -> None:
    """Who bought a year ago, or has a target, and bought nothing, is who the report is for."""
    rows = performance(
        line("1", "2024-06-01", "a", 10),
        line("2", "2023-06-01", "lost", 30),
        line("3", "2024-05-01", "month before", 30),
        targets=[("customer", "planned", 20, None), ("product", "p", 20, None)],
    )
    assert set(rows) == {"a", "lost", "planned"}
    lost, planned = rows["lost"], rows["planned"]
    assert (lost["sales_amount"], lost["order_count"], lost["growth_rate"]) == (0, 0, -1.0)
    assert lost["target_status"] == "no_target"
    assert (planned["sales_amount"], planned["prior_year_amount"]) == (0, 0)
    assert (planned["attainment_rate"], planned["target_status"]) == (0.0, "missed")
    assert planned["growth_rate_reason"] == "no_prior_sales"
    assert planned["gross_margin_rate_reason"] == "no_sales"


def test_targets_by_amount_and_by_share() -> None:
    """A share target held against the customer's own sales would always be met."""
    rows = performance(
        line("1", "2024-06-01", "a", 60),
        line("2", "2024-06-01", "b", 40),
        targets=[("customer", "a", 60, None), ("customer", "b", None, 0.5)],
    )
    a, b = rows["a"], rows["b"]
    assert (a["attainment_rate"], a["target_status"]) == (1.0, "met")
    assert (b["attainment_rate"], b["target_status"], b["target_share"]) == (0.8, "missed", 0.5)


def test_share_target_of_a_company_of_returns() -> None:
    """An undefined share misses its target; it is not `no target`."""
    rows = performance(
        line("1", "2024-06-01", "a", -60), targets=[("customer", "a", None, 0.0)]
    )  # fmt: skip
    assert (rows["a"]["share_of_company"], rows["a"]["share_of_company_reason"]) == (None, "class_total_not_positive")  # fmt: skip
    assert rows["a"]["target_status"] == "missed"


@pytest.mark.parametrize(("has_targets", "reason"), [(True, "no_target"), (False, "feed_absent")])
def test_why_there_is_no_attainment(has_targets: bool, reason: str) -> None:
    """`No target` where no targets are supplied at all sends people looking for a plan."""
    rows = performance(line("1", "2024-06-01", "a", 60), has_targets=has_targets)
    assert rows["a"]["attainment_rate_reason"] == reason
