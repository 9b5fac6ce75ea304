"""Values as the page shows them, each with its origin: how it is written follows from the column's declaration."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pipelines.documents.labels import UNKNOWN
from pipelines.documents.numbers import amount_text, count_text, days_text, rate_text
from pipelines.page.month import Pick, as_key
from pipelines.page.parts import NUMBER, WHOLE, Cell, Head, Row, Words, same
from schemas.vocabulary import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.columns import Column
    from schemas.table import Table

_NUMBERS = ("num", "ratio", "int")
_WRITE: dict[str, Callable[[Any], str]] = {
    "num": amount_text,
    "int": count_text,
    "time": lambda time: f"{time:%Y-%m-%d %H:%M}",
}
_TRUTH: dict[bool, Words] = {True: ("是", "Yes"), False: ("否", "No")}
# Where several columns share a reason, or one has that of what it is made from.
_REASON_OF = {
    "gross_profit_amount": "gross_margin_rate",
    "turnover_retail": "turnover",
    "stock_days": "turnover",
    "contribution_ratio": "contribution",
    "contribution_degree": "contribution",
}


def head(table: Table, column: str) -> Head:
    """A column's heading by its declaration."""
    declared = table[column]
    kind = NUMBER if declared.kind in _NUMBERS else WHOLE if _is_whole(declared) else ""
    return Head((declared.zh, declared.en), kind)


def _is_whole(column: Column) -> bool:
    """Dates and codes are not broken into lines."""
    return column.kind in ("date", "time") or bool(column.codes)


def written(column: Column, value: Any) -> Words:
    """A value in both languages."""
    if value is None:
        return same(UNKNOWN)
    for code, zh, en in column.codes:
        if code == value:
            return zh, en
    write = _WRITE.get(column.kind)
    if column.kind == "bool":
        return _TRUTH[value]
    if column.kind == "ratio":
        return same(_ratio(column.unit, value))
    return same(write(value) if write else str(value))


def _ratio(unit: str, value: float) -> str:
    match unit:
        case "%":
            return rate_text(value)
        case "times":
            return f"{value:,.2f}"
        case "":
            return f"{value:,.4f}"
    return days_text(value)


def raw(value: Any) -> str:
    """A value as it stands in the table, for `data-value`; "" where it is NULL."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def row(table: Table, found: Mapping[str, Any], *cells: Cell) -> Row:
    """A row of the page that is a row of a table."""
    key = as_key({name: found[name] for name in table.key})
    return Row(cells, {"table": table.name, "key": key})


def cell(table: Table, found: Mapping[str, Any], column: str, *, mark: bool = False) -> Cell:
    """A value of a row of a table; a number that is missing says why."""
    declared, value = table[column], found[column]
    return Cell(
        written(declared, value),
        {"column": column, "value": raw(value)},
        why=_why(found, column) if value is None else None,
        mark=str(value) if mark and value is not None else "",
    )


def _why(found: Mapping[str, Any], column: str) -> Words | None:
    code = found.get(f"{_REASON_OF.get(column, column)}_reason")
    return REASONS[code] if code else None


def named(names: Mapping[str, str], member: str, link: str = "") -> Cell:
    """Who or what a row is about: the name with the id beneath, or the id alone."""
    known = names.get(member)
    return Cell(same(known or member), note=member if known else "", link=link)


def of_row(table: Table, found: Mapping[str, Any], column: str) -> Cell:
    """A value that stands alone: it names table and row itself."""
    shown = cell(table, found, column)
    return replace(shown, origin={**row(table, found).origin, **shown.origin})


def summed(pick: Pick, column: str, value: Any) -> Cell:
    """The sum of a column over picked rows."""
    return _over("sum", pick, column, written(pick.table[column], value), value)


def counted(pick: Pick, value: int) -> Cell:
    """How many rows are picked."""
    return _over("count", pick, "", same(count_text(value)), value)


def _over(what: str, pick: Pick, column: str, text: Words, value: Any) -> Cell:
    origin = {"of": what, "table": pick.table.name, "column": column, "key": pick.key}
    return Cell(text, {**origin, "value": raw(value)})


def short(amount: Decimal) -> Words:
    """An amount in few signs: 482.02 万, 4.82 M."""
    size = abs(amount)
    zh = next((f"{amount / step:,.2f} {unit}" for step, unit in _ZH_STEPS if size >= step), None)
    en = next((f"{amount / step:,.2f} {unit}" for step, unit in _EN_STEPS if size >= step), None)
    return zh or f"{amount:,.2f}", en or f"{amount:,.2f}"


_ZH_STEPS = ((Decimal(10**8), "亿"), (Decimal(10**4), "万"))
_EN_STEPS = ((Decimal(10**9), "bn"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))
