"""Whom the salespeople visit and what comes of it: each customer by their own salesperson, large ones every month."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipelines.demo.company import LAST_MONTH, Row, day_of, month_end

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from random import Random

    from pipelines.demo.company import Company
    from pipelines.demo.customers import Person

# What comes of a visit to a customer, and to a prospect.
_OUTCOMES = ("订货",) * 6 + ("报价",) * 4 + ("收款",) * 3 + ("合同", "无效", "无效", "无效", "")
_OF_PROSPECTS = ("报价", "无效", "无效", "无效", "无效")
_WITHOUT_EFFECT = ("无效", "")
_MOST_IN_VAIN = 5
_REST = 4  # months until somebody asks to try again


def visit(
    visit_id: str, customer_id: str, salesperson: str, planned_on: date, visited_on: date | None, outcome: str
) -> Row:  # fmt: skip
    """A visit as the salespeople's system writes it; not `visited_on` yet: planned."""
    return {
        "visit_id": visit_id,
        "customer_id": customer_id,
        "salesperson_id": salesperson,
        "planned_on": planned_on.isoformat(),
        "visited_on": visited_on.isoformat() if visited_on else "",
        "status": "已完成" if visited_on else "已计划",
        "outcome": outcome,
    }


def reinstate(company: Company, customer_id: str, salesperson: str, day: date) -> None:
    """A customer is put back on a salesperson's plan."""
    row = {
        "customer_id": customer_id,
        "salesperson_id": salesperson,
        "reinstated_on": day.isoformat(),
        "approved_by": "销售经理",
    }
    company.record("reinstatements", day, row)


class Rounds:
    """The salespeople's rounds: who was visited in vain how often, and who is left alone therefore."""

    def __init__(self, company: Company, random: Random) -> None:
        self._company = company
        self._random = random
        self._in_vain: Counter[str] = Counter()
        self._rests_until: dict[str, int] = {}

    def month(self, people: Iterable[Person], month: int) -> None:
        """The visits of a month."""
        for person in people:
            is_due = (month + person.number) % person.months_between == 0
            if is_due and person.starts <= month and person.salesperson(month):
                if self._in_vain[person.customer_id] >= _MOST_IN_VAIN:
                    self._wait(person, month)
                else:
                    self._visit(person, month)

    def _wait(self, person: Person, month: int) -> None:
        until = self._rests_until.setdefault(person.customer_id, month + _REST)
        if month >= until:
            day = day_of(month, self._random.randint(1, 28))
            reinstate(self._company, person.customer_id, person.salesperson(month), day)
            self._in_vain[person.customer_id] = 0
            del self._rests_until[person.customer_id]

    def _visit(self, person: Person, month: int) -> None:
        """Most are done on the day; some a month late, some cancelled, some never."""
        planned = day_of(month, self._random.randint(1, 28))
        key = (
            f"V{month}-{person.customer_id}",
            person.customer_id,
            person.salesperson(month),
            planned,
        )
        fate = self._random.random()
        if fate < 0.88:
            outcome = self._random.choice(_OUTCOMES if person.weight else _OF_PROSPECTS)
            vain = outcome in _WITHOUT_EFFECT
            self._in_vain[person.customer_id] = (self._in_vain[person.customer_id] + 1) * vain
            self._company.record("visits", planned, visit(*key, planned, outcome))
            return
        self._company.record("visits", planned, visit(*key, None, ""))
        if month == LAST_MONTH or fate > 0.97:
            return
        late = visit(*key, day_of(month + 1, 5), "报价")
        cancelled = {**visit(*key, None, ""), "status": "已取消"}
        self._company.add("visits", month_end(month + 1), late if fate < 0.93 else cancelled)
