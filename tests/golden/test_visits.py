"""Visits against numbers worked by hand; effect within 30 days, five in vain, months by tier 1, 3, 6.

C1 is S1's customer. 2024-01-01 + 30 days = 2024-01-31: in vain at the end of January. 2024-01-02 + 30 days = 2024-02-01:
pending at the end of January.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.metrics.product_frames import collected
from tests.unit.metrics.visit_frames import (
    Company,
    company,
    computed,
    done,
    effect_of,
    plan_of,
    planned,
    streaks,
)

DAYS = [f"2024-01-{day:02}" for day in range(1, 13)]


def _in_vain(count: int, **where: str) -> list:
    return [done(on, **where) for on in DAYS[:count]]


@pytest.mark.parametrize(
    ("count", "stage", "action"),
    [
        (4, "prospective", "keep"),
        (5, "prospective", "remove"),
        (6, "prospective", "remove"),
        (4, "current", "keep"),
        (5, "current", "review"),
        (6, "past", "review"),
    ],
)
def test_the_fifth_visit_in_vain_decides(count: int, stage: str, action: str) -> None:
    """以上 includes 5: one visit too many or too few, and prospects are dropped early or never."""
    row = plan_of(company(*_in_vain(count), stage=stage), "2024-03")
    assert (row["ineffective_streak"], row["completed_count"], row["action"]) == (
        count,
        count,
        action,
    )


def test_removed_means_no_next_visit() -> None:
    """A next visit beside `remove` sends the salesperson on; one under review is still to be visited."""
    removed, reviewed = (
        plan_of(company(*_in_vain(5), stage=stage), "2024-03") for stage in ("prospective", "past")
    )
    assert removed["next_visit_on"] is None
    assert reviewed["next_visit_on"] == date(2024, 7, 5)


def test_pending_visits_at_the_end_are_passed_over() -> None:
    """January: 01 is in vain, 02 to 06 are pending. February: all six are in vain.

    Pending ones counted would remove a prospect whose order may come tomorrow.
    """
    of = company(*_in_vain(6), stage="prospective")
    january, february = plan_of(of, "2024-01"), plan_of(of, "2024-02")
    assert (january["ineffective_streak"], january["pending_count"], january["action"]) == (1, 5, "keep")  # fmt: skip
    assert (february["ineffective_streak"], february["pending_count"], february["action"]) == (6, 0, "remove")  # fmt: skip


def test_a_pending_visit_between_breaks_nothing_and_counts_nothing() -> None:
    """01-01 in vain, 01-20 pending, then 01-25 with or without an order taken on that day.

    As of January: with it the streak is over, without it the pending visits leave the 1 standing.
    """
    rows = [
        plan_of(company(done("2024-01-01"), done("2024-01-20"), done("2024-01-25", what)), "2024-01")
        for what in ("order", "none")
    ]  # fmt: skip
    assert [(r["ineffective_streak"], r["effective_count"], r["pending_count"]) for r in rows] == [
        (0, 1, 1),
        (1, 0, 2),
    ]


@pytest.mark.parametrize(
    ("sold_on", "counts"),
    [
        ("2024-01-01", (0, 1)),
        ("2024-01-02", (1, 0)),
        ("2024-01-31", (1, 0)),
        ("2024-02-01", (0, 1)),
    ],
)
def test_an_order_counts_from_the_day_after_to_day_30(sold_on: str, counts: tuple) -> None:
    """Visited 01-01: day 30 is 01-31. A sale of the visit's own day came without it; day 31 is too late."""
    row = plan_of(company(done("2024-01-01"), sold=[("C1", sold_on)]), "2024-02")
    assert (row["effective_count"], row["ineffective_streak"]) == counts


def test_judged_on_day_30_not_before() -> None:
    """01-01 + 30 = 01-31 is not after the end of January: judged; 01-02 is still pending."""
    of = company(done("2024-01-01"), done("2024-01-02"))
    row = effect_of(of, "2024-01")
    assert (row["ineffective_count"], row["pending_count"], row["effective_rate"]) == (1, 1, 0.0)


def test_a_line_is_credited_to_the_latest_visit_before_it() -> None:
    """S1 on 01-01, S2 on 01-10, sale on 01-12: S2's. Credited to both, S1's vain visit would look effective."""
    of = company(done("2024-01-01"), done("2024-01-10", by="S2"), sold=[("C1", "2024-01-12")])
    assert plan_of(of, "2024-02")["ineffective_streak"] == 1
    assert plan_of(of, "2024-02", by="S2")["effective_count"] == 1


