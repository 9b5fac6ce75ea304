"""Numbers as the documents show them; what is unknown is a dash, never a zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from pipelines.documents.labels import UNKNOWN

if TYPE_CHECKING:
    from datetime import date

# Keeps the number and its sign in one line.
_NO_BREAK = "\u00a0"


def amount_text(amount: Decimal | None) -> str:
    """1234567.8 as 1,234,567.80."""
    return UNKNOWN if amount is None else _rounded(amount, "0.01")


def rate_text(rate: float | None) -> str:
    """0.123 as 12.3 %."""
    if rate is None:
        return UNKNOWN
    return f"{_rounded(Decimal(repr(rate)) * 100, '0.1')}{_NO_BREAK}%"


def days_text(days: float | None) -> str:
    """45.25 as 45.3."""
    return UNKNOWN if days is None else _rounded(Decimal(repr(days)), "0.1")


def count_text(count: int | None) -> str:
    """1234 as 1,234."""
    return UNKNOWN if count is None else f"{count:,}"


def date_text(day: date | None) -> str:
    """A date as 2024-06-30."""
    return UNKNOWN if day is None else day.isoformat()


def _rounded(number: Decimal, step: str) -> str:
    """Half up, as on paper; a zero has no sign."""
    rounded = number.quantize(Decimal(step), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"
