"""What one night costs after one year and after ten years of the same company, and a sales line of each history.

The lake's files are forgotten by the system before each run, that what is read from the disk be seen.
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
    from pathlib import Path

CUSTOMERS = 20_000
YEARS = (1, 10)


class Years(NamedTuple):
    """What a history of so many years took, how many sales lines it has, what one more night took, and the MiB of the file that it copies."""

    history: Cost
    lines: int
    night: Cost
    copied: float


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
    return Years(history, lines, cold("run", settings), copied)


def compared(early: Years, late: Years, customers: int) -> Table:
    """Both histories, and how much more a night costs after the longer one."""
    rows = []
    for years, name in ((early, f"{YEARS[0]} year"), (late, f"{YEARS[1]} years")):
        rows += [Row(name, years.history, years.lines), Row(f"one more night after {name}", years.night)]  # fmt: skip
    words = {"seconds": "seconds", "processor": "CPU seconds", "gib": "memory", "read": "MiB read", "written": "MiB written"}  # fmt: skip
    for name, word in words.items():
        after, before = getattr(late.night, name), getattr(early.night, name)
        rows.append(Row(f"  its {word}", ratio=after / before if before else None, to=f"after {YEARS[0]} year"))  # fmt: skip
    for name, word in (("read", "MiB read"), ("written", "MiB written")):
        after, before = (
            max(getattr(years.night, name) - years.copied, 0) for years in (late, early)
        )
        rows.append(Row(f"  its {word}, less the DuckDB file's copy", ratio=after / before if before else None, to=f"after {YEARS[0]} year"))  # fmt: skip
    a_line = [years.history.processor / years.lines for years in (early, late)]
    rows.append(Row(f"CPU seconds of a line of {YEARS[1]} years", ratio=a_line[1] / a_line[0], to=f"of {YEARS[0]} year"))  # fmt: skip
    return Table("night", customers, "customers", rows, [])


def nights(folder: Path, customers: int) -> Table:
    """Both companies of so many customers."""
    return compared(*(of_years(folder, years, customers) for years in YEARS), customers)
