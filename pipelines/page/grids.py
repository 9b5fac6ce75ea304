"""Rows of a reporting table as a table of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.page.cells import cell, counted, head, named, row
from pipelines.page.parts import NONE, Cell, Grid, Head, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from pipelines.page.month import Month, Pick
    from pipelines.page.parts import Row, Words
    from schemas.table import Table

BLANK = Cell(same(""))
# Columns whose codes have a look of their own.
_MARKED = ("tier", "strict_tier", "previous_tier", "credit_status", "severity", "sla_status", "quadrant", "movement", "action", "report_status")  # fmt: skip


@dataclass(frozen=True)
class Extra:
    """A column that the table itself does not have."""

    head: Head
    cell: Callable[[Mapping[str, Any]], Cell]


def member(column: str, words: Words, names: Mapping[str, str]) -> Extra:
    """The column that says who or what a row is about."""
    return Extra(Head(words), lambda found: named(names, found[column]))


def customers(names: Mapping[str, str]) -> Extra:
    """The column of customers."""
    return member("customer_id", ("客户", "Customer"), names)


def top(
    month: Month,
    pick: Pick,
    caption: Words,
    columns: Sequence[str | Extra],
    *,
    by: Sequence[pl.Expr],
    limit: int,
    none: Words = NONE,
    total: Row | None = None,
) -> Grid:
    """The first of the picked rows in the order of `by`, and how many there are; customers are shown by their names."""
    found = month.rows(pick, by=by, limit=limit)
    if "customer_id" in columns:
        who = customers(month.names(one["customer_id"] for one in found))
        columns = [who if one == "customer_id" else one for one in columns]
    of = counted(pick, month.count(pick))
    period = pick.where.get("period", "")
    return listing(
        caption, pick.table, found, columns, none=none, total=total, of=of, period=period
    )


def listing(
    caption: Words,
    table: Table,
    found: Sequence[Mapping[str, Any]],
    columns: Sequence[str | Extra],
    *,
    none: Words = NONE,
    total: Row | None = None,
    of: Cell | None = None,
    period: str = "",
) -> Grid:
    """One row of the page per row found; a column is one of the table's, or an `Extra`."""
    heads = (one.head if isinstance(one, Extra) else head(table, one) for one in columns)
    rows = (row(table, one, *(_cell(table, one, column) for column in columns)) for one in found)
    return Grid(caption, tuple(heads), tuple(rows), none, total, of, period)


def _cell(table: Table, found: Mapping[str, Any], column: str | Extra) -> Cell:
    if isinstance(column, Extra):
        return column.cell(found)
    return cell(table, found, column, mark=column in _MARKED)
