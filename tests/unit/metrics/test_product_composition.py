"""Product composition: ABC over products, and their targets."""

from __future__ import annotations

from metrics.product_composition import product_composition
from tests.unit.metrics.product_frames import UNITS, M, by_key, frame, product_period, sold

_TARGETS = ["month", "scope", "member_id", "period", "target_amount", "target_share"]


def test_tiers_and_targets() -> None:
    """A share target is held against the share in the ABC sum: with the net sum P would miss it."""
    sales = product_period(sold("P", 800, 1), sold("Q", 200, 1), sold("R", -100, 1))
    targets = frame(
        _TARGETS,
        [
            (M, "product", "P", "month", None, 8_000),
            (M, "product", "Q", "month", 250 * UNITS, None),
            (M, "product", "R", "month", None, 1_000),
            (M, "product", "S", "month", 10, None),
            (M, "category", "P", "month", 10, None),
        ],
    )
    rows = by_key(product_composition(sales, targets, 7_500, 9_500, has_targets=True), "product_id")
    found = {
        name: (row["tier"], row["rank"], row["sales_share"], row["attainment_rate"], row["attainment_rate_reason"], row["target_status"])
        for name, row in rows.items()
    }  # fmt: skip
    assert found == {
        "P": ("A", 1, 0.8, 1.0, None, "met"),
        "Q": ("B", 2, 0.2, 0.8, None, "missed"),
        "R": ("N", None, None, None, "share_undefined", "missed"),
        "S": ("N", None, None, 0.0, None, "missed"),
    }


def test_target_brings_in_a_product_without_sales() -> None:
    """A product that sold nothing must not vanish: its missed target is what the report is for."""
    targets = frame(_TARGETS, [(M, "product", "S", "month", 10, None)])
    row = by_key(
        product_composition(product_period(), targets, 7_500, 9_500, has_targets=True), "product_id"
    )["S"]
    assert (row["sales_amount"], row["sales_share_reason"], row["target_status"]) == (0, "no_sales", "missed")  # fmt: skip