def test_a_line_on_the_day_of_the_next_visit_belongs_to_the_one_before() -> None:
    """S1 on 01-01, S2 on 01-10, sale on 01-10: strictly before its day only S1 was there."""
    of = company(done("2024-01-01"), done("2024-01-10", by="S2"), sold=[("C1", "2024-01-10")])
    assert plan_of(of, "2024-02")["effective_count"] == 1
    assert plan_of(of, "2024-02", by="S2")["ineffective_streak"] == 1


def test_two_on_the_same_day_are_both_credited() -> None:
    """Credited to one of them, it would depend on the order of rows which one."""
    of = company(done("2024-01-05"), done("2024-01-05", by="S2"), sold=[("C1", "2024-01-06")])
    assert [plan_of(of, "2024-02", by=by)["effective_count"] for by in ("S1", "S2")] == [1, 1]


def test_another_customers_line_and_a_return_are_no_effect() -> None:
    """A return in the wake of a visit is not what it was made for."""
    of = company(done("2024-01-05"), sold=[("C2", "2024-01-06")])
    of.lines += [("C1", date(2024, 1, 6), 0), ("C1", date(2024, 1, 7), -5)]
    assert plan_of(of, "2024-02")["effective_count"] == 0


def test_two_visits_on_one_day_are_one() -> None:
    """Called twice on a day, in vain and then with a quotation: one visit, and effective."""
    of = company(done("2024-01-05"), done("2024-01-05", "quotation"), done("2024-01-06"))
    row = plan_of(of, "2024-02")
    assert (row["completed_count"], row["effective_count"], row["ineffective_streak"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("reinstated", "streak"),
    [
        ("2024-01-03", 2),
        ("2024-01-04", 1),
        ("2024-01-05", 0),
        ("2024-02-29", 0),
        ("2024-03-01", 5),
    ],
)
def test_a_reinstatement_wipes_its_own_day_and_all_before(reinstated: str, streak: int) -> None:
    """Visits on 01-01 to 01-05, as of February: one dated in March is not known yet."""
    of = company(*_in_vain(5), stage="prospective", reinstated=[reinstated])
    row = plan_of(of, "2024-02")
    assert row["ineffective_streak"] == streak
    assert row["action"] == ("remove" if streak == 5 else "keep")


def test_the_latest_reinstatement_counts_whichever_row_comes_last() -> None:
    """An older one read last would bring back visits that were forgiven."""
    assert streaks(company(*_in_vain(5), reinstated=["2024-01-04", "2024-01-02"]), "2024-02", "2024-02") == [1]  # fmt: skip


def test_later_facts_change_no_earlier_month() -> None:
    """01-01 to 01-03 in vain; 02-20 pending in February, effective by a sale on 03-05; 04-01 in vain from 05-01.

    End of:  January 1 (01-01)   February 3   March 0   April 0 (04-01 pending)   May 1   June 0 (reinstated 06-10)
    """
    of = company(
        *_in_vain(3), done("2024-02-20"), done("2024-04-01"),
        sold=[("C1", "2024-03-05")], reinstated=["2024-06-10"],
    )  # fmt: skip
    assert streaks(of, "2024-01", "2024-06") == [1, 3, 0, 0, 1, 0]
    alone = [streaks(of, month, month)[0] for month in ("2024-01", "2024-02", "2024-05")]
    assert alone == [1, 3, 1]


def test_who_is_not_the_registers_salesperson_has_no_next_visit() -> None:
    """S2 visited S1's customer: the row stands, the next visit is S1's, who was never there: the day after as_of."""
    of = company(done("2024-01-05", by="S2"))
    other, own = (plan_of(of, "2024-02", by=by) for by in ("S2", "S1"))
    assert (other["last_visited_on"], other["next_visit_on"]) == (date(2024, 1, 5), None)
    assert (own["last_visited_on"], own["next_visit_on"]) == (None, date(2024, 3, 1))
    assert (own["completed_count"], own["ineffective_streak"], own["action"]) == (0, 0, "keep")


def test_a_customer_nobody_looks_after_has_rows_of_visits_only() -> None:
    """NULL taken for a salesperson would put a row without one into the plan."""
    of = Company([done("2024-01-05")], register={"C1": None, "C2": None})
    rows = collected(computed(of, "2024-02", "2024-02").plan)
    assert [(r["salesperson_id"], r["customer_id"], r["next_visit_on"]) for r in rows] == [("S1", "C1", None)]  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "next_visit_on"),
    [
        ("A", date(2024, 2, 29)),
        ("B", date(2024, 4, 30)),
        ("C", date(2024, 7, 31)),
        ("N", date(2024, 7, 31)),
        (None, date(2024, 7, 31)),
    ],
)
def test_the_next_visit_goes_by_tier_and_stops_at_the_months_end(
    tier: str | None, next_visit_on: date
) -> None:
    """31 January + 1 month is the end of February, not the 2nd of March."""
    row = plan_of(company(done("2024-01-31", "order"), tier=tier), "2024-01")
    assert (row["tier"], row["next_visit_on"]) == (tier or "N", next_visit_on)


