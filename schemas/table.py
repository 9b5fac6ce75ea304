"""What a table is: its columns, key and layer, and the pandera schema that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandera.polars as pa

    from schemas.columns import Column

Layer = Literal[
    "feeds", "ledger", "retired", "rollups", "reporting", "state", "quarantine", "restatement"
]


@dataclass(frozen=True)
class Table:
    """One table of the lake. `grain` completes the sentence "One row per ...", in both languages.

    `question`: what the table answers; `not_for`: what it must not be used for, and what serves instead.
    `optional`: columns that the table has only where the settings ask for them.
    """

    name: str
    layer: Layer
    zh: str
    en: str
    grain_zh: str
    grain_en: str
    columns: tuple[Column, ...]
    question_zh: str = ""
    question_en: str = ""
    not_for_zh: str = ""
    not_for_en: str = ""
    partition: str | None = None
    optional: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in (*self.columns, *self.optional)]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a column is declared twice in {names}")

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def having(self, names: Iterable[str]) -> Table:
        """The table as it is where its columns are these: with those optional ones that are among them, and no others."""
        given = set(names)
        present = tuple(column for column in self.optional if column.name in given)
        return replace(self, columns=(*self.columns, *present), optional=())

    @property
    def names(self) -> list[str]:
        """The column names in the order of the declaration."""
        return [column.name for column in self.columns]

    @property
    def path(self) -> tuple[str, ...]:
        """Where the table lies under the lake's root."""
        return (self.name,) if self.layer == self.name else (self.layer, self.name)

    @property
    def key(self) -> list[str]:
        """The columns that identify a row."""
        return [column.name for column in self.columns if column.key]

    @property
    def schema(self) -> pl.Schema:
        """Column names and Polars types as stored."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def from_json(self, column: str, names: Iterable[str]) -> list[pl.Expr]:
        """Columns of this table that a column of another one holds as JSON, each value as text."""
        return [
            pl.col(column).str.json_path_match(f"$.{name}").cast(self[name].dtype).alias(name)
            for name in names
        ]

    def of_kind(self, *kinds: str) -> list[str]:
        """Names of the columns of these kinds."""
        return [column.name for column in self.columns if column.kind in kinds]

    def pandera(self) -> pa.DataFrameSchema:
        """The pandera schema of the stored table: types, NULLs, ranges, codes; no other columns."""
        import pandera.polars as pa

        columns = {column.name: _pandera_column(column) for column in self.columns}
        optional = {column.name: _pandera_column(column, False) for column in self.optional}
        return pa.DataFrameSchema(columns | optional, strict=True, name=self.name)


def _pandera_column(column: Column, is_always_there: bool = True) -> pa.Column:
    import pandera.polars as pa

    checks = []
    if column.codes and not column.open_codes:
        checks.append(pa.Check.isin(column.code_values))
    if column.low is not None:
        checks.append(pa.Check.ge(_literal(column, column.low)))
    if column.high is not None:
        checks.append(pa.Check.le(_literal(column, column.high)))
    return pa.Column(column.dtype, checks, nullable=not column.required, required=is_always_there)


def _literal(column: Column, value: object) -> object:
    """A bound in the type that the comparison needs: decimals compare with decimals alone."""
    return pl.select(pl.lit(value).cast(column.dtype)).item() if column.kind == "num" else value
