"""Rates of visits that are undefined, and the rows that carry them."""

from __future__ import annotations

import pytest

from tests.unit.metrics.visit_frames import Company, Visit, done, effect_of, planned

NOBODYS = {"C1": None}


@pytest.mark.parametrize(
    ("visit", "reasons"),
    [
        (planned("2024-06-10"), ("no_visits", None, "nothing_due")),
        (planned("2024-06-10", "cancelled"), ("no_visits", None, "nothing_due")),
        (done("2024-06-10"), ("visits_pending", "nothing_planned", "nothing_due")),
        (done("2024-06-10", "contract"), (None, "nothing_planned", "nothing_due")),
        (done("2024-06-10", planned="2024-06-10"), ("visits_pending", None, "nothing_due")),
    ],
)
def test_each_undefined_rate_says_why(visit: Visit, reasons: tuple[str | None, ...]) -> None:
    """0 where nothing could be judged reads as failure; NULL without a reason as lost data."""
    row = effect_of(Company([visit], register=NOBODYS), "2024-06")
    rates = ("effective_rate", "completion_rate", "coverage_rate")
    assert tuple(row[f"{name}_reason"] for name in rates) == reasons
    assert [row[name] is None for name in rates] == [code is not None for code in reasons]


def test_a_plan_counts_every_visit_of_a_day() -> None:
    """Planned visits are rows of the plan; completed ones are days: mixed up, the rate passes 1."""
    of = Company(
        [done("2024-06-10", planned="2024-06-10"), done("2024-06-10", planned="2024-06-10")],
        register=NOBODYS,
    )
    row = effect_of(of, "2024-06")
    assert (row["planned_count"], row["completed_count"], row["completion_rate"]) == (2, 1, 1.0)


def test_a_visit_before_its_plan_is_done() -> None:
    """Made on 05-30 for a plan of 06-03: done by June, though completed in May."""
    of = Company([done("2024-05-30", planned="2024-06-03")], register=NOBODYS)
    row = effect_of(of, "2024-06")
    assert (row["planned_count"], row["completion_rate"], row["completed_count"]) == (1, 1.0, 0)


def test_a_plan_called_off_on_the_day_is_not_done() -> None:
    """A date of visit beside `cancelled` says when it was to be, not that it was made."""
    called_off = done("2024-06-10", planned="2024-06-10")._replace(status="cancelled")
    row = effect_of(Company([called_off], register=NOBODYS), "2024-06")
    assert (row["planned_count"], row["completion_rate"]) == (1, 0.0)


@pytest.mark.parametrize(("month", "due"), [("2024-06", 0), ("2024-07", 1)])
def test_due_in_the_month_in_which_the_interval_ends(month: str, due: int) -> None:
    """Tier C, seen on 01-10: next 07-10. A month early or late, and half the plan is wrong."""
    of = Company([done("2024-01-10"), done(f"{month}-01")], register={"C1": "S1"})
    row = effect_of(of, month)
    assert (row["due_customer_count"], row["visited_customer_count"]) == (due, due)


def test_an_interval_longer_than_the_period_reaches_over_it() -> None:
    """With 14 months between visits, one of June 2023 is enough for the trailing 12 months up to June 2024."""
    of = Company(
        [done("2023-06-15"), done("2024-06-20")],
        register={"C1": "S1"},
        months_by_tier={"A": 1, "B": 3, "C": 14},
    )
    assert effect_of(of, "2024-06", "trailing_12_months")["due_customer_count"] == 0
    assert effect_of(of, "2024-08", "trailing_12_months")["due_customer_count"] == 1
