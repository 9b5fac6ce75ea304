"""What the driver of Spark holds while a cluster computes a generated company: plans, registers and ids, but no facts.

A standalone cluster of two workers on this machine, so that the driver's Java is a process of its own.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

import yaml

from benchmarks.measure import BETWEEN_LOOKS, Cost, differences, first_run, held
from benchmarks.table import Row, Table

if TYPE_CHECKING:
    from benchmarks.generate import Company

SIZES = (100_000, 1_000_000)
_CONF = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "4g",
}
_PYTHON, _JAVA = "kehu run, engine spark: Python", "the driver: Java"


def on_a_cluster(company: Company, smaller: Table | None = None) -> Table:
    """A whole run; `smaller` is the table of a company with fewer lines, that the growth of memory be seen."""
    from tests.spark_cluster import cluster

    lines = company.lines
    expected = first_run(company.generate())
    settings = company.settings(company.folder / "spark", "spark", "..")
    with (
        cluster(company.folder, memory="4200m") as master,
        _Peak(f"spark.master={master}".encode()) as java,
    ):
        told = yaml.safe_dump({"spark": {"master": master, "conf": _CONF}})
        settings.write_text(settings.read_text(encoding="utf-8") + told, encoding="utf-8")
        cost = first_run(settings)
    mine, theirs = (
        path.parent / "kehu.duckdb" for path in (settings, company.folder / "kehu.yaml")
    )
    rows = [
        Row("kehu run, engine polars", expected, lines),
        Row(_PYTHON, cost, lines, None, _growth(cost.gib, _PYTHON, smaller), _to(smaller)),
        Row(_JAVA, Cost(cost.seconds, java.gib), lines, None, _growth(java.gib, _JAVA, smaller), _to(smaller)),
    ]  # fmt: skip
    return Table("driver", lines, "order lines", rows, differences(mine, theirs))


def _growth(gib: float | None, stage: str, smaller: Table | None) -> float | None:
    """Peak memory against that of fewer lines."""
    return gib / smaller.peak_of(stage) if gib and smaller else None


def _to(smaller: Table | None) -> str:
    return f"{smaller.size:,} lines" if smaller else ""


class _Peak:
    """The most that a process with this word in its command line held while the context lasted."""

    def __init__(self, word: bytes) -> None:
        self._word, self._ended = word, Event()
        self._watcher = Thread(target=self._watch)
        self.gib = 0.0

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(BETWEEN_LOOKS):
            for command in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError, KeyError):  # it has ended meanwhile
                    if self._word in command.read_bytes():
                        self.gib = max(self.gib, held(command.parent)[1])
