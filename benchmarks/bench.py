"""`make bench`: AdventureWorks end to end, and a generated company beside a hand-written DuckDB script over the same files.

Seconds and memory are of whole processes. Quote the ratios: seconds are this machine's, and this hour's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.measure import ROOT, Cost, differences, kehu, measured
from benchmarks.stages import seconds_by_stage, seconds_by_step

SIZES = (1_000_000, 10_000_000)
_SLOWEST = 8


def told(name: str, cost: Cost, home: Path | None = None) -> None:
    """Print what something took, and where the time went."""
    print(f"{name:44} {cost.seconds:7.1f} s {cost.gib:6.2f} GiB", flush=True)
    if home:
        steps = seconds_by_step(home)
        for stage, seconds in sorted(seconds_by_stage(steps).items(), key=lambda x: -x[1]):
            print(f"  {stage:42} {seconds:7.1f} s")
        slowest = sorted(steps.items(), key=lambda x: -x[1])[:_SLOWEST]
        print("  slowest:", ", ".join(f"{name} {seconds:.1f}" for name, seconds in slowest))


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
