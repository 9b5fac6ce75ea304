"""Comments of tables and columns for the databases that readers open: PostgreSQL and DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.labels import table_definition

if TYPE_CHECKING:
    from schemas.columns import Column
    from schemas.table import Table


def table_comment(table: Table) -> str:
    """Both names of the table, its grain and the question it answers."""
    zh, en = table_definition(table)
    return f"{table.zh} · {table.en}. {zh} {en}"


def column_comment(column: Column) -> str:
    """Both names of the column, then formula, unit and definitions where it has them.

    Example: `净销售额 · Net sales. Σ net_amount (currency).`
    """
    unit = f"({column.unit})" if column.unit else ""
    measure = " ".join(part for part in (column.formula, unit) if part)
    parts = [f"{column.zh} · {column.en}.", measure and f"{measure}."]
    return " ".join(part for part in (*parts, column.zh_definition, column.en_definition) if part)


def comment_statements(table: Table, schema: str) -> list[str]:
    """The `COMMENT ON` statements of a published table; PostgreSQL and DuckDB read the same."""
    target = f"{_name(schema)}.{_name(table.name)}"
    columns = [
        f"COMMENT ON COLUMN {target}.{_name(column.name)} IS {quoted(column_comment(column))}"
        for column in table.columns
    ]
    return [f"COMMENT ON TABLE {target} IS {quoted(table_comment(table))}", *columns]


def _name(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"
