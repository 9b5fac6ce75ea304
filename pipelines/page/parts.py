"""What the page is made of: sections of figures, charts and tables. No numbers and no words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Chinese and English.
Words = tuple[str, str]
# How the cells of a column are set.
NUMBER = "number"
WHOLE = "whole"
PROSE = "prose"
# Where a shown value comes from, as `data-...` attributes: whoever doubts it can look it up (docs/adr/0011-page.md).
Origin = Mapping[str, str]
# What is said where there are no rows.
NONE: Words = ("没有。", "None.")


def same(text: str) -> Words:
    """A text that is the same in both languages: an id, a name, a number."""
    return text, text


@dataclass(frozen=True)
class Cell:
    """One shown value. `why`: the reason where there is none; `note`: what stands small beneath it."""

    text: Words
    origin: Origin = field(default_factory=dict)
    why: Words | None = None
    note: str = ""
    mark: str = ""  # the code that the look of it follows
    link: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a table on the page; `origin` holds what its cells share. The first cell is its heading."""

    cells: tuple[Cell, ...]
    origin: Origin = field(default_factory=dict)


@dataclass(frozen=True)
class Head:
    """A column's heading, and how its cells are set: as numbers, as what is not broken into lines, as sentences, or as words."""

    words: Words
    kind: str = ""


@dataclass(frozen=True)
class Grid:
    """A table. `of`: how many rows there are where not all are shown; `none`: what is said where there are no rows."""

    caption: Words
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    none: Words = NONE
    total: Row | None = None
    of: Cell | None = None
    period: str = ""
    kind: str = "grid"


@dataclass(frozen=True)
class Chart:
    """A chart of `charts.py` with its rows, by period ("" where there are none) and name of the data set."""

    name: str
    spec: str
    title: Words
    description: Words
    data: dict[str, dict[str, list[dict[str, Any]]]]
    tables: tuple[Grid, ...] = ()
    kind: str = "chart"


@dataclass(frozen=True)
class Comparison:
    """How a figure differs from an earlier one: by how much, and from what."""

    words: Words
    change: Cell
    before: Cell


@dataclass(frozen=True)
class Figure:
    """A key figure, with what it is compared with."""

    words: Words
    value: Cell
    comparisons: tuple[Comparison, ...] = ()
    beside: tuple[tuple[Words, Cell], ...] = ()


@dataclass(frozen=True)
class Strip:
    """Key figures side by side."""

    figures: tuple[Figure, ...]
    kind: str = "strip"


@dataclass(frozen=True)
class Note:
    """A plain sentence."""

    words: Words
    period: str = ""
    kind: str = "note"


@dataclass(frozen=True)
class Side:
    """Charts side by side where there is room."""

    charts: tuple[Chart, ...]
    kind: str = "side"


Block = Grid | Chart | Strip | Note | Side


@dataclass(frozen=True)
class Section:
    """One question that the page answers."""

    id: str
    title: Words
    lead: Words
    blocks: tuple[Block, ...]
