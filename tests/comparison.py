"""A published table against what a slow oracle says of it: every row, every number, every reason."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.company import Company
    from tests.oracle import Table

# What tells a table's rows apart within an as-of month.
KEYS = {
    "rpt_customer_abc": ("period", "customer_id"),
    "rpt_concentration": ("period",),
    "rpt_customer_classification": ("customer_id",),
    "rpt_class_composition": ("period", "dimension", "class"),
    "rpt_customer_composition": ("period", "customer_id"),
    "rpt_customer_performance": ("period", "customer_id"),
    "rpt_product_composition": ("period", "product_id"),
    "rpt_profitability": ("period", "level", "member_id"),
    "rpt_customer_product": ("customer_id", "product_id"),
    "rpt_rfm": ("customer_id",),
    "rpt_customer_grade": ("customer_id",),
    "rpt_target": ("period", "scope", "member_id"),
    "rpt_receivable_ageing": ("customer_id",),
    "rpt_customer_credit": ("customer_id",),
    "rpt_visit_plan": ("salesperson_id", "customer_id"),
    "rpt_visit_effectiveness": ("period", "salesperson_id"),
    "rpt_complaint": ("complaint_id",),
    "rpt_complaint_summary": ("period", "category", "subcategory"),
}
PARTS = {"rpt_profitability": "level = 'product'"}  # what the oracle knows of a table


def same(told: Any, expected: Any) -> bool:
    """Whether a cell is what was expected: money in units of 1/10,000, ratios to the last digits."""
    if isinstance(told, Decimal):
        return expected is not None and told * 10_000 == expected
    if isinstance(told, float):
        return expected is not None and told == pytest.approx(float(expected), rel=1e-12, abs=0)
    return bool(told == expected)


def differences(company: Company, table: str, expected: Table) -> list[Any]:
    """Rows and cells in which a published table is not what the oracle says."""
    keys = ("as_of_month", *KEYS[table])
    names = [*keys, *next(iter(expected.values()))]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = company.rows(f"SELECT {quoted} FROM {table} WHERE {PARTS.get(table, 'true')}")
    found = {
        row[: len(keys)]: dict(zip(names[len(keys) :], row[len(keys) :], strict=True))
        for row in rows
    }
    wrong: list[Any] = [("twice", len(rows) - len(found))] if len(rows) > len(found) else []
    wrong += [
        ("only told" if key in found else "only expected", key)
        for key in found.keys() ^ expected.keys()
    ]
    for key in found.keys() & expected.keys():
        wrong += [
            (key, name, found[key][name], value)
            for name, value in expected[key].items()
            if not same(found[key][name], value)
        ]
    return wrong


def unexplained(company: Company, table: str) -> list[Any]:
    """Columns that are NULL without a reason, or have both a value and a reason, where they have a reason of their own."""
    names = {name for (name,) in company.rows(f"SELECT column_name FROM (DESCRIBE {table})")}
    pairs = [(name, f"{name}_reason") for name in sorted(names) if f"{name}_reason" in names]
    return [
        (table, name, row)
        for name, reason in pairs
        for row in company.rows(
            f"SELECT * FROM {table} WHERE ({name} IS NULL) <> ({reason} IS NOT NULL) LIMIT 3"
        )
    ]
