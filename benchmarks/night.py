"""What one night costs after one year, three, and ten years of the same company, and a sales line of each history.

Reports look back two years, which a company of one year does not have: what it reads in a night grows until the third year,
and what it reads from then on is seen beside that. The lake's files are forgotten by the system before each run, that what is
read from the disk be seen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from benchmarks.limits import ledger
from benchmarks.measure import Cost, kehu
from benchmarks.night_generate import generate, one_more_night
from benchmarks.table import Row, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CUSTOMERS = 20_000
YEARS = (1, 3, 10)
_MEASURES = {
    "seconds": "seconds",
    "processor": "CPU seconds",
    "gib": "memory",
    "read": "MiB read",
    "written": "MiB written",
}
_LAKE = "MiB new in the lake"
_AIMS = dict.fromkeys(("seconds", "MiB read", "MiB written", _LAKE), "≤ 1.3")


class Years(NamedTuple):
    """What a history of so many years took, how many sales lines it has, and what one more night took.

    Of what the night wrote: the MiB of the DuckDB file that it copied, and those of the files that the lake has since.
    """

    years: int
    history: Cost
    lines: int
    night: Cost
    copied: float
    lake: float

    @property
    def name(self) -> str:
        """As the table tells it."""
        return f"{self.years} year{'s' if self.years > 1 else ''}"


def cold(command: str, settings: Path) -> Cost:
    """One of Kehu's commands, with nothing of the company's files in the system's memory."""
    for path in settings.parent.rglob("*"):
        if path.is_file():
            _forget(path)
    return kehu(command, settings)


def _forget(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def of_years(folder: Path, years: int, customers: int) -> Years:
    """A company with a history of so many years, and one more night of it."""
    settings = generate(folder / f"{years}", years, customers)
    history = cold("run", settings)
    lines = int(ledger(settings.parent).select(pl.len()).collect().item())
    one_more_night(settings.parent, customers)
    copied = (settings.parent / "kehu.duckdb").stat().st_size / 2**20
    before = _files(settings.parent / "lake")
    night = cold("run", settings)
    new = {
        path: size for path, size in _files(settings.parent / "lake").items() if path not in before
    }
    return Years(years, history, lines, night, copied, sum(new.values()) / 2**20)


def _files(folder: Path) -> dict[Path, int]:
    """The files below a folder, and their bytes."""
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def compared(histories: Sequence[Years], customers: int) -> Table:
    """All histories, and how much more a night and a line cost with the longest one than with each of the others."""
    *shorter, longest = histories
    rows = [row for one in histories for row in _of_history(one)]
    for one in shorter:
        rows += _ratios(longest, one)
    return Table("night", customers, "customers", rows, None)


def _of_history(one: Years) -> list[Row]:
    return [Row(one.name, one.history, one.lines), Row(f"one more night after {one.name}", one.night)]  # fmt: skip


def _ratios(late: Years, early: Years) -> list[Row]:
    """How a night of `late` compares with one of `early`, measure by measure; those of the disk also without the file's copy."""
    copies = ", less the DuckDB file's copy"
    night = {
        **{word: (getattr(late.night, name), getattr(early.night, name)) for name, word in _MEASURES.items()},
        **{_MEASURES[name] + copies: (_without(late, name), _without(early, name)) for name in ("read", "written")},
        _LAKE: (late.lake, early.lake),
    }  # fmt: skip
    return [
        *(Row(f"night after {late.name}, its {word}", ratio=after / before if before else None, to=early.name, aim=_AIMS.get(word, ""))
          for word, (after, before) in night.items()),
        Row(f"CPU seconds of a line of {late.name}", ratio=_of_a_line(late) / _of_a_line(early), to=early.name, aim="≤ 2"),
    ]  # fmt: skip


def _without(one: Years, measure: str) -> float:
    return max(getattr(one.night, measure) - one.copied, 0)


def _of_a_line(one: Years) -> float:
    return (one.history.processor or 0) / one.lines


def nights(folder: Path, customers: int) -> Table:
    """The same company of so many customers, after histories of each length."""
    return compared([of_years(folder, years, customers) for years in YEARS], customers)
