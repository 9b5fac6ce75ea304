"""`python -m benchmarks.service`: credit, visits, complaints and findings of a generated company, 24 months in one pass.

Seconds and memory of the steps that compute each, and of the whole; then the same tables by a hand-written DuckDB script,
cell by cell. The memory of a stage is the most that the whole process held while its steps ran.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.bench import told
from benchmarks.measure import Cost, differences, kehu, measured
from benchmarks.service_generate import generate
from benchmarks.stages import is_check, spans_by_step

if TYPE_CHECKING:
    from collections.abc import Iterable

CUSTOMERS = 100_000
# Words in the names of the tables that a stage makes.
STAGES = {
    "credit": ("credit", "invoice", "receivable"),
    "visits": ("visit",),
    "complaints": ("complaint",),
    "findings": ("finding", "target"),
}
# The stages whose tables the script makes too, but for the effectiveness of visits.
_OF_THE_PEER = ("credit", "visits", "complaints")


def by_stage(home: Path, cost: Cost) -> dict[str, Cost]:
    """What the report steps of each stage took, those of all of them together last."""
    spans = spans_by_step(home)
    made = {step: step.split("__")[1] for step in spans if _is_report(step)}
    steps = {
        stage: [step for step, table in made.items() if any(word in table for word in words)]
        for stage, words in STAGES.items()
    }
    steps["together"] = [step for found in steps.values() for step in found]
    return {stage: _cost([spans[step] for step in found], cost) for stage, found in steps.items()}


def _is_report(step: str) -> bool:
    return step.startswith(("rollups__", "reporting__")) and not is_check(step)


def _cost(spans: Iterable[tuple[float, float]], whole: Cost) -> Cost:
    spans = list(spans)
    looks = [
        (at, gib) for at, gib in whole.looks if any(begin <= at <= end for begin, end in spans)
    ]
    peak = max((gib for _, gib in looks), default=0.0)
    return Cost(sum(end - begin for begin, end in spans), peak, looks)


def beside_the_peer(folder: Path, customers: int) -> tuple[dict[str, Cost], list[str]]:
    """Both sides on a company of so many customers. Returns what each stage took, and the tables that differ."""
    settings = generate(folder / f"{customers}", customers)
    home = settings.parent
    mine = kehu(settings)
    stages = by_stage(home / ".dagster", mine)
    told(f"kehu run, {customers:,} customers", mine, home / ".dagster")
    for stage, cost in stages.items():
        told(f"{stage}, of 60 s and 3 GiB" if stage == "together" else stage, cost)
    peer = f"{home}/peer.duckdb"
    theirs = measured(sys.executable, "-m", "benchmarks.service_peer", str(home), peer)
    told("DuckDB script, tables of the first three", theirs)
    seconds = sum(stages[stage].seconds for stage in _OF_THE_PEER)
    gib = max(stages[stage].gib for stage in _OF_THE_PEER)
    print(f"{'kehu / script':44} {seconds / theirs.seconds:7.2f} × {gib / theirs.gib:6.2f} ×")
    return stages, differences(home / "kehu.duckdb", Path(peer))


def main() -> None:
    """The benchmark of 100,000 customers, or of as many as the argument says."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    with tempfile.TemporaryDirectory(prefix="kehu-bench-") as name:
        _, wrong = beside_the_peer(Path(name), customers)
    sys.exit(f"the two sides do not agree on {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
