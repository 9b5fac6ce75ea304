"""What the stages of the last run took, from what Dagster remembers of their steps and what was seen of the process meanwhile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import dagster as dg

from benchmarks.measure import BETWEEN_LOOKS, Cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    Span = tuple[float, float]

REST = "start-up and Dagster's own"
# In the order of the flow.
STAGES = (
    "deliveries",
    "ledgers",
    "rollups",
    "reports",
    "checks",
    "door and publication",
    "page and documents",
)
_LAYERS = {
    "feeds": "deliveries",
    "ledger": "ledgers",
    "retired": "ledgers",
    "rollups": "rollups",
    "reporting": "reports",
}
_DOCUMENTS = ("published__manager_page", "published__credit_reports")


def spans_by_step(home: Path, runs: int = 2) -> dict[str, Span]:
    """Begin and end of each step of the newest runs (one `kehu run` is two: deliveries, reports)."""
    spans: dict[str, Span] = {}
    os.environ["DAGSTER_HOME"] = str(home)
    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs(limit=runs):
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time and step.end_time:
                    spans[step.step_key] = (step.start_time, step.end_time)
    return spans


def stage_of(step: str) -> str:
    """The stage of a step, as every benchmark tells it."""
    if is_check(step):
        return "checks"
    if step in _DOCUMENTS:
        return "page and documents"
    return _LAYERS.get(step.partition("_")[0], "door and publication")


def is_check(step: str) -> bool:
    """Whether a step checks something rather than makes a table."""
    return step.endswith(("as_declared", "balanced", "punctuality"))


def by_stage(
    spans: dict[str, Span], whole: Cost, stage: Callable[[str], str | None] = stage_of
) -> dict[str, Cost]:
    """What the steps of each stage took; a step of no stage counts nowhere."""
    stages: dict[str, list[Span]] = {}
    for step, span in sorted(spans.items(), key=lambda item: item[1]):
        if name := stage(step):
            stages.setdefault(name, []).append(span)
    return {name: during(found, whole) for name, found in stages.items()}


def during(spans: Iterable[Span], whole: Cost) -> Cost:
    """The seconds of these spans, and the most that the whole process held in them."""
    spans = list(spans)
    looks = [(at, gib) for at, gib in whole.looks if _in_one(at, spans)]
    return Cost(sum(end - begin for begin, end in spans), _peak(looks), looks)


def rest(spans: Iterable[Span], whole: Cost) -> Cost:
    """What the process took outside these spans."""
    spans = list(spans)
    looks = [(at, gib) for at, gib in whole.looks if not _in_one(at, spans)]
    return Cost(whole.seconds - sum(end - begin for begin, end in spans), _peak(looks), looks)


def _in_one(at: float, spans: list[Span]) -> bool:
    """A look tells of the time until the next one."""
    return any(begin - BETWEEN_LOOKS <= at <= end for begin, end in spans)


def _peak(looks: Sequence[tuple[float, float]]) -> float | None:
    return max((gib for _, gib in looks), default=None)