def test_evidence_is_the_visits_of_the_streak() -> None:
    """V0 before an effective V1; V2 to V7 in vain, V3 and V4 on one day; V8 pending as of February, effective in March.

    So V2 to V7. V9, on V7's day, was called off. Visits before an effective one, pending ones and mere plans are no evidence; a
    day's second visit is.
    """
    days = ["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06", "2024-01-06", "2024-01-07",
            "2024-01-08", "2024-01-09", "2024-02-20"]  # fmt: skip
    of = company(
        *(done(on, "order" if on == "2024-01-02" else "none") for on in days),
        done("2024-01-09")._replace(status="cancelled"),
        sold=[("C1", "2024-03-01")],
    )
    rows = collected(computed(of, "2024-02", "2024-03").streak, "visit_id")
    assert [row["visit_id"] for row in rows] == ["V2", "V3", "V4", "V5", "V6", "V7"]
    assert {row["month"] for row in rows} == {2024 * 12 + 1}


def _june() -> Company:
    """S1 in June 2024: whom the plan wants seen, and who was.

    C1 (A) last seen 05-20, next 06-20: due; seen 06-10.     C2 (B) last seen 04-15, next 07-15: not due; seen 06-05.
    C3 never seen: due at once; not seen.                    C4 five in vain in January, prospective: removed.
    C5 (B) last seen 03-31, next 06-30: due; not seen.       C6 is S2's: never seen, due.
    """
    visits = [
        done("2024-05-20", at="C1"),
        done("2024-06-10", "order", at="C1", planned="2024-06-08"),
        done("2024-04-15", at="C2"),
        done("2024-06-05", at="C2"),
        *_in_vain(5, at="C4"),
        done("2024-03-31", at="C5"),
        planned("2024-06-20", "cancelled", at="C5"),
        done("2024-07-02", at="C5", planned="2024-06-25"),
    ]
    register = {"C1": "S1", "C2": "S1", "C3": "S1", "C4": "S1", "C5": "S1", "C6": "S2"}
    tiers: dict[str, str | None] = {"C1": "A", "C2": "B", "C5": "B"}
    return Company(visits, register=register, stages={"C4": "prospective"}, tiers=tiers)


def test_effectiveness_of_a_month() -> None:
    """Planned 06-08 (done), 06-20 (cancelled), 06-25 (done in July): 1/3. Completed 06-05 (pending), 06-10 (order).

    Due C1, C3, C5; seen C1: 1/3. C2's visit makes nobody seen who was not due.
    """
    assert effect_of(_june(), "2024-06") == {
        "month": 2024 * 12 + 5, "period": "month", "salesperson_id": "S1",
        "planned_count": 3, "completion_rate": 1 / 3, "completion_rate_reason": None,
        "completed_count": 2, "effective_count": 1, "ineffective_count": 0, "pending_count": 1,
        "effective_rate": 1.0, "effective_rate_reason": None,
        "due_customer_count": 3, "visited_customer_count": 1,
        "coverage_rate": 1 / 3, "coverage_rate_reason": None,
    }  # fmt: skip


def test_effectiveness_of_the_year() -> None:
    """Since January: 10 visits, 05-20 + 30 = 06-19 is judged: 8 in vain, 1 effective, 1 pending.

    Nobody was seen before January, so all four on the plan are due; seen are C1, C2 and C5.
    """
    row = effect_of(_june(), "2024-06", "year_to_date")
    counted = ("completed_count", "effective_count", "ineffective_count", "pending_count")
    assert [row[name] for name in counted] == [10, 1, 8, 1]
    assert row["effective_rate"] == 1 / 9
    assert (row["due_customer_count"], row["visited_customer_count"]) == (4, 3)
    assert row["coverage_rate"] == 3 / 4


def test_a_plan_done_late_is_done_in_the_longer_period() -> None:
    """Planned in June, done on 07-02: as of July the year's rate is 2/3, and July itself had no plan."""
    assert effect_of(_june(), "2024-07", "year_to_date")["completion_rate"] == 2 / 3
    row = effect_of(_june(), "2024-07")
    assert (row["planned_count"], row["completion_rate"], row["completion_rate_reason"]) == (0, None, "nothing_planned")  # fmt: skip


def test_a_salesperson_without_visits_has_a_row_for_customers_due() -> None:
    """S2 made no visit at all; without a row nobody would see that C6 waits. S3 has nothing: no row."""
    row = effect_of(_june(), "2024-06", by="S2")
    assert (row["due_customer_count"], row["coverage_rate"]) == (1, 0.0)
    assert (row["effective_rate"], row["effective_rate_reason"]) == (None, "no_visits")
    assert effect_of(_june(), "2024-06", by="S3") == {}
