"""What was to be sold: by month and year to date, for the company and those it watches. Some targets are missed."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pipelines.demo.company import day_of, month_end
from pipelines.demo.sales import settled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product

_WATCHED_CUSTOMERS, _WATCHED_PRODUCTS = 20, 10

Member = tuple[str, str]
COMPANY: Member = ("company", "*")


def plan(
    company: Company, random: Random, products: Sequence[Product], span: Sequence[int]
) -> None:
    """The targets of every month: what a good planner foresaw, give or take. Products' months are planned as shares."""
    sold = _sold(company, products)
    watched = _watched(sold)
    so_far: defaultdict[Member, float] = defaultdict(float)
    for month in span:
        if month % 12 == 0:
            so_far.clear()
        for member in watched:
            foreseen = max(1_000, sold[month, member] * random.uniform(0.8, 1.12))
            amount = round(foreseen, -3)
            share = round(foreseen / sold[month, COMPANY], 4)
            target = (
                {"target_share": share} if member[0] == "product" else {"target_amount": amount}
            )
            so_far[member] += amount
            _set(company, month, member, "month", **target)
            _set(company, month, member, "year_to_date", target_amount=so_far[member])


def _sold(company: Company, products: Sequence[Product]) -> Counter[tuple[int, Member]]:
    """Net sales by month and member, as they end up."""
    category = {product.product_id: product.category.name for product in products}
    sold: Counter[tuple[int, Member]] = Counter()
    for row in settled(company):
        month = int(row["日期"][:4]) * 12 + int(row["日期"][5:7]) - 1
        members = (
            COMPANY,
            ("customer", row["客户号"]),
            ("product", row["商品号"]),
            ("category", category.get(row["商品号"], "")),
            ("salesperson", row["业务员"]),
        )
        for member in members:
            sold[month, member] += row["金额"]
    return sold


def _watched(sold: Counter[tuple[int, Member]]) -> list[Member]:
    """The company, its largest customers and products, every category and salesperson."""
    whole: Counter[Member] = Counter()
    for (_, member), amount in sold.items():
        whole[member] += amount
    largest = [member for member, _ in sorted(whole.items(), key=lambda x: (-x[1], x[0]))]
    customers = [member for member in largest if member[0] == "customer"]
    products = [member for member in largest if member[0] == "product"]
    others = [
        member for member in largest if member[0] in ("category", "salesperson") and member[1]
    ]
    return [COMPANY, *customers[:_WATCHED_CUSTOMERS], *products[:_WATCHED_PRODUCTS], *others]


def _set(company: Company, month: int, member: Member, period: str, **target: float) -> None:
    scope, member_id = member
    row = {
        "target_month": day_of(month, 1).isoformat(),
        "scope": scope,
        "member_id": member_id,
        "period": period,
        "target_amount": None,
        "target_share": None,
        **{name: str(value) for name, value in target.items()},
    }
    company.add("targets", month_end(month), row)
