"""Findings on the page: what is wrong and what would clear it, in the words of `rpt_finding`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.page.grids import Extra, listing, member
from pipelines.page.parts import PROSE, Cell, Head
from schemas.catalogue import TABLES
from schemas.rules import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pipelines.page.month import Month, Rows
    from pipelines.page.parts import Grid, Words

FINDING = TABLES["rpt_finding"]
_MONTH = len("2024-01/")


def identity() -> pl.Expr:
    """What tells a finding from others while it holds: its id without the month."""
    return pl.col("finding_id").str.slice(_MONTH)


def gravest_first() -> pl.Expr:
    """To sort by: the gravest severity first."""
    grades = {code: -at for at, (code, _, _) in enumerate(SEVERITIES)}
    return pl.col("severity").replace_strict(grades, return_dtype=pl.Int8)


def finding_grid(
    month: Month, caption: Words, found: Rows, *, of: Cell | None = None, none: Words
) -> Grid:
    """Findings with their sentence and what would clear each."""
    names = month.names(one["subject_id"] for one in found if one["subject_type"] == "customer")
    subject = member("subject_id", ("对象", "About"), names)
    sentence = Extra(Head(("情况", "What is wrong"), PROSE), lambda one: _text(one, "sentence"))
    remedy = Extra(Head(("对策", "What to do"), PROSE), lambda one: _text(one, "remedy"))
    columns = (subject, "rule_id", "severity", sentence, remedy)
    return listing(caption, FINDING, found, columns, of=of, none=none)


def _text(found: Mapping[str, Any], name: str) -> Cell:
    return Cell((found[f"{name}_zh"], found[f"{name}_en"]))
