"""Where the marks of the charts stand; how they look is in the templates `ageing.svg.jinja` and `dso.svg.jinja`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.documents.numbers import amount_text, days_text

if TYPE_CHECKING:
    from collections.abc import Sequence

# In the units of the SVGs.
AGEING_WIDTH = 298
DSO_HEIGHT = 95


def ageing_bars(rows: Sequence[tuple[str, Decimal]]) -> list[dict[str, object]]:
    """One bar a bucket: label, value and width; the widest fills the chart."""
    largest = max((amount for _, amount in rows), default=Decimal(0))
    return [
        {
            "label": label,
            "value": amount_text(amount),
            "width": round(float(max(amount, Decimal(0)) / largest) * AGEING_WIDTH, 2)
            if largest > 0
            else 0.0,
        }
        for label, amount in rows
    ]


def dso_columns(history: Sequence[tuple[str, float | None]]) -> dict[str, object]:
    """The zero line and one column a month: month, year where it begins, value, top and height; a gap has no height."""
    known = [days for _, days in history if days is not None]
    high, low = max([*known, 0.0]), min([*known, 0.0])
    scale = DSO_HEIGHT / (high - low) if high > low else 0.0
    columns = [
        {
            "month": month[5:],
            "year": month[:4] if at == 0 or month.endswith("-01") else "",
            "value": days_text(days),
            "gap": days is None,
            "top": round((high - max(days or 0.0, 0.0)) * scale, 2),
            "height": round(abs(days or 0.0) * scale, 2),
        }
        for at, (month, days) in enumerate(history)
    ]
    return {"columns": columns, "zero": round(high * scale, 2), "height": DSO_HEIGHT}
