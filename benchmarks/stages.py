"""Seconds per step of the last runs, from what Dagster remembers of them."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from pathlib import Path


def seconds_by_step(home: Path, runs: int = 2) -> dict[str, float]:
    """Seconds of each step of the newest runs (one `kehu run` is two: deliveries, reports)."""
    seconds: dict[str, float] = {}
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(limit=runs):
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time and step.end_time:
                    seconds[step.step_key] = step.end_time - step.start_time
    return seconds


def seconds_by_stage(steps: dict[str, float]) -> dict[str, float]:
    """Seconds by layer of the lake; checks by themselves."""
    stages: dict[str, float] = defaultdict(float)
    for step, seconds in steps.items():
        layer = step.split("__")[0]
        is_check = step.endswith(("as_declared", "balanced"))
        stages["checks" if is_check else layer] += seconds
    return dict(stages)
