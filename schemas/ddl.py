"""The SQL that makes the published tables, from their declarations; DuckDB reads the same types as PostgreSQL.

No foreign keys: a customer has a row per version in its dimension, and a fact may name a member that no register holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.comments import comment_statements, quoted

if TYPE_CHECKING:
    from schemas.columns import Kind
    from schemas.table import Table

SQL_TYPES: dict[Kind, str] = {
    "text": "text", "date": "date", "int": "bigint", "num": "numeric(19,4)",
    "bool": "boolean", "time": "timestamp", "ratio": "double precision",
}  # fmt: skip


def create_statement(table: Table, schema: str) -> str:
    """The table with its types, NOT NULL where the declaration requires a value."""
    columns = ", ".join(
        f'"{column.name}" {SQL_TYPES[column.kind]}{" NOT NULL" if column.required else ""}'
        for column in table.columns
    )
    return f'CREATE TABLE "{schema}"."{table.name}" ({columns})'


def index_statements(table: Table, schema: str, null_option: str) -> list[str]:
    """The key, which no two rows share, and the way to a customer's rows where the key does not begin with it.

    A key that may be NULL cannot be primary: it becomes a unique index with `null_option`, which in PostgreSQL 15 and later
    says NULLS NOT DISTINCT.
    """
    target = f'"{schema}"."{table.name}"'
    keys = ", ".join(f'"{name}"' for name in table.key)
    if all(table[name].required for name in table.key):
        statements = [f"ALTER TABLE {target} ADD PRIMARY KEY ({keys})"]
    else:
        statements = [f"CREATE UNIQUE INDEX ON {target} ({keys}) {null_option}".rstrip()]
    if "customer_id" in table.names and table.key[0] != "customer_id":
        statements.append(f'CREATE INDEX ON {target} ("customer_id")')
    return statements


def latest_view(name: str) -> str:
    """The name of the view of a report's newest as-of month."""
    return f"v_latest_{name}"


def view_statements(table: Table, schema: str, newest: str) -> list[str]:
    """The view of the as-of month that the query `newest` gives, commented; none for a dimension."""
    if not table.partition:
        return []
    view = f'"{schema}"."{latest_view(table.name)}"'
    words = f"{table.zh}：仅最新截止月份 · {table.en}: the newest as-of month alone"
    return [
        f'CREATE VIEW {view} AS SELECT * FROM "{schema}"."{table.name}" WHERE "{table.partition}" = ({newest})',
        f"COMMENT ON VIEW {view} IS {quoted(words)}",
    ]


def placed_statements(table: Table, schema: str, newest: str) -> list[str]:
    """Comments and view: what a table gets once it stands in its place."""
    return [*comment_statements(table, schema), *view_statements(table, schema, newest)]
