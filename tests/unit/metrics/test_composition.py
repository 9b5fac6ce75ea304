"""Compositions of the customers, and how concentrated their sales are."""

from __future__ import annotations

from typing import Any

from metrics import composition
from metrics.concentration import concentration
from tests.unit.metrics.customer_frames import (
    ROW,
    by_key,
    calendar,
    collected,
    customers,
    frame,
    month,
)

JUNE = month("2024-06")
OF = calendar("2024-06", "2024-06")
CUSTOMERS = customers(
    ("a", "company", None, "north", "food", "s1"),
    ("b", "company", None, "north", None, None),
    ("c", "individual", None, "south", "food", "s1"),
    ("idle", "partner", None, "south", "food", "s2"),
    months=[JUNE],
)
CLASSES = composition.classes(
    CUSTOMERS,
    frame(
        ["month", "customer_id", "nature", "stage", "seniority", "volume_class"],
        [
            (JUNE, "a", "company", "current", "old", "major"),
            (JUNE, "b", "company", "current", "new", "general"),
            (JUNE, "c", "individual", "past", "old", "sporadic"),
            (JUNE, "idle", "partner", "prospective", "future", "sporadic"),
        ],
    ),
)


def sold(*rows: tuple[str, str, int]) -> Any:
    """ABC rows of (customer, tier, sales) in the month."""
    return frame(
        [*ROW, "tier", "sales_amount"],
        [(JUNE, "month", who, tier, sales) for who, tier, sales in rows],
    )


ABC = sold(("a", "A", 900), ("b", "B", 200), ("c", "N", -100))


def class_rows(abc: Any) -> dict[Any, dict[str, Any]]:
    rows = composition.class_composition(CLASSES, abc, OF.bounds)
    return by_key(rows, "period", "dimension", "class")


def test_class_totals() -> None:
    """Customers without sales must be counted, and unknown classes shown, or the parts do not make the whole."""
    rows = class_rows(ABC)
    of_month = {key[1:]: row for key, row in rows.items() if key[0] == "month"}
    found = {key: (row["customer_count"], row["sales_amount"], row["key_account_amount"]) for key, row in of_month.items()}  # fmt: skip
    assert found == {
        ("nature", "company"): (2, 1100, 900),
        ("nature", "individual"): (1, -100, 0),
        ("nature", "partner"): (1, 0, 0),
        ("stage", "current"): (2, 1100, 900),
        ("stage", "past"): (1, -100, 0),
        ("stage", "prospective"): (1, 0, 0),
        ("seniority", "old"): (2, 800, 900),
        ("seniority", "new"): (1, 200, 0),
        ("seniority", "future"): (1, 0, 0),
        ("volume_class", "major"): (1, 900, 900),
        ("volume_class", "general"): (1, 200, 0),
        ("volume_class", "sporadic"): (2, -100, 0),
        ("region", "north"): (2, 1100, 900),
        ("region", "south"): (2, -100, 0),
        ("industry", "food"): (3, 800, 900),
        ("industry", "unclassified"): (1, 200, 0),
        ("salesperson", "s1"): (2, 800, 900),
        ("salesperson", "s2"): (1, 0, 0),
        ("salesperson", "unclassified"): (1, 200, 0),
        ("tier", "A"): (1, 900, 900),
        ("tier", "B"): (1, 200, 0),
        ("tier", "N"): (2, -100, 0),
    }


def test_class_shares() -> None:
    """A share over a sum of returns is a number without meaning, and often looks like one with."""
    rows = class_rows(ABC)
    company, person = rows["month", "nature", "company"], rows["month", "nature", "individual"]
    assert (company["sales_share"], company["sales_share_reason"]) == (1100 / 1000, None)
    assert company["key_account_share"] == 900 / 1100
    assert person["sales_share"] == -100 / 1000
    assert (person["key_account_share"], person["key_account_share_reason"]) == (
        None, "class_total_not_positive",
    )  # fmt: skip
    # Nothing was sold in the other periods: their classes stay, their shares are unknown.
    empty = rows["year_to_date", "tier", "N"]
    assert (empty["customer_count"], empty["sales_amount"], empty["sales_share"]) == (4, 0, None)
    assert empty["sales_share_reason"] == "class_total_not_positive"


def test_every_dimension_adds_up_to_the_company() -> None:
    """A customer lost in one dimension makes its parts add up to less than the sales."""
    rows = class_rows(ABC)
    for dimension in composition.DIMENSIONS:
        parts = [row for key, row in rows.items() if key[:2] == ("month", dimension)]
        assert sum(row["sales_amount"] for row in parts) == 1000
        assert sum(row["customer_count"] for row in parts) == 4


def test_shares_of_a_customer() -> None:
    """A customer's share in its class is of that class's net sales, in each dimension its own."""
    totals = composition.class_composition(CLASSES, ABC, OF.bounds)
    rows = by_key(composition.customer_composition(CLASSES, ABC, totals), "customer_id")
    assert set(rows) == {"a", "b", "c"}
    a = rows["a"]
    assert a["share_in_company"] == 900 / 1000
    assert [a[f"share_in_{dimension}"] for dimension in composition.DIMENSIONS] == [
        900 / 1100, 900 / 1100, 900 / 800, 1.0, 900 / 1100, 900 / 800, 900 / 800, 1.0,
    ]  # fmt: skip
    c = rows["c"]
    assert c["share_in_company"] == -0.1
    assert c["share_in_industry"] == -100 / 800
    for dimension in ("nature", "stage", "volume_class", "region", "tier"):
        assert c[f"share_in_{dimension}"] is None
        assert c[f"share_in_{dimension}_reason"] == "class_total_not_positive"


def test_company_of_net_returns() -> None:
    """With net returns a share would turn its sign: who sold most would seem to have returned most."""
    abc = sold(("a", "A", 100), ("b", "N", -300))
    totals = composition.class_composition(CLASSES, abc, OF.bounds)
    rows = by_key(composition.customer_composition(CLASSES, abc, totals), "customer_id")
    assert {row["share_in_company"] for row in rows.values()} == {None}
    assert {row["share_in_company_reason"] for row in rows.values()} == {"class_total_not_positive"}
    (found,) = [r for r in collected(concentration(abc, OF.bounds, 7_500, 9_500)) if r["period"] == "month"]  # fmt: skip
    assert (found["key_account_share"], found["key_account_share_reason"]) == (None, "class_total_not_positive")  # fmt: skip
    assert (found["cr1"], found["hhi"], found["concentration_reason"]) == (1.0, 1.0, None)


def test_periods_without_sales_have_a_concentration_row() -> None:
    """A missing row reads as a gap in the data; it is a month in which nothing was sold."""
    rows = by_key(concentration(sold(("a", "N", -5)), OF.bounds, 7_500, 9_500), "period")
    assert set(rows) == {"month", "year_to_date", "trailing_12_months"}
    assert [rows[p]["customer_count"] for p in ("month", "year_to_date")] == [1, 0]
    assert [rows[p]["sales_amount"] for p in ("month", "year_to_date")] == [-5, 0]
    assert {row["concentration_reason"] for row in rows.values()} == {"no_sales"}
    assert {row[name] for row in rows.values() for name in ("cr1", "cr5", "cr10", "hhi")} == {None}
