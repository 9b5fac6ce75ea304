"""The rows of `dim_label`: what every table, column and code is called, in Chinese and English.

All of it follows from the declarations; nothing is written here twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.columns import Column
    from schemas.table import Table

Row = dict[str, str | None]


def label_frame(optional: Iterable[str] = ()) -> pl.DataFrame:
    """One row per table, column of a table, and code of a column: the whole of `dim_label`.

    `optional`: the names of the optional columns that the tables have. A word that a declaration leaves empty is NULL.
    """
    present = tuple(optional)
    tables = [table.having(present) for table in TABLES.values()]
    rows = [row for table in tables for row in _rows(table)]
    return pl.DataFrame(rows, schema=TABLES["dim_label"].schema)


def table_definition(table: Table) -> tuple[str, str]:
    """What a table holds, answers and must not be used for: (Chinese, English)."""
    zh = [f"{table.grain_zh}。", table.question_zh, table.not_for_zh]
    en = [f"One row per {table.grain_en}.", table.question_en]
    if table.not_for_en:
        en.append(f"Not for: {table.not_for_en[0].lower()}{table.not_for_en[1:]}")
    return "".join(zh), " ".join(en).strip()


def _rows(table: Table) -> Iterator[Row]:
    zh, en = table_definition(table)
    yield _row(
        table_name=table.name,
        label_zh=table.zh,
        label_en=table.en,
        definition_zh=zh,
        definition_en=en,
    )
    for column in table.columns:
        yield _column_row(table, column)
        for code, code_zh, code_en in column.codes:
            yield _row(
                table_name=table.name,
                column_name=column.name,
                code=code,
                label_zh=code_zh,
                label_en=code_en,
            )


def _column_row(table: Table, column: Column) -> Row:
    return _row(
        table_name=table.name,
        column_name=column.name,
        label_zh=column.zh,
        label_en=column.en,
        formula=column.formula,
        unit=column.unit,
        definition_zh=column.zh_definition,
        definition_en=column.en_definition,
    )


def _row(**words: str) -> Row:
    return {name: words.get(name) or None for name in TABLES["dim_label"].names}
