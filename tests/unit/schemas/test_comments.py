"""Comments for the databases that readers open."""

import duckdb

from schemas.catalogue import TABLES
from schemas.columns import Column
from schemas.comments import column_comment, comment_statements, table_comment


def test_column_comment_gives_words_formula_and_unit() -> None:
    """A comment without the formula sends the reader to guess what the number is."""
    comment = column_comment(TABLES["rpt_customer_abc"]["sales_amount"])
    assert comment.startswith("净销售额 · Net sales. Σ net_amount (currency). ")


def test_column_comment_leaves_out_what_is_not_there() -> None:
    """Stray dots and brackets look like lost text."""
    assert column_comment(Column("a", "text", "甲", "A")) == "甲 · A."
    assert column_comment(Column("a", "int", "甲", "A", unit="days")) == "甲 · A. (days)."
    assert column_comment(Column("a", "int", "甲", "A", formula="1 + 1")) == "甲 · A. 1 + 1."


def test_statements_comment_every_table_and_column_once_run() -> None:
    """An unescaped quote or reserved word (class, rank, date) would leave a table without comments."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA kehu")
    for table in TABLES.values():
        columns = ", ".join(f'"{name}" INTEGER' for name in table.names)
        connection.execute(f'CREATE TABLE kehu."{table.name}" ({columns})')
        for statement in comment_statements(table, "kehu"):
            connection.execute(statement)
        found = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = ?", [table.name]
        ).fetchall()
        assert dict(found) == {column.name: column_comment(column) for column in table.columns}
        comment = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = ?", [table.name]
        ).fetchone()
        assert comment == (table_comment(table),)
