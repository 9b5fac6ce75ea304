"""`make bench`: AdventureWorks end to end, and a generated company beside a hand-written DuckDB script over the same files.

Seconds and memory are of whole processes. Quote the ratios: seconds are this machine's, and this hour's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.generate import generate
from benchmarks.stages import seconds_by_stage, seconds_by_step

ROOT = Path(__file__).parents[1]
SIZES = (1_000_000, 10_000_000)
_SLOWEST = 8
_KEYS = ("as_of_month", "period", "dimension", "class", "level", "member_id", "customer_id", "product_id")  # fmt: skip


class Cost(NamedTuple):
    """What a process took: seconds on the wall, and its memory at the peak."""

    seconds: float
    gib: float


def measured(*command: str) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    return Cost(time.monotonic() - started, usage.ru_maxrss / 2**20)


def kehu(settings: Path, *more: str) -> Cost:
    """A first run on an empty lake."""
    for name in ("lake", ".dagster"):
        shutil.rmtree(settings.parent / name, ignore_errors=True)
    os.environ.pop("DAGSTER_HOME", None)
    return measured(sys.executable, "-m", "pipelines.cli", "run", "--settings", str(settings), *more)  # fmt: skip


def told(name: str, cost: Cost, home: Path | None = None) -> None:
    """Print what something took, and where the time went."""
    print(f"{name:44} {cost.seconds:7.1f} s {cost.gib:6.2f} GiB", flush=True)
    if home:
        steps = seconds_by_step(home)
        for stage, seconds in sorted(seconds_by_stage(steps).items(), key=lambda x: -x[1]):
            print(f"  {stage:42} {seconds:7.1f} s")
        slowest = sorted(steps.items(), key=lambda x: -x[1])[:_SLOWEST]
        print("  slowest:", ", ".join(f"{name} {seconds:.1f}" for name, seconds in slowest))


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
            on = " AND ".join(f'p."{key}" = k."{key}"' for key in _KEYS if key in kinds)
            unlike = " + ".join(f"count(*) FILTER ({_unlike(c, kind)})" for c, kind in kinds.items())  # fmt: skip
            query = (
                f"SELECT {unlike}, count(*) FROM peer.{table} p FULL JOIN kehu.{table} k ON {on}"
            )
            cells, rows = connection.execute(query).fetchone() or (0, 0)
            print(f"  {table:42} {rows:9,} rows, {cells} cells differ")
            wrong += [table] if cells else []
    return wrong


def _unlike(column: str, kind: str) -> str:
    mine, theirs = f'k."{column}"', f'p."{column}"'
    if kind == "DOUBLE":
        return f"({mine} IS NULL) <> ({theirs} IS NULL) OR abs({mine} - {theirs}) > 1e-9 * abs({mine}) + 1e-15"
    return f"{mine} IS DISTINCT FROM {theirs}"


def beside_the_peer(folder: Path, lines: int) -> list[str]:
    """Both sides on a company of so many lines. Returns the tables that differ."""
    settings = generate(folder / f"{lines}", lines)
    home = settings.parent
    mine = kehu(settings)
    told(f"kehu run, {lines:,} lines", mine, home / ".dagster")
    theirs = measured(sys.executable, "-m", "benchmarks.peer", str(home), f"{home}/peer.duckdb")
    told(f"DuckDB script, {lines:,} lines", theirs)
    print(
        f"{'kehu / script':44} {mine.seconds / theirs.seconds:7.2f} × {mine.gib / theirs.gib:6.2f} ×"
    )
    return differences(home / "kehu.duckdb", home / "peer.duckdb")


def adventureworks(folder: Path) -> None:
    """43 months of a real company, end to end."""
    if "ADVENTUREWORKS" not in os.environ:
        print("AdventureWorks: ADVENTUREWORKS does not say where its files lie; left out")
        return
    home = folder / "adventureworks"
    home.mkdir(exist_ok=True)
    settings = Path(shutil.copy(ROOT / "examples" / "adventureworks" / "kehu.yaml", home))
    told("kehu run, AdventureWorks", kehu(settings, "--to", "2014-06-30"), home / ".dagster")


def main() -> None:
    """All benchmarks, or those of the sizes given as arguments."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    with tempfile.TemporaryDirectory(prefix="kehu-bench-") as name:
        adventureworks(Path(name))
        wrong = [table for size in sizes for table in beside_the_peer(Path(name), size)]
    sys.exit(f"the two sides do not agree on {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
