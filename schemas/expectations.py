"""What must hold of a published table, as readers will see it: from its declaration, and from what ties its rows together.

Belongs here: what is expected, under which name. What a tie is stands in `schemas/ties.py`; how an expectation is
judged, on which engine, in `pipelines/door`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schemas.ddl import SQL_TYPES
from schemas.ties import DIMENSION_KEYS, TIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from schemas.columns import Column, Kind
    from schemas.table import Table

# What the databases themselves call a type, where it is not the word that made it.
_ALSO: dict[Kind, tuple[str, ...]] = {
    "text": ("varchar",),
    "num": ("numeric", "decimal(19,4)"),
    "time": ("timestamp without time zone",),
    "ratio": ("double",),
}
# A quotient of nothing is NULL with a reason: most tools draw NaN as 0, or not at all.
_NOT_FINITE = "('NaN'::float8, 'Infinity'::float8, '-Infinity'::float8)"


@dataclass(frozen=True)
class Expectation:
    """One of a table's expectations; its name is like no other's of the table.

    `sql` of a tie selects what contradicts it, a row each, from `{sent}`, the months that a publication touches, and from
    `{whole[NAME]}`, all of a table.
    """

    name: str
    kind: Literal["codes", "range", "tie"]
    column: str = ""
    codes: tuple[str, ...] = ()
    low: int | date | None = None
    high: int | date | None = None
    sql: str = ""


def expectations(table: Table) -> tuple[Expectation, ...]:
    """All that is expected of a table, in the order of its declaration, ties last."""
    return (
        *(found for column in table.columns for found in _of_column(column)),
        _tie("columns_and_types", _columns(table)),
        _tie("key_is_unique", _repeated(table)),
        _tie("required_columns_are_filled", _unfilled(table)),
        *(_tie(name, sql) for name, sql in _between_columns(table)),
        *(_tie(name, sql) for name, sql in TIES.get(table.name, {}).items()),
    )


def _of_column(column: Column) -> Iterator[Expectation]:
    name = column.name
    if column.codes and not column.open_codes:
        yield Expectation(f"{name}_codes", "codes", name, tuple(column.code_values))
    if column.low is not None or column.high is not None:
        yield Expectation(f"{name}_range", "range", name, low=column.low, high=column.high)


def _tie(name: str, sql: str) -> Expectation:
    return Expectation(name, "tie", sql=sql)


def _columns(table: Table) -> str:
    declared = ", ".join(
        f"({place}, '{column.name}', '{name}')"
        for place, column in enumerate(table.columns, 1)
        for name in (SQL_TYPES[column.kind], *_ALSO.get(column.kind, ()))
    )
    found = "FROM information_schema.columns WHERE table_schema || '.' || table_name = '{sent}'"
    return (
        f"SELECT 1 {found} AND (ordinal_position, column_name, lower(data_type)) NOT IN (VALUES {declared}) "
        f"UNION ALL SELECT 1 {found} HAVING count(*) <> {len(table.columns)}"
    )


def _repeated(table: Table) -> str:
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"SELECT 1 FROM {{sent}} GROUP BY {key} HAVING count(*) > 1"


def _unfilled(table: Table) -> str:
    empty = (f'"{column.name}" IS NULL' for column in table.columns if column.required)
    return f"SELECT 1 FROM {{sent}} WHERE {' OR '.join(empty)}"


def _between_columns(table: Table) -> Iterator[tuple[str, str]]:
    """What the names of columns promise: a reason wherever there is no number, members that their dimension knows."""
    names = set(table.names)
    if ratios := [
        f'"{column.name}" IN {_NOT_FINITE}' for column in table.columns if column.kind == "ratio"
    ]:
        yield "ratios_are_finite", f"SELECT 1 FROM {{sent}} WHERE {' OR '.join(ratios)}"
    for name in table.names:
        if f"{name}_reason" in names:
            wrong = f'("{name}" IS NULL) = ("{name}_reason" IS NULL)'
            yield f"{name}_or_its_reason", f"SELECT 1 FROM {{sent}} WHERE {wrong}"
    # A target may name a member that nothing else does; what was sold has one that is known.
    sold = "s.sales_amount <> 0 AND " if "target_status" in names else ""
    for dimension, key in DIMENSION_KEYS.items():
        if key in names and dimension != table.name:
            known = f'SELECT 1 FROM {{whole[{dimension}]}} d WHERE d."{key}" = s."{key}"'
            unknown = f'{sold}s."{key}" IS NOT NULL AND NOT EXISTS ({known})'
            yield f"{key}_in_{dimension}", f"SELECT 1 FROM {{sent}} s WHERE {unknown}"
    if table.partition:
        days = "SELECT DISTINCT as_of, as_of_month FROM {sent}"
        day = "d.date = s.as_of AND d.as_of_month = s.as_of_month AND d.is_month_end"
        known = f"SELECT 1 FROM {{whole[dim_date]}} d WHERE {day}"
        yield "as_of_is_the_month_end", f"SELECT 1 FROM ({days}) s WHERE NOT EXISTS ({known})"
