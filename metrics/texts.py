"""Numbers as people read them, and sentences from templates: expressions, so that a million are written as fast as one."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import narwhals as nw

from schemas.columns import UNITS
from schemas.rules import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE = 18  # digits before the decimal point: more than any amount has
_CENT = UNITS // 100


def count(number: nw.Expr) -> nw.Expr:
    """A whole number with separators: 1234567 as 1,234,567."""
    digits = _digits(number.abs(), 0)
    return _signed(number, number < 0, _grouped(digits))


def money(units: nw.Expr) -> nw.Expr:
    """An amount in units with 2 decimals, half away from zero: 12345678000 as 1,234,567.80."""
    digits = _digits(units.abs() + _CENT // 2, 4)  # rounded by leaving the last two out
    text = _joined(_grouped(digits), nw.lit("."), digits.str.slice(_WHOLE, 2))
    return _signed(units, units <= -_CENT // 2, text)


def percent(fraction: nw.Expr) -> nw.Expr:
    """A fraction with one decimal, halves up: 0.12345 as 12.3%."""
    return _decimal(fraction * 100, "%")


def decimal(number: nw.Expr) -> nw.Expr:
    """A number with one decimal, halves up: 25.25 as 25.3."""
    return _decimal(number, "")


def exact_money(units: nw.Expr) -> nw.Expr:
    """An amount in units with all its 4 decimals and no separators: 12345678000 as 1234567.8000."""
    digits = _digits(units.abs(), 4)
    whole = digits.str.slice(0, _WHOLE - 1).str.strip_chars_start("0")
    text = _joined(whole, digits.str.slice(_WHOLE - 1, 1), nw.lit("."), digits.str.slice(_WHOLE, 4))
    return _signed(units, units < 0, text)


def _decimal(number: nw.Expr, unit: str) -> nw.Expr:
    digits = _digits((number.abs() * 10 + 0.5).floor().cast(nw.Int64), 1)
    text = _joined(_grouped(digits), nw.lit("."), digits.str.slice(_WHOLE, 1), nw.lit(unit))
    return _signed(number, number <= -0.05, text)  # noqa: PLR2004 - what rounds to a tenth


def _digits(number: nw.Expr, places: int) -> nw.Expr:
    """The digits of a whole number >= 0, filled up to 18 before the last `places`."""
    return number.cast(nw.String).str.pad_start(_WHOLE + places, "0")


def _grouped(digits: nw.Expr) -> nw.Expr:
    """The first 18 digits as a number with separators; its last digit stays, even if it is 0."""
    groups = [digits.str.slice(at, 3) for at in range(0, _WHOLE - 3, 3)]
    head = _joined(*groups, digits.str.slice(_WHOLE - 3, 2), separator=",")
    return _joined(head.str.strip_chars_start("0,"), digits.str.slice(_WHOLE - 1, 1))


def _signed(number: nw.Expr, is_negative: nw.Expr, text: nw.Expr) -> nw.Expr:
    """The text of a number, NULL where that is not known."""
    signed = _joined(nw.when(is_negative).then(nw.lit("-")).otherwise(nw.lit("")), text)
    return nw.when(~number.is_null()).then(signed)


def _joined(*parts: nw.Expr, separator: str = "") -> nw.Expr:
    """Parts of which none is NULL. To look for one, Spark writes each part twice, and twice again at every level."""
    return nw.concat_str(*parts, separator=separator, ignore_nulls=True)


_FORMATS: dict[str, Callable[[nw.Expr], nw.Expr]] = {
    "": lambda text: text.cast(nw.String),
    "count": count,
    "money": money,
    "percent": percent,
    "decimal": decimal,
}


def sentence(template: str, language: int) -> nw.Expr:
    """A template of `schemas.rules` as text; `language`: 0 Chinese, 1 English. NULL is written as nothing."""
    parts = []
    for words, column, form, _ in Formatter().parse(template):
        if words:
            parts.append(nw.lit(words))
        if column:
            parts.append(_written(nw.col(column), form or "", language).fill_null(""))
    return _joined(*parts)


def _written(value: nw.Expr, form: str, language: int) -> nw.Expr:
    if form in _FORMATS:
        return _FORMATS[form](value)
    return nw.coalesce(
        *(nw.when(value == words[0]).then(nw.lit(words[1 + language])) for words in WORDS[form])
    )
