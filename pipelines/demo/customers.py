"""Who buys from the demo company: few large customers and many small ones, prospects, and a register that changes."""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1
from typing import TYPE_CHECKING

from pipelines.demo.company import Row, day_of, month_end

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pipelines.demo.company import Company

MOST_ORDERS = 25
_AVERAGE_ORDER = 9_000
_REGIONS = ("华东", "华南", "华北", "西南", "东北")
_INDUSTRIES = ("教育", "制造", "零售", "金融", "医疗")
_NATURES = ("普通公司",) * 6 + ("政府机构", "特殊公司", "合作伙伴", "个人")
_POSITIONS = ("领导者", "挑战者", "追随者", "补缺者", "")
_SURNAMES = "王李张刘陈杨黄赵吴周"
_SALESPEOPLE = 8


@dataclass(frozen=True)
class Person:
    """A customer as the generator knows it.

    `weight`: orders a month, roughly; 0: a prospect, who never buys. `salespeople`: who looks after them before and after
    `changes_in`; "": nobody. `pays_after`: days after the due date, as is their habit.
    """

    number: int
    customer_id: str
    weight: float
    starts: int
    terms_days: int
    limit: int | None
    pays_after: int
    salespeople: tuple[str, str]
    changes_in: int

    @property
    def months_between(self) -> int:
        """How often they are visited: the larger, the more often, and prospects every other month."""
        return 2 if not self.weight else 1 if self.is_large else 3 if self.is_medium else 6

    @property
    def is_large(self) -> bool:
        """Whether they will probably be of tier A."""
        return self.weight > 1.2

    @property
    def is_medium(self) -> bool:
        """Whether they will probably be of tier B."""
        return 0.5 < self.weight <= 1.2

    def salesperson(self, month: int) -> str:
        """Who looks after them in a month; "": nobody."""
        return self.salespeople[month > self.changes_in]


def expected_orders(weight: float) -> float:
    """Orders a month on average, of a weight."""
    return min(MOST_ORDERS, 1 / expm1(1 / weight)) if weight else 0


def register(company: Company, random: Random, count: int, span: Sequence[int]) -> list[Person]:
    """The register of customers: most there from the start, some later; some change on the way, one row is broken."""
    people = []
    for number in range(count):
        person = _person(random, number, count, span)
        row = _row(random, person)
        day = month_end(max(person.starts - 1, span[0] - 1))
        company.add("customers", day, row)
        if person.salespeople[0] != person.salespeople[1]:
            changed = {**row, "地区": random.choice(_REGIONS), "业务员": person.salespeople[1]}
            company.add("customers", month_end(person.changes_in), changed)
        people.append(person)
    bad = {"客户号": "", "客户名称": "没有编号", "性质": "外星人", "信用额度": "-5"}
    company.add("customers", month_end(span[1]), bad)
    return people


def _person(random: Random, number: int, count: int, span: Sequence[int]) -> Person:
    weight = 0.0 if number % 13 == 7 else 40.0 / (number + 1) ** 0.8
    terms = random.choice((15, 30, 30, 60))
    first = f"S{number % _SALESPEOPLE + 1}" if number % 17 != 16 else ""
    moves = first != "" and number % 11 == 5
    middle = span[len(span) // 2]
    starts = span[0] if number < count * 0.7 else random.choice(span)
    return Person(
        number,
        f"C{number + 1:05}",
        weight,
        starts,
        terms,
        _limit(weight, terms) if weight and number % 19 != 9 else None,
        random.choice((-4, 0, 2, 5, 12)),
        (first, f"S{random.randint(1, _SALESPEOPLE)}" if moves else first),
        max(middle, starts),
    )


def _limit(weight: float, terms: int) -> int:
    """What they owe on average while they pay in time, and ample room above it; to the next 10,000."""
    owed = expected_orders(weight) * _AVERAGE_ORDER * (terms + 10) / 30
    return -int(-(40_000 + 3 * owed) // 10_000) * 10_000


def _row(random: Random, person: Person) -> Row:
    number = person.number
    nature = random.choice(_NATURES)
    surname = random.choice(_SURNAMES)
    individual = f"{surname}女士{number + 1}"
    size = "大型" if person.is_large else "中型" if person.is_medium else "小型"
    expiry = 2024 * 12 + 7 if number % 61 == 40 else 2025 * 12 + (5, 11)[number % 2]
    return {
        "客户号": person.customer_id,
        "客户名称": individual if nature == "个人" else f"{surname}氏商贸{number + 1:04}公司",
        "性质": nature if number % 29 else "",
        "市场地位": random.choice(_POSITIONS),
        "地区": random.choice(_REGIONS),
        "行业": random.choice(_INDUSTRIES),
        "企业规模": size,
        "开始交易": day_of(person.starts - random.randint(0, 90), 1).isoformat() if person.weight else "",
        "业务员": person.salespeople[0],
        "信用额度": "" if person.limit is None else f"{person.limit:.2f}",
        "额度到期日": "" if person.limit is None else month_end(expiry).isoformat(),
        "付款期限": person.terms_days,
        "联系电话": f"138{number:08}",
        "地址": f"{random.choice(_REGIONS)}某路{number}号",
    }  # fmt: skip
