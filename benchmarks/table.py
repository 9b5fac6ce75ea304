"""One table for every benchmark: printed, and kept with the versions and the machine that made it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import ROOT, Cost

RESULTS = ROOT / "benchmarks" / "results"
_PACKAGES = ("kehu", "polars", "duckdb", "dagster", "deltalake", "pandas", "pyspark")
_LOAD = os.getloadavg()[0]
# Of each column how it is printed; a column that has nothing to say is left out.
_COLUMNS = {
    "stage": "",
    "seconds": ".2f",
    "CPU seconds": ".2f",
    "peak GiB": ".2f",
    "MiB read": ",.0f",
    "MiB written": ",.0f",
    "rows/s": ",.0f",
    "limit, seconds": ".2f",
    "ratio": ".2f",
    "to": "",
    "aim": "",
}


class Row(NamedTuple):
    """A line of the table: what was measured, the least that it could take, its ratio to something else, and what was aimed at."""

    stage: str
    cost: Cost | None = None
    rows: int | None = None
    limit: float | None = None
    ratio: float | None = None
    to: str = ""
    aim: str = ""

    @property
    def cells(self) -> dict[str, Any]:
        """What the columns hold."""
        cost = self.cost
        told = (cost.seconds, cost.processor, cost.gib, cost.read, cost.written) if cost else (None,) * 5  # fmt: skip
        rate = self.rows / cost.seconds if self.rows and cost else None
        values = (self.stage, *told, rate, self.limit, self.ratio, self.to or None, self.aim or None)  # fmt: skip
        return dict(zip(_COLUMNS, values, strict=True))


class Table(NamedTuple):
    """What a benchmark of some size found; `wrong` names the tables on which the sides do not agree, None: there is one side."""

    name: str
    size: int
    of: str
    rows: list[Row]
    wrong: list[str] | None

    def peak_of(self, stage: str) -> float:
        """The GiB that a stage held at most."""
        return next(row.cost.gib for row in self.rows if row.stage == stage and row.cost and row.cost.gib)  # fmt: skip

    @property
    def markdown(self) -> str:
        """The table as it is printed and kept."""
        rows = [row.cells for row in self.rows]
        kept = [name for name in _COLUMNS if any(row[name] is not None for row in rows)]
        lines = [kept, *([_printed(name, row[name]) for name in kept] for row in rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(kept))]
        lines.insert(1, ["-" * width for width in widths])
        told = "\n".join(_line(line, widths) for line in lines)
        agree = "All sides agree on every cell."
        if self.wrong is None:
            agree = "One side alone: nothing was compared."
        elif self.wrong:
            agree = f"The sides do not agree on {', '.join(self.wrong)}."
        return f"# {self.name}, {self.size:,} {self.of}\n\n{told}\n\n{agree}\n"

    def keep(self, folder: Path = RESULTS) -> Path:
        """Print the table, and write it and its numbers beside each other. Returns the file of the numbers."""
        made = machine()
        path = folder / version("kehu") / f"{self.name}-{self.size}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        told = f"{self.markdown}\n{', '.join(f'{name} {value}' for name, value in made.items())}\n"
        numbers = {"name": self.name, "size": self.size, "of": self.of, "machine": made, "wrong": self.wrong, "rows": [row.cells for row in self.rows]}  # fmt: skip
        path.write_text(json.dumps(numbers, indent=1, ensure_ascii=False), encoding="utf-8")
        path.with_suffix(".md").write_text(told, encoding="utf-8")
        print(told, flush=True)
        return path


def _printed(name: str, value: Any) -> str:
    return "" if value is None else format(value, _COLUMNS[name])


def _line(cells: list[str], widths: list[int]) -> str:
    """A line of the table; the names of the stages are left, numbers right."""
    first, *others = [
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join([first, *others])} |"


def machine() -> dict[str, str]:
    """What ran the benchmark, and how busy it was before."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "load at the start": f"{_LOAD:.1f}",
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
        "commit": _commit(),
    }


def _processor() -> str:
    """The processor's name, where the system tells it."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not there"


def _commit() -> str:
    try:
        command = ("git", "describe", "--always", "--dirty")
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "not known"
