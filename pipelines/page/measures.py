"""A figure at one month and at another: picked or summed, then compared; nothing else is computed on the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from pipelines.documents.labels import UNKNOWN
from pipelines.documents.numbers import rate_text
from pipelines.page.cells import counted, of_row, raw, short, summed
from pipelines.page.parts import Cell, Comparison, Words, same
from schemas.vocabulary import REASONS

if TYPE_CHECKING:
    from pipelines.page.month import Month, Pick

LAST_MONTH: Words = ("上月", "last month")
PRIOR_YEAR: Words = ("上年同期", "a year earlier")


@dataclass(frozen=True)
class Measure:
    """A column of a picked row, the sum of it over the picked rows, or how many these are."""

    pick: Pick
    column: str = ""
    of: Literal["row", "sum", "count"] = "row"

    def at(self, month: Month, text: str) -> tuple[Any, Cell]:
        """The value of an as-of month, and how it is shown; None where no row is picked."""
        pick = self.pick.but(as_of_month=text)
        if self.of == "count":
            number = month.count(pick)
            return number, counted(pick, number)
        if self.of == "sum":
            total = month.total(pick, self.column)
            return total, _brief(summed(pick, self.column, total), total)
        found = month.rows(pick, limit=1)
        if not found:
            return None, Cell(same(UNKNOWN))
        return found[0][self.column], _brief(of_row(pick.table, found[0], self.column), found[0][self.column])  # fmt: skip

    def compared(self, month: Month, months: int, words: Words) -> Comparison | None:
        """How the month differs from one before; None where that is no as-of month or has no value."""
        text = month.earlier(months)
        if text not in month.months:
            return None
        now, _ = self.at(month, month.text)
        before, shown = self.at(month, text)
        if now is None or before is None:
            return None
        return Comparison(words, self._change(month.text, text, now, before), shown)

    def _change(self, text: str, earlier: str, now: Any, before: Any) -> Cell:
        origin = {
            "table": self.pick.table.name,
            "column": self.column,
            "by": self.of,
            "now": self.pick.but(as_of_month=text).key,
            "before": self.pick.but(as_of_month=earlier).key,
        }
        if isinstance(now, Decimal):
            return _growth(origin, now, before)
        change = now - before
        shown = _points(change) if isinstance(change, float) else same(f"{_sign(change)}{abs(change):,}")  # fmt: skip
        told = {**origin, "of": "difference", "value": raw(change)}
        return Cell(shown, told, mark=_direction(change))


def _growth(origin: dict[str, str], now: Decimal, before: Decimal) -> Cell:
    """Now over before, less one; undefined where before is not positive, as everywhere."""
    told = {**origin, "of": "growth"}
    if before <= 0:
        return Cell(same(UNKNOWN), {**told, "value": ""}, why=REASONS["total_not_positive"])  # fmt: skip
    rate = float((now - before) / before)
    text = same(f"{_sign(rate)}{rate_text(abs(rate))}")
    return Cell(text, {**told, "value": raw(rate)}, mark=_direction(rate))


def _points(change: float) -> Words:
    """A difference of two rates, in percentage points."""
    size = f"{_sign(change)}{abs(change) * 100:,.1f}"
    return f"{size} 个百分点", f"{size} pp"


def _sign(change: float) -> str:
    return "+" if change > 0 else "−" if change < 0 else "±"


def _direction(change: float) -> str:
    return "up" if change > 0 else "down" if change < 0 else "level"


def _brief(shown: Cell, value: Any) -> Cell:
    """A figure's amount in few signs; the whole of it is in its origin."""
    return replace(shown, text=short(value)) if isinstance(value, Decimal) else shown
