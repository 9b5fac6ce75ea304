"""Kinds of column, and the one declaration of a column that everything else follows from.

Belongs here: what a column *is* (kind, key, range, codes, words in both languages). What it is computed
from belongs in `metrics/`; how it is stored in `pipelines/lake_store.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import polars as pl

Kind = Literal["text", "date", "int", "num", "bool", "time", "ratio", "texts"]

# Money and quantities: exact to 4 decimals. Integers of 1/10,000 inside (`UNITS` a whole), this outside.
NUM = pl.Decimal(19, 4)
UNITS = 10_000
# What a feed's amounts may sum to in a month, signs aside: 24 months of it, and 26 times it (the average stock of a year, kept
# without fractions), in integers of 1/10,000, fit 64 bits.
# A single amount beyond it is an error of the source.
LARGEST_TOTAL = 35_000_000_000_000
# No dated fact is older: the first day of the partitions, and the floor of `range:` for dates of facts.
EARLIEST = date(1990, 1, 1)

DTYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "date": pl.Date(),
    "int": pl.Int64(),
    "num": NUM,
    "bool": pl.Boolean(),
    "time": pl.Datetime("us"),
    "ratio": pl.Float64(),
    "texts": pl.List(pl.String()),
}

PERIOD_CODES = (
    ("month", "当月", "Month"),
    ("year_to_date", "年初至今", "Year to date"),
    ("trailing_12_months", "近十二个月", "Trailing 12 months"),
)


@dataclass(frozen=True)
class Column:
    """One column of one table.

    `low` and `high` are inclusive bounds in the column's own unit; `codes` maps each allowed code to its
    labels (Chinese, English), `open_codes` allows others beside them. `required`: never NULL.
    `personal`: may not leave feeds, ledger and quarantine unless the settings say so.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    key: bool = False
    personal: bool = False
    low: int | date | None = None
    high: int | date | None = None
    codes: tuple[tuple[str, str, str], ...] = ()
    open_codes: bool = False
    first_of_month: bool = False
    required_when: tuple[str, str] | None = (
        None  # (column, code): required in rows that hold this code
    )
    unit: str = ""
    formula: str = ""
    zh_definition: str = ""
    en_definition: str = ""

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type in which the lake stores this column."""
        return DTYPES[self.kind]

    @property
    def code_values(self) -> list[str]:
        """The allowed codes, in the order of the declaration; empty where any value is allowed."""
        return [code for code, _, _ in self.codes]

    def but(self, **changes: object) -> Column:
        """The same column with some fields changed: how a table narrows a shared column."""
        return replace(self, **changes)  # type: ignore[arg-type]
