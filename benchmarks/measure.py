"""Measuring whole processes, and comparing the tables that two of them made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

import duckdb

ROOT = Path(__file__).parents[1]
_KEYS = (
    "as_of_month", "period", "dimension", "class", "level", "member_id", "customer_id", "product_id",
    "salesperson_id", "complaint_id", "category", "subcategory",
)  # fmt: skip
_BETWEEN_LOOKS = 0.05


class Cost(NamedTuple):
    """What a process took: seconds on the wall, its memory at the peak, and (time, GiB) as often as was looked."""

    seconds: float
    gib: float
    looks: list[tuple[float, float]]


def measured(*command: str) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    started, ended = time.monotonic(), Event()
    looks: list[tuple[float, float]] = []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        watcher = Thread(target=_watch, args=(process.pid, ended, looks))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return Cost(time.monotonic() - started, usage.ru_maxrss / 2**20, looks)


def _watch(process: int, ended: Event, looks: list[tuple[float, float]]) -> None:
    """Note a process's memory until it ends; where there is no /proc, nothing."""
    pages = Path(f"/proc/{process}/statm")
    while not ended.wait(_BETWEEN_LOOKS):
        try:
            resident = int(pages.read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            return
        looks.append((time.time(), resident * os.sysconf("SC_PAGE_SIZE") / 2**30))


def kehu(settings: Path, *more: str) -> Cost:
    """A first run on an empty lake."""
    for name in ("lake", ".dagster"):
        shutil.rmtree(settings.parent / name, ignore_errors=True)
    os.environ.pop("DAGSTER_HOME", None)
    return measured(sys.executable, "-m", "pipelines.cli", "run", "--settings", str(settings), *more)  # fmt: skip


def differences(mine: Path, peers: Path) -> list[str]:
    """Columns of the peer's tables that do not hold what Kehu's do; ratios to 1e-9, all else exactly."""
    wrong = []
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{mine}' AS kehu (READ_ONLY); ATTACH '{peers}' AS peer (READ_ONLY)")  # fmt: skip
        tables = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'peer'"
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(tables).fetchall():
            columns.setdefault(table, {})[column] = kind
        for table, kinds in columns.items():
            keys = [key for key in _KEYS if key in kinds]
            on = " AND ".join(f'p."{key}" IS NOT DISTINCT FROM k."{key}"' for key in keys)
            unlike = [f"count(*) FILTER ({_unlike(c, kind)})" for c, kind in kinds.items()]
            query = f"SELECT count(*), {', '.join(unlike)} FROM peer.{table} p FULL JOIN kehu.{table} k ON {on}"
            rows, *cells = connection.execute(query).fetchone() or (0,)
            print(f"  {table:42} {rows:9,} rows, {sum(cells)} cells differ")
            told = [f"{c} {count:,}" for c, count in zip(kinds, cells, strict=True) if count]
            wrong += [f"{table} ({', '.join(told)})"] if told else []
    return wrong


def _unlike(column: str, kind: str) -> str:
    mine, theirs = f'k."{column}"', f'p."{column}"'
    if kind == "DOUBLE":
        return f"({mine} IS NULL) <> ({theirs} IS NULL) OR abs({mine} - {theirs}) > 1e-9 * abs({mine}) + 1e-15"
    return f"{mine} IS DISTINCT FROM {theirs}"
