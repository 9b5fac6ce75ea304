"""Lakes that hold every table in few rows, with values that a careless copy would change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.lake import Lake
from pipelines.publish import duckdb_file
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.table import Table

MONTHS = ("2024-01", "2024-02")


def value(kind: str, name: str, row: int) -> Any:
    """A value that a careless copy would change."""
    return {
        "text": f"{name} 客户\t'\"\\N {row}",
        "date": date(1990, 1, 1) + timedelta(days=row),
        "int": 2**62 + row,
        "num": Decimal(f"-{row}99999999999999.0001"),
        "bool": row % 2 == 0,
        "time": datetime(2024, 1, 1, 23, 59, 59, 999_990 + row),
        "ratio": (row + 1) / 3,
    }[kind]


def rows(table: Table, note: str = "") -> pl.LazyFrame:
    """Three rows a part with every type, NULL wherever it may be; `note` stands in a text of each row."""
    made = []
    for month in MONTHS if table.partition else ("",):
        for row in range(3):
            cells = {
                column.name: None
                if not column.required and (row == 2 or column.key)
                else value(column.kind, column.name, row)
                for column in table.columns
            }
            if table.partition:
                cells[table.partition] = month
            noted = next((c.name for c in table.columns if c.kind == "text" and not c.key), None)
            made.append({**cells, noted: note} if noted and note else cells)
    return pl.LazyFrame(made, schema=table.schema)


def lake_in(folder: Path, note: str = "", tables: dict[str, Table] = TABLES) -> Lake:
    """A lake with three rows in each part of each table."""
    lake = Lake(str(folder))
    for table in tables.values():
        lake.replace(table, rows(table, note))
    return lake


def published_file(lake: Lake, target: Path) -> dict[str, int]:
    """Bring a DuckDB file up to a lake as a run does, whatever the rows; returns the rows written, by table."""
    with duckdb_file.staged(lake, target) as staged:
        return staged.swap()
