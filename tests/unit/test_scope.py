"""What a run may say of the months that it computed: only what all their tables were computed from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster._core.execution.stats import RunStepKeyStatsSnapshot, StepEventStatus

from assets.tables import key_of
from pipelines.errors import MonthsError
from pipelines.freshness import Calendar, begin, remember
from pipelines.lake import Lake
from pipelines.months import Months
from pipelines.resources import scope_of
from pipelines.scope import PART, Scope
from schemas.catalogue import TABLES
from schemas.rollups import ROLLUPS

if TYPE_CHECKING:
    from pathlib import Path

MONTH = "2024-01"
KEYS = frozenset(key_of(table) for table in (*ROLLUPS.values(), *TABLES.values()))
STEPS = [key.to_python_identifier() for key in KEYS]


WHOLE, REST = Scope("whole", "1"), Scope("rest", "1")
NEXT_WHOLE, NEXT_REST = Scope("whole", "2"), Scope("rest", "2")


@pytest.mark.parametrize(
    ("begun", "noted_by", "now", "is_current"),
    [
        ([("a", WHOLE)], WHOLE, "a", True),
        ([("a", WHOLE)], WHOLE, "b", False),  # a delivery came before it was published
        ([("a", WHOLE)], REST, "a", True),  # only the publication was left
        ([("a", WHOLE)], REST, "b", False),
        ([("a", WHOLE), ("a", REST)], REST, "a", True),
        ([("a", WHOLE), ("b", REST)], REST, "b", False),  # rollups of a, reports of b
        ([("a", WHOLE), ("b", WHOLE)], WHOLE, "b", True),
        ([("a", WHOLE)], PART, "a", False),  # it died half-way, then one table was computed
        ([("a", PART)], REST, "a", False),
        ([], REST, "a", False),
        ([("a", PART)], PART, "a", False),
        # The next night began anew and died half-way; then the one before was executed again from where it had failed.
        ([("a", WHOLE), ("b", NEXT_WHOLE)], REST, "b", False),
        ([("a", WHOLE), ("b", NEXT_WHOLE), ("b", REST)], REST, "b", False),
        ([("a", WHOLE), ("b", NEXT_WHOLE), ("b", NEXT_REST)], NEXT_REST, "b", True),
    ],
)
def test_a_month_is_current_where_all_its_tables_are(
    tmp_path: Path, begun: list[tuple[str, Scope]], noted_by: Scope, now: str, *, is_current: bool
) -> None:
    """Guards against a month that shows tables of two nights, passes for current, and is never computed again."""
    lake = Lake(str(tmp_path))
    for inputs, scope in begun:
        begin(lake, {MONTH: inputs}, scope)
        assert Calendar({MONTH: inputs}).stale(lake) == [MONTH]
    calendar = Calendar({MONTH: now})
    remember(lake, calendar, {MONTH: "{}"}, noted_by)
    assert (calendar.stale(lake) == []) == is_current


def test_what_follows_the_last_month_counts_while_it_is_the_last(tmp_path: Path) -> None:
    """Guards against a month computed twice when the next one begins, and dimensions that never hear of a member."""
    lake = Lake(str(tmp_path))
    begin(lake, {MONTH: "a"}, WHOLE)
    remember(lake, Calendar({MONTH: "a"}), {MONTH: "{}"}, WHOLE)
    known = Calendar({MONTH: "a+later"})
    assert known.stale(lake) == [MONTH]
    begin(lake, known.inputs, WHOLE)
    remember(lake, known, {MONTH: "{}"}, WHOLE)
    assert known.stale(lake) == []
    assert Calendar({MONTH: "a"}).stale(lake) == [MONTH]  # it went again
    assert Calendar({MONTH: "a", "2024-02": "b"}).stale(lake) == ["2024-02"]


def test_a_month_published_once_more_stays_current(tmp_path: Path) -> None:
    """Guards against a publication made by hand after which the next night computes all again."""
    lake, calendar = Lake(str(tmp_path)), Calendar({MONTH: "a"})
    begin(lake, calendar.inputs, WHOLE)
    for scope in (WHOLE, PART):
        remember(lake, calendar, {MONTH: "{}"}, scope)
        assert calendar.stale(lake) == []


CHECK, PUBLISH = "reporting__rpt_rfm_as_declared", "published__months"
ALL = [*STEPS, CHECK, PUBLISH]


class _Past:
    """What Dagster knows of runs, each going on from the one before: the steps that it was to execute, and those that it did."""

    def __init__(self, *runs: tuple[list[str], list[str]]) -> None:
        self._runs = runs

    def get_run_by_id(self, run_id: str) -> dg.DagsterRun | None:
        parent = str(int(run_id) - 1) if run_id != "0" else None
        if int(run_id) >= len(self._runs):
            return None
        return _run(run_id, parent, step_keys_to_execute=self._runs[int(run_id)][0])

    def get_run_step_stats(self, run_id: str) -> list[RunStepKeyStatsSnapshot]:
        planned, done = self._runs[int(run_id)]
        ends = {True: StepEventStatus.SUCCESS, False: StepEventStatus.FAILURE}
        return [RunStepKeyStatsSnapshot(run_id, step, ends[step in done]) for step in planned]

    def get_execution_plan_snapshot(self, run_id: str) -> SimpleNamespace:
        return SimpleNamespace(step_keys_to_execute=self._runs[int(run_id)][0])


def _run(run_id: str, parent: str | None = None, **more: object) -> dg.DagsterRun:
    ids = {"run_id": run_id, "execution_plan_snapshot_id": run_id, "parent_run_id": parent, "root_run_id": parent}  # fmt: skip
    return dg.DagsterRun(job_name="reports", **ids, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chosen", "scope"),
    [
        ({}, "whole"),
        ({"step_keys_to_execute": [*STEPS, "more"], "asset_selection": frozenset()}, "whole"),
        ({"asset_selection": KEYS | {dg.AssetKey("more")}}, "whole"),
        ({"step_keys_to_execute": [PUBLISH]}, "part"),
        ({"asset_selection": frozenset([*KEYS][1:])}, "part"),
    ],
)
def test_what_a_run_computes(chosen: dict[str, object], scope: Any) -> None:
    """Guards against a table computed by hand that lets all others of its month pass for computed."""
    nothing: Any = _Past()
    assert scope_of(_run("0", **chosen), nothing) == Scope(scope, "0" if scope == "whole" else "")
    assert scope_of(None, nothing) == PART


@pytest.mark.parametrize(
    ("before", "chosen", "scope"),
    [
        ([(ALL, [*STEPS, CHECK])], [PUBLISH], "rest"),
        ([(ALL, STEPS)], [CHECK, PUBLISH], "rest"),
        ([(ALL, STEPS)], [PUBLISH], "part"),  # the check failed, and is not asked
        ([(ALL, STEPS[1:])], [PUBLISH], "part"),  # a table failed
        ([(ALL, STEPS[1:])], [STEPS[0], CHECK, PUBLISH], "rest"),
        ([(ALL, STEPS[1:]), (STEPS[:1], STEPS[:1])], [CHECK, PUBLISH], "rest"),
        ([(ALL, STEPS[1:]), (STEPS[:1], STEPS[:1])], [PUBLISH], "part"),
        ([(ALL, [*STEPS, CHECK]), ([CHECK, PUBLISH], [])], [PUBLISH], "part"),  # asked once more, it failed
        ([(ALL, STEPS[1:]), ([PUBLISH], [PUBLISH])], [PUBLISH], "part"),
        ([([STEPS[0], PUBLISH], STEPS[:1])], [PUBLISH], "part"),  # never more than one table
        ([(ALL, STEPS)], [*STEPS, PUBLISH], "part"),
        ([(ALL, STEPS)], ALL, "whole"),
        ([(ALL, STEPS), (ALL, [*STEPS, CHECK])], [PUBLISH], "rest"),
    ],
)  # fmt: skip
def test_what_a_run_computes_that_goes_on_from_others(
    before: list[tuple[list[str], list[str]]], chosen: list[str], scope: Any
) -> None:
    """Guards against a month noted as current by a publication executed again, while a table of it or a check failed before."""
    past: Any = _Past(*before, (chosen, []))
    number = len(before)
    run = _run(str(number), str(number - 1), step_keys_to_execute=chosen)
    whole = [one for one, (steps, _) in enumerate([*before, (chosen, [])]) if {*steps} >= {*STEPS}]
    assert scope_of(run, past) == (PART if scope == "part" else Scope(scope, str(whole[-1])))


def test_what_a_run_computes_whose_parent_is_forgotten() -> None:
    """Guards against the rest of a run of which nobody knows what it did."""
    past: Any = _Past(([PUBLISH], []))
    assert scope_of(_run("0", "1", step_keys_to_execute=[PUBLISH]), past) == PART


def test_months_of_which_nothing_is_known() -> None:
    """Guards against a month picked in the grid, years after the last delivery, whose balances begin at nothing."""
    months = Months(["2024-10"], [MONTH, "2024-02"], 1, frozenset())
    with pytest.raises(MonthsError, match=r"2024-10 to 2024-10: nothing is known .* end with 2024-02"):  # fmt: skip
        months.refuse_gap()
    Months([MONTH, "2024-10"], [MONTH, "2024-02"], 1, frozenset()).refuse_gap()
