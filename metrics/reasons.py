"""Codes by cases: why a measure is NULL, and which of several codes applies."""

from __future__ import annotations

import narwhals as nw


def first_code(*cases: tuple[nw.Expr, str]) -> nw.Expr:
    """The code of the first case whose condition holds; NULL if none does. A NULL condition does not hold."""
    return nw.coalesce(*(nw.when(condition).then(nw.lit(code)) for condition, code in cases))
