"""Credit, visits, complaints and findings of a generated company, 24 months in one pass, beside a hand-written DuckDB script.

The memory of a stage is the most that the whole process held while its steps ran.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.measure import differences, first_run, measured, together
from benchmarks.service_generate import generate
from benchmarks.stages import by_stage, is_check, spans_by_step
from benchmarks.table import Row, Table

if TYPE_CHECKING:
    from pathlib import Path

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


def _stage(step: str) -> str | None:
    """The stage whose table a step makes."""
    if not step.startswith(("rollups__", "reporting__")) or is_check(step):
        return None
    table = step.split("__")[1]
    return next((stage for stage, words in STAGES.items() if any(word in table for word in words)), None)  # fmt: skip


def beside_the_peer(folder: Path, customers: int) -> Table:
    """Both sides on a company of so many customers."""
    settings = generate(folder / f"{customers}", customers)
    home, peer = settings.parent, settings.parent / "peer.duckdb"
    whole = first_run(settings)
    stages = by_stage(spans_by_step(home / ".dagster"), whole, _stage)
    script = measured(sys.executable, "-m", "benchmarks.service_peer", str(home), str(peer))
    mine = together(stages[stage] for stage in _OF_THE_PEER)
    rows = [
        Row("kehu run", whole),
        *(Row(f"  {stage}", stages[stage]) for stage in STAGES),
        Row("  these four", together(stages.values()), aim="≤ 60 s, ≤ 3 GiB"),
        Row("  credit, visits and complaints", mine, None, None, mine.seconds / script.seconds, "DuckDB script"),
        Row("DuckDB script, these three", script),
    ]  # fmt: skip
    return Table("service", customers, "customers", rows, differences(home / "kehu.duckdb", peer))
