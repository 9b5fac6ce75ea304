"""When each step of the last runs began and ended, from what Dagster remembers of them."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pathlib import Path


def spans_by_step(home: Path, runs: int = 2) -> dict[str, tuple[float, float]]:
    """Begin and end of each step of the newest runs (one `kehu run` is two: deliveries, reports)."""
    spans: dict[str, tuple[float, float]] = {}
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(limit=runs):
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time and step.end_time:
                    spans[step.step_key] = (step.start_time, step.end_time)
    return spans


def seconds_by_step(home: Path) -> dict[str, float]:
    """Seconds of each step of the newest runs."""
    return {step: end - begin for step, (begin, end) in spans_by_step(home).items()}


def is_check(step: str) -> bool:
    """Whether a step checks a table rather than makes one."""
    return step.endswith(("as_declared", "balanced"))


def seconds_by_stage(steps: dict[str, float]) -> dict[str, float]:
    """Seconds by layer of the lake; checks by themselves."""
    stages: dict[str, float] = defaultdict(float)
    for step, seconds in steps.items():
        stages["checks" if is_check(step) else step.split("_")[0]] += seconds
    return dict(stages)
