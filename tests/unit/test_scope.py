"""What a run may say of the months that it computed: only what all their tables were computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg
import pytest

from assets.tables import key_of
from pipelines.errors import MonthsError
from pipelines.freshness import Calendar, Scope, begin, remember
from pipelines.lake import Lake
from pipelines.months import Months
from pipelines.resources import scope_of
from schemas.catalogue import TABLES
from schemas.rollups import ROLLUPS

if TYPE_CHECKING:
    from pathlib import Path

MONTH = "2024-01"
KEYS = frozenset(key_of(table) for table in (*ROLLUPS.values(), *TABLES.values()))
STEPS = [key.to_python_identifier() for key in KEYS]


@pytest.mark.parametrize(
    ("begun", "noted_by", "now", "is_current"),
    [
        ([("a", "whole")], "whole", "a", True),
        ([("a", "whole")], "whole", "b", False),  # a delivery came before it was published
        ([("a", "whole")], "rest", "a", True),  # only the publication was left
        ([("a", "whole")], "rest", "b", False),
        ([("a", "whole"), ("a", "rest")], "rest", "a", True),
        ([("a", "whole"), ("b", "rest")], "rest", "b", False),  # rollups of a, reports of b
        ([("a", "whole"), ("b", "whole")], "whole", "b", True),
        ([("a", "whole")], "part", "a", False),  # it died half-way, then one table was computed
        ([("a", "part")], "rest", "a", False),
        ([], "rest", "a", False),
        ([("a", "part")], "part", "a", False),
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
    begin(lake, {MONTH: "a"}, "whole")
    remember(lake, Calendar({MONTH: "a"}), {MONTH: "{}"}, "whole")
    known = Calendar({MONTH: "a+later"})
    assert known.stale(lake) == [MONTH]
    begin(lake, known.inputs, "whole")
    remember(lake, known, {MONTH: "{}"}, "whole")
    assert known.stale(lake) == []
    assert Calendar({MONTH: "a"}).stale(lake) == [MONTH]  # it went again
    assert Calendar({MONTH: "a", "2024-02": "b"}).stale(lake) == ["2024-02"]


def test_a_month_published_once_more_stays_current(tmp_path: Path) -> None:
    """Guards against a publication made by hand after which the next night computes all again."""
    lake, calendar = Lake(str(tmp_path)), Calendar({MONTH: "a"})
    begin(lake, calendar.inputs, "whole")
    scopes: tuple[Scope, ...] = ("whole", "part")
    for scope in scopes:
        remember(lake, calendar, {MONTH: "{}"}, scope)
        assert calendar.stale(lake) == []


def _run(**more: object) -> dg.DagsterRun:
    return dg.DagsterRun(job_name="reports", run_id="r", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run", "scope"),
    [
        (_run(), "whole"),
        (_run(step_keys_to_execute=[*STEPS, "more"], asset_selection=frozenset()), "whole"),
        (_run(asset_selection=KEYS | {dg.AssetKey("more")}), "whole"),
        (_run(step_keys_to_execute=["published__months"]), "part"),
        (_run(asset_selection=frozenset([*KEYS][1:])), "part"),
        (_run(step_keys_to_execute=STEPS[1:], parent_run_id="p", root_run_id="p"), "rest"),
        (_run(parent_run_id="p", root_run_id="p"), "whole"),  # again, with all its steps
        (None, "part"),
    ],
)
def test_what_a_run_computes(run: dg.DagsterRun | None, scope: str) -> None:
    """Guards against a table computed by hand that lets all others of its month pass for computed."""
    assert scope_of(run) == scope


def test_months_of_which_nothing_is_known() -> None:
    """Guards against a month picked in the grid, years after the last delivery, whose balances begin at nothing."""
    months = Months(["2024-10"], [MONTH, "2024-02"], 1, frozenset())
    with pytest.raises(MonthsError, match=r"2024-10 to 2024-10: nothing is known .* end with 2024-02"):  # fmt: skip
        months.refuse_gap()
    Months([MONTH, "2024-10"], [MONTH, "2024-02"], 1, frozenset()).refuse_gap()
