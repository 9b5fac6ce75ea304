"""What is sold and what lies in stock; some lines come a month late, are corrected, withdrawn or broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.demo.company import LAST_MONTH, Row, day_of, month_end
from pipelines.demo.customers import MOST_ORDERS, expected_orders
from pipelines.demo.products import COUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from random import Random

    from pipelines.demo.company import Company
    from pipelines.demo.customers import Person
    from pipelines.demo.products import Product

_BROKEN = "BAD"
_LINES = 2.5  # an order, on average


class Order(NamedTuple):
    """An order as billing and complaints know it; amounts with 2 decimals."""

    order_id: str
    day: date
    amount: float
    product_id: str


def sell(
    company: Company, random: Random, person: Person, products: Sequence[Product], month: int
) -> list[Order]:
    """A customer's orders of a month; more in September and December."""
    season = 1.3 if month % 12 in (8, 11) else 1.0
    if not person.weight or person.starts > month:
        return []
    count = min(MOST_ORDERS, int(random.expovariate(1 / (person.weight * season))))
    return [_order(company, random, person, products, month, number) for number in range(count)]


def _order(
    company: Company,
    random: Random,
    person: Person,
    products: Sequence[Product],
    month: int,
    number: int,
) -> Order:
    day = day_of(month, random.randint(1, month_end(month).day))
    order_id = f"SO{month}-{person.customer_id}-{number}"
    rows = []
    for line_no in range(1, random.randint(2, 5)):
        key = {"订单号": order_id, "行号": line_no, "日期": f"{day:%Y/%m/%d}"}
        row = _line(random, person, random.choice(products), person.salesperson(month))
        rows.append({**key, **row})
        _deliver(company, random, rows[-1], month)
    total = round(sum(row["金额"] for row in rows), 2)
    return Order(order_id, day, total, rows[0]["商品号"])


def _line(random: Random, person: Person, product: Product, salesperson: str) -> Row:
    quantity = random.randint(1, product.category.most) * (-1 if random.random() < 0.02 else 1)
    known = random.random() > 0.003
    cost = round(quantity * product.standard_cost, 2)
    return {
        "客户号": person.customer_id if random.random() > 0.001 else "C99999",
        "商品号": product.product_id if known else "P9999",
        "业务员": salesperson,
        "数量": quantity,
        "金额": round(quantity * product.list_price * random.uniform(0.85, 1), 2),
        "成本": cost if random.random() > 0.05 or not known else "",
        "撤回": "",
    }


def _deliver(company: Company, random: Random, row: Row, month: int) -> None:
    """Most lines come at their month's end; a few late, corrected or withdrawn a month later."""
    fate = random.random() if month < LAST_MONTH else 1.0
    company.add("sales", month_end(month + 1 if fate < 0.01 else month), row)
    if 0.01 < fate < 0.015:
        company.add("sales", month_end(month + 1), {**row, "金额": round(row["金额"] * 0.9, 2)})
    if 0.015 < fate < 0.017:
        withdrawal = {"订单号": row["订单号"], "行号": row["行号"], "撤回": "是"}
        company.add("sales", month_end(month + 1), withdrawal)


def broken_lines(company: Company, month: int) -> None:
    """What a tired system exports: each row breaks the contract in its own way."""
    good = {"客户号": "C00001", "商品号": "P0001", "业务员": "S1", "数量": 1, "金额": 1, "成本": 1}
    faults: tuple[dict[str, Any], ...] = (
        {"日期": "2024/02/30"},
        {"日期": "2024/01/05", "金额": "1.234,56"},
        {"日期": "2024/01/05", "数量": "#REF!", "客户号": ""},
    )
    for line_no, fault in enumerate(faults, start=1):
        key = {"订单号": f"{_BROKEN}{month}", "行号": line_no}
        company.add("sales", month_end(month), {**good, **key, **fault})


def settled(company: Company) -> list[Row]:
    """The lines as they end up: the newest version of each, withdrawn and broken ones gone."""
    deliveries = company.rows["sales"]
    newest = {
        (row["订单号"], row["行号"]): row for day in sorted(deliveries) for row in deliveries[day]
    }
    return [
        row
        for (order_id, _), row in newest.items()
        if not order_id.startswith(_BROKEN) and row["撤回"] != "是"
    ]


def monthly_demand(people: Iterable[Person]) -> float:
    """Order lines a month and product, on average."""
    return sum(expected_orders(person.weight) for person in people) * _LINES / COUNT


def stock(
    company: Company, random: Random, products: Sequence[Product], demand: float, month: int
) -> None:
    """A month-end's stock, around what the category keeps; some counts are mistyped."""
    for product in products:
        sold = demand * (product.category.most + 1) / 2
        quantity = round(sold * product.category.months_of_stock * random.uniform(0.5, 1.5)) + 1
        row = {
            "product_id": product.product_id,
            "stock_on": month_end(month).isoformat(),
            "quantity": quantity if random.random() > 0.003 else -quantity,
        }
        company.add("stock", month_end(month), row)
