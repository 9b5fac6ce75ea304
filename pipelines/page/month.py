"""The tables of the lake as the page reads them: few rows of one month, never a whole table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from metrics.periods import last_day, month_index, month_text
from schemas.catalogue import TABLES
from schemas.columns import PERIOD_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from pipelines.lake import Lake
    from pipelines.settings import Settings
    from schemas.table import Table

PERIODS = tuple(code for code, _, _ in PERIOD_CODES)
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Span:
    """Dates after `after` (any, where None) up to `upto`."""

    upto: date
    after: date | None = None


@dataclass(frozen=True)
class Pick:
    """Rows of a table by what their columns hold: a value, None, one of several, or a date within a span."""

    table: Table
    where: Mapping[str, Any]

    @property
    def condition(self) -> pl.Expr:
        """The rows, as Polars filters them."""
        parts = (_condition(pl.col(name), value) for name, value in self.where.items())
        return pl.all_horizontal(pl.lit(value=True), *parts)

    @property
    def key(self) -> str:
        """The rows, as the page's attributes tell them."""
        return as_key({name: _told(value) for name, value in self.where.items()})

    def but(self, **where: Any) -> Pick:
        """The same rows, narrowed or moved."""
        return Pick(self.table, {**self.where, **where})


def as_key(values: Mapping[str, Any]) -> str:
    """Column values as JSON: dates as ISO texts."""
    return json.dumps(dict(values), ensure_ascii=False, default=str)


def _condition(column: pl.Expr, value: Any) -> pl.Expr:
    match value:
        case None:
            return column.is_null()
        case Span(upto, after):
            return (column <= upto) & (column > after if after else pl.lit(value=True))
        case tuple():
            return column.is_in(list(value))
    return column == value


def _told(value: Any) -> Any:
    if isinstance(value, Span):
        return {"after": value.after, "upto": value.upto}
    return list(value) if isinstance(value, tuple) else value


class Month:
    """One as-of month of one company."""

    def __init__(self, lake: Lake, settings: Settings, text: str, folder: Path) -> None:
        self._lake = lake
        self._held: dict[tuple[str, str], pl.LazyFrame] = {}
        self.text = text
        self.folder = folder
        self.company = settings.name
        self.currency = settings.currency
        self.feeds = frozenset(settings.feeds)
        self.policy = settings.policy
        self.as_of = last_day(month_index(text))
        self.start = last_day(month_index(text) - 1)

    def earlier(self, months: int) -> str:
        """The as-of month so many months before."""
        return month_text(month_index(self.text) - months)

    def pick(self, table: str | Table, **where: Any) -> Pick:
        """Rows of the month, or of another that `where` names; all rows of a table without months."""
        found = TABLES[table] if isinstance(table, str) else table
        own = {found.partition: self.text} if found.partition == "as_of_month" else {}
        return Pick(found, {**own, **where})

    def frame(self, pick: Pick) -> pl.LazyFrame:
        """The picked rows. A report of one month is read once and held: several parts of the page ask for it."""
        month = pick.where.get("as_of_month")
        if not isinstance(month, str):
            return self._lake.scan(pick.table).filter(pick.condition)
        held = (pick.table.name, month)
        if held not in self._held:
            scan = self._lake.scan(pick.table).filter(pl.col("as_of_month") == month)
            self._held[held] = scan.collect(engine="streaming").lazy()
        return self._held[held].filter(pick.condition)

    def rows(self, pick: Pick, by: Sequence[pl.Expr] = (), limit: int | None = None) -> Rows:
        """The picked rows in the order of `by`, then of the table's key; at most `limit`."""
        order = [*by, *(pl.col(name) for name in pick.table.key)]
        frame = self.frame(pick).sort(order, nulls_last=True)
        return read(frame if limit is None else frame.head(limit))

    def total(self, pick: Pick, column: str) -> Any:
        """The exact sum of a column."""
        return self.frame(pick).select(pl.col(column).sum()).collect().item()

    def count(self, pick: Pick) -> int:
        """How many rows are picked."""
        return int(self.frame(pick).select(pl.len()).collect().item())

    @cached_property
    def months(self) -> list[str]:
        """The as-of months there are, up to this one, ascending."""
        known = self._lake.row_counts(TABLES["rpt_concentration"])
        return sorted(month for month in known if month <= self.text)

    def names(self, ids: Iterable[str], table: str = "dim_customer") -> dict[str, str]:
        """What customers or products were called at the month's end; nothing of those without a name to be shown."""
        kind = table.removeprefix("dim_")
        key, name = f"{kind}_id", f"{kind}_name"
        found = self.frame(self.pick(table, **{key: tuple(set(ids))}))
        if table == "dim_customer":
            begun = (pl.col("valid_from") <= self.as_of).fill_null(value=False)
            found = found.sort(
                begun, pl.col("valid_from").to_physical() * pl.when(begun).then(1).otherwise(-1)
            )
            found = found.group_by(key, maintain_order=True).last()
        return dict(
            found.filter(pl.col(name).is_not_null()).select(key, name).collect().iter_rows()
        )


def read(frame: pl.LazyFrame) -> Rows:
    """The rows of a frame that is known to be small."""
    return frame.collect().to_dicts()
