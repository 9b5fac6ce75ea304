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
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from pipelines.settings import load
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).parents[1]
BETWEEN_LOOKS = 0.05
_BLOCK = 512


class Cost(NamedTuple):
    """What a process took: seconds on the wall and of the processor, GiB at the peak, MiB from and to the disk.

    `looks` are (time, GiB), as often as was looked; `said` is what it printed. Of a part of a process some are not known.
    """

    seconds: float
    gib: float | None = None
    looks: Sequence[tuple[float, float]] = ()
    processor: float | None = None
    read: float | None = None
    written: float | None = None
    said: str = ""


def measured(*command: str) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    started, ended = time.monotonic(), Event()
    looks: list[tuple[float, float, float]] = []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        watcher = Thread(target=_watch, args=(process.pid, ended, looks))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read().decode()
    if process.returncode:
        raise SystemExit(told)
    # What the system tells at the end counts the memory of the process that started this one, too.
    gib = looks[-1][2] if looks else usage.ru_maxrss / 2**20
    processor = usage.ru_utime + usage.ru_stime
    disk = (blocks * _BLOCK / 2**20 for blocks in (usage.ru_inblock, usage.ru_oublock))
    return Cost(seconds, gib, [look[:2] for look in looks], processor, *disk, told)


def attempted(run: Callable[..., Cost], *arguments: str | Path) -> Cost | None:
    """Measure what may be too much for the machine; None where it failed, whose last words are printed."""
    try:
        return run(*arguments)
    except SystemExit as failure:
        print(failure, file=sys.stderr)
        return None


def _watch(process: int, ended: Event, looks: list[tuple[float, float, float]]) -> None:
    """Note what a process holds and has held at most until it ends; where there is no /proc, nothing."""
    while not ended.wait(BETWEEN_LOOKS):
        try:
            now, most = held(Path(f"/proc/{process}"))
        except (OSError, KeyError):
            return
        looks.append((time.time(), now, most))


def held(process: Path) -> tuple[float, float]:
    """The GiB that a process of /proc holds, and has held at most.

    Raises:
        OSError, KeyError: it has ended, or there is no /proc.
    """
    told = (process / "status").read_text(encoding="utf-8").splitlines()
    words = dict(line.split(":", 1) for line in told)
    now, most = (int(words[name].split()[0]) / 2**20 for name in ("VmRSS", "VmHWM"))
    return now, most


def kehu(command: str, settings: Path, *more: str) -> Cost:
    """One of the commands, on whatever lake is there."""
    os.environ.pop("DAGSTER_HOME", None)
    return measured(sys.executable, "-m", "pipelines.cli", command, "--settings", str(settings), *more)  # fmt: skip


def first_run(settings: Path, *more: str) -> Cost:
    """A run on an empty lake, without a DuckDB file of before."""
    for name in ("lake", ".dagster"):
        shutil.rmtree(settings.parent / name, ignore_errors=True)
    if file := load(settings).duckdb_path:
        file.unlink(missing_ok=True)
    return kehu("run", settings, *more)


def together(costs: Iterable[Cost]) -> Cost:
    """What parts of a process took in all."""
    costs = list(costs)
    return Cost(sum(cost.seconds for cost in costs), max(cost.gib or 0 for cost in costs))


def differences(mine: Path, peers: Path) -> list[str]:
    """Columns of the reporting tables that the peer has too and that do not hold what Kehu's do; ratios to 1e-9, all else exactly."""
    wrong = []
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{mine}' AS kehu (READ_ONLY); ATTACH '{peers}' AS peer (READ_ONLY)")  # fmt: skip
        tables = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'peer' AND schema_name = 'main'"
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in connection.execute(tables).fetchall():
            if table in TABLES:
                columns.setdefault(table, {})[column] = kind
        for table, kinds in columns.items():
            on = " AND ".join(
                f'p."{key}" IS NOT DISTINCT FROM k."{key}"' for key in TABLES[table].key
            )
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
