"""What came of visits, row by row."""

from __future__ import annotations

from datetime import date

import pytest

from metrics.visits import OUTCOMES
from schemas.catalogue import FEEDS
from tests.unit.metrics.product_frames import collected
from tests.unit.metrics.visit_frames import Company, company, computed, done, planned


def _results(of: Company) -> list[tuple]:
    rows = collected(computed(of, "2024-01", "2024-03").results, "salesperson_id", "visited_on")
    names = ("salesperson_id", "visited_on", "effective_on", "judged_on", "vain_count")
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize(
    "outcome", [None, *next(c for c in FEEDS["visits"].columns if c.name == "outcome").code_values]
)
def test_every_outcome_but_none_is_an_effect(outcome: str | None) -> None:
    """A code spelled otherwise than in the feed would make all such visits vain."""
    known = date(2024, 1, 5) if outcome in OUTCOMES else None
    assert (outcome in OUTCOMES) == (outcome not in {None, "none"})
    assert _results(company(done("2024-01-05", outcome)))[0][2] == known


def test_only_visits_that_were_made_have_results() -> None:
    """A plan taken for a visit would be in vain after 30 days, and take the credit from the visit before."""
    of = company(
        done("2024-01-05"),
        planned("2024-01-08"),
        done("2024-01-09", "order")._replace(status="cancelled"),
        sold=[("C1", "2024-01-10")],
    )
    assert _results(of) == [("S1", date(2024, 1, 5), date(2024, 1, 10), date(2024, 2, 4), 0)]


def test_the_first_line_decides_from_when_it_is_effective() -> None:
    """With the last one, the visit would be pending in months that knew the first one."""
    days = ["2024-02-18", "2024-01-31", "2024-01-30", "2024-02-01"]
    of = company(done("2024-01-20"), sold=[("C1", day) for day in days])
    assert [row[2] for row in _results(of)] == [date(2024, 1, 30)]
    assert len(collected(computed(of, "2024-01", "2024-03").purchases)) == 2


def test_vain_visits_are_counted_by_pair_in_order_of_days() -> None:
    """Counted over the customer, another salesperson's visits would fill the streak."""
    of = company(
        done("2024-01-09"), done("2024-01-02", by="S2"), done("2024-01-01"),
        done("2024-01-05", "order"), done("2024-01-08"),
    )  # fmt: skip
    assert [(row[0], row[1].day, row[4]) for row in _results(of)] == [
        ("S1", 1, 1), ("S1", 5, 1), ("S1", 8, 2), ("S1", 9, 3), ("S2", 2, 1),
    ]  # fmt: skip


def test_without_days_of_effect_only_outcomes_count() -> None:
    """A window of no days must not let in the day after, nor leave anything pending."""
    of = company(done("2024-01-31"), done("2024-02-10", "order"), sold=[("C1", "2024-02-01")])
    of.effect_days = 0
    assert [(row[2], row[3], row[4]) for row in _results(of)] == [
        (None, date(2024, 1, 31), 1),
        (date(2024, 2, 10), date(2024, 2, 10), 1),
    ]
