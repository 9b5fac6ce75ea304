"""Codes by cases: why a measure is NULL, and which of several codes applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Mapping


def first_code(*cases: tuple[nw.Expr, str]) -> nw.Expr:
    """The code of the first case whose condition holds; NULL if none does. A NULL condition does not hold."""
    return nw.coalesce(*(nw.when(condition).then(nw.lit(code)) for condition, code in cases))


def null_reasons(codes: Mapping[str, str]) -> dict[str, nw.Expr]:
    """The columns `<name>_reason`, for measures that are NULL for one reason only: its code where they are, else NULL."""
    return {
        f"{name}_reason": nw.when(nw.col(name).is_null()).then(nw.lit(code))
        for name, code in codes.items()
    }
