"""What is expected of published tables: that nothing declared is forgotten."""

from __future__ import annotations

from schemas.catalogue import TABLES
from schemas.expectations import expectations
from schemas.ties import TIES


def test_every_declaration_is_expected() -> None:
    """Guards against a key, a range or a code list that is declared and never looked at again."""
    for table in TABLES.values():
        found = {one.name: one for one in expectations(table)}
        assert len(found) == len(expectations(table))  # no name hides another
        assert all(f'"{name}"' in found["key_is_unique"].sql for name in table.key)
        for column in table.columns:
            if column.codes and not column.open_codes:
                assert set(found[f"{column.name}_codes"].codes) == set(column.code_values)
            if (column.low, column.high) != (None, None):
                bound = found[f"{column.name}_range"]
                assert (bound.low, bound.high) == (column.low, column.high)
            if column.required:
                assert f'"{column.name}" IS NULL' in found["required_columns_are_filled"].sql
            if column.kind == "ratio":
                assert f'"{column.name}" IN' in found["ratios_are_finite"].sql
            if f"{column.name}_reason" in table.names:
                assert f"{column.name}_or_its_reason" in found


def test_ties_are_of_published_tables() -> None:
    """Guards against a tie of a table that was renamed, which would never be looked at."""
    assert TIES.keys() <= TABLES.keys()
    shares = [name for table in TIES.values() for name in table if "_sums_to_1" in name]
    assert len(shares) == 15
