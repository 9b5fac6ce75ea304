"""The whole demo company: a distributor of office goods, with the dirt of everyday life and a few stories in it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from pipelines.demo import customers, money, products, sales, stories, targets
from pipelines.demo.company import LAST_MONTH, Company, month_end
from pipelines.demo.complaints import grumble
from pipelines.demo.visits import Rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.customers import Person
    from pipelines.demo.products import Product


_SEED = 20240101


def make(customer_count: int, month_count: int) -> Company:
    """`customer_count` customers over `month_count` months up to December 2024, and those of the stories."""
    random = Random(_SEED)  # noqa: S311 - a demo, not a secret
    company = Company()
    span = range(LAST_MONTH - month_count + 1, LAST_MONTH + 1)
    goods = products.register(company, random, month_end(span[0]))
    people = customers.register(company, random, customer_count, span)
    rounds = Rounds(company, random)
    demand = sales.monthly_demand(people)
    for month in span:
        _trade(company, random, people, goods, month)
        sales.broken_lines(company, month)
        sales.stock(company, random, goods, demand, month)
        rounds.month(people, month)
        money.trouble(company, random, people, month)
    for person in people:
        money.investigate(company, random, person, span)
    stories.tell(company, goods, span)
    targets.plan(company, random, goods, span)
    return company


def _trade(
    company: Company, random: Random, people: Sequence[Person], goods: Sequence[Product], month: int
) -> None:
    for person in people:
        for order in sales.sell(company, random, person, goods, month):
            money.bill(company, random, person, order)
            grumble(company, random, person.customer_id, order)
