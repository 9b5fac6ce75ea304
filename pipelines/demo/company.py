"""What the demo company is: its customers, products and everything that happened, as plain rows.

A distributor of office goods. Volumes follow a power law, so that few customers make most of the sales; categories
differ in margin and turnover, so that every quadrant has its products. Nothing depends on the clock: the last month
is December 2024.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

LAST_MONTH = 2024 * 12 + 11
_REGIONS = ("华东", "华南", "华北", "西南", "东北")
_INDUSTRIES = ("教育", "制造", "零售", "金融", "医疗")
_NATURES = ("普通公司",) * 6 + ("政府机构", "特殊公司", "合作伙伴", "个人")
_SURNAMES = "王李张刘陈杨黄赵吴周"
# Category, subcategories, list price from and to, cost as a share of the price, months of stock.
_CATEGORIES = (
    ("办公耗材", ("硒鼓墨盒", "打印纸"), (20, 300), 0.55, 0.5),
    ("办公家具", ("桌椅", "文件柜"), (300, 3000), 0.60, 3.0),
    ("电子设备", ("打印机", "投影仪", "碎纸机"), (500, 8000), 0.85, 0.8),
    ("礼品文具", ("笔具", "本册"), (5, 80), 0.80, 4.0),
)


@dataclass
class Company:
    """Rows by feed and delivery date; `""` where a feed is a snapshot."""

    rows: dict[str, dict[date, list[Row]]] = field(default_factory=dict)

    def add(self, feed: str, delivered_on: date, row: Row) -> None:
        """Append a row to a delivery."""
        self.rows.setdefault(feed, {}).setdefault(delivered_on, []).append(row)


def month_end(month: int) -> date:
    """The last day of a month number: when that month's deliveries come."""
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, monthrange(year, zero_based + 1)[1])


def make(customers: int, months: int, seed: int) -> Company:
    """The whole company: `customers` customers over `months` months up to December 2024."""
    random = Random(seed)  # noqa: S311 - a demo, not a secret
    company = Company()
    span = list(range(LAST_MONTH - months + 1, LAST_MONTH + 1))
    products = _products(company, random, month_end(span[0]))
    people = _customers(company, random, customers, span)
    for month in span:
        _sell(company, random, people, products, month)
        _stock(company, random, products, month)
        _serve(company, random, people, month)
    _targets(company, people, span)
    return company


def _products(company: Company, random: Random, day: date) -> list[Row]:
    products = []
    for number in range(120):
        category, subs, (low, high), cost, cover = _CATEGORIES[number % len(_CATEGORIES)]
        price = round(random.uniform(low, high), 2)
        row = {
            "product_id": f"P{number + 1:04}",
            "product_name": f"{subs[number % len(subs)]}{number + 1:03}号",
            "category_id": number % len(_CATEGORIES),
            "subcategory": subs[number % len(subs)],
            "unit": "件",
            "list_price": price,
            "standard_cost": round(price * cost * random.uniform(0.9, 1.1), 2),
        }
        company.add("products", day, row)
        products.append({**row, "cover": cover, "category": category})
    for number, (category, *_) in enumerate(_CATEGORIES):
        company.add("categories", day, {"category_id": number, "category": category})
    return products


def _customers(company: Company, random: Random, count: int, span: list[int]) -> list[Row]:
    """Each with a weight (its size) and a first month; some change region or limit on the way."""
    people = []
    for number in range(count):
        nature = random.choice(_NATURES)
        surname = random.choice(_SURNAMES)
        name = (
            f"{surname}女士{number + 1}"
            if nature == "个人"
            else f"{surname}氏商贸{number + 1:04}公司"
        )
        row = {
            "客户号": f"C{number + 1:05}",
            "客户名称": name,
            "性质": nature if number % 29 else "",
            "市场地位": random.choice(["领导者", "挑战者", "追随者", "补缺者", ""]),
            "地区": random.choice(_REGIONS),
            "行业": random.choice(_INDUSTRIES),
            "业务员": f"S{number % 8 + 1}" if number % 17 else "",
            "信用额度": random.choice(["", "0", "50000", "100000.50", "500000"]),
            "付款期限": random.choice([15, 30, 60]),
            "联系电话": f"138{number:08}",
            "地址": f"{random.choice(_REGIONS)}某路{number}号",
        }
        starts = span[0] if number < count * 0.7 else random.choice(span)
        company.add("customers", month_end(max(starts - 1, span[0] - 1)), row)
        if number % 11 == 5:
            changed = {**row, "地区": random.choice(_REGIONS), "业务员": f"S{random.randint(1, 8)}"}
            company.add("customers", month_end(span[len(span) // 2]), changed)
        people.append(
            {
                **row,
                "weight": 40.0 / (number + 1) ** 0.8,
                "starts": starts,
                "buys": number % 13 != 7,
            }
        )
    bad = {"客户号": "", "客户名称": "没有编号", "性质": "外星人", "信用额度": "-5"}
    company.add("customers", month_end(span[1]), bad)
    return people


def _sell(
    company: Company, random: Random, people: list[Row], products: list[Row], month: int
) -> None:
    """A month's orders, invoices and payments; some lines come a month late, are corrected or withdrawn."""
    day_count = month_end(month).day
    season = 1.3 if month % 12 in (8, 11) else 1.0
    for person in people:
        if not person["buys"] or person["starts"] > month:
            continue
        for number in range(_orders(random, person["weight"] * season)):
            day = date(month // 12, month % 12 + 1, random.randint(1, day_count))
            order = f"SO{month}-{person['客户号']}-{number}"
            total = 0.0
            for line in range(1, random.randint(2, 5)):
                row = _line(random, person, random.choice(products), order, line, day)
                total += _add_line(company, random, row, month)
            _bill(company, random, person, order, day, total)
    for row in _broken_lines(month):
        company.add("sales", month_end(month), row)


def _orders(random: Random, weight: float) -> int:
    return min(25, int(random.expovariate(1 / weight))) if weight > 0 else 0


def _line(random: Random, person: Row, product: Row, order: str, line: int, day: date) -> Row:
    quantity = random.randint(1, 20) * (-1 if random.random() < 0.02 else 1)
    known = random.random() > 0.003
    cost = round(quantity * product["standard_cost"], 2)
    return {
        "订单号": order,
        "行号": line,
        "日期": day.strftime("%Y/%m/%d"),
        "客户号": person["客户号"] if random.random() > 0.001 else "C99999",
        "商品号": product["product_id"] if known else "P9999",
        "业务员": person["业务员"],
        "数量": quantity,
        "金额": round(quantity * product["list_price"] * random.uniform(0.85, 1), 2),
        "成本": cost if random.random() > 0.05 or not known else "",
        "撤回": "",
    }


def _add_line(company: Company, random: Random, row: Row, month: int) -> float:
    """Most lines come at their month's end; a few late, corrected or withdrawn a month later."""
    fate = random.random()
    late = fate < 0.01 and month < LAST_MONTH
    company.add("sales", month_end(month + 1 if late else month), row)
    if 0.01 < fate < 0.015 and month < LAST_MONTH:
        company.add("sales", month_end(month + 1), {**row, "金额": round(row["金额"] * 0.9, 2)})
    if 0.015 < fate < 0.017 and month < LAST_MONTH:
        company.add(
            "sales",
            month_end(month + 1),
            {"订单号": row["订单号"], "行号": row["行号"], "撤回": "是"},
        )
    return float(row["金额"])


def _broken_lines(month: int) -> list[Row]:
    """What a tired system exports: each row breaks the contract in its own way."""
    good = {"客户号": "C00001", "商品号": "P0001", "业务员": "S1", "数量": 1, "金额": 1, "成本": 1}
    return [
        {**good, "订单号": f"BAD{month}", "行号": 1, "日期": "2024/02/30"},
        {**good, "订单号": f"BAD{month}", "行号": 2, "日期": "2024/01/05", "金额": "1.234,56"},
        {
            **good,
            "订单号": f"BAD{month}",
            "行号": 3,
            "日期": "2024/01/05",
            "数量": "#REF!",
            "客户号": "",
        },
    ]


def _bill(
    company: Company, random: Random, person: Row, order: str, day: date, total: float
) -> None:
    """An invoice for the order, and its payment: late, in part, too much, or never."""
    if total <= 0:
        return
    invoice = {
        "invoice_id": f"INV-{order}", "customer_id": person["客户号"], "invoiced_on": day.isoformat(),
        "amount": f"{total:.2f}", "disputed": "是" if random.random() < 0.01 else "否",
    }  # fmt: skip
    ends = month_end(LAST_MONTH)
    company.add("invoices", ends, invoice)
    paid = day + timedelta(days=int(person["付款期限"] + random.gauss(5, 20)))
    if random.random() < 0.92 and day <= paid <= ends:
        share = random.choice([1, 1, 1, 1, 0.5, 1.1])
        payment = {
            "payment_id": f"PAY-{order}", "customer_id": person["客户号"],
            "invoice_id": f"INV-{order}" if random.random() > 0.03 else "",
            "paid_on": paid.isoformat(), "amount": f"{total * share:.2f}",
        }  # fmt: skip
        company.add("payments", ends, payment)


def _stock(company: Company, random: Random, products: list[Row], month: int) -> None:
    for product in products:
        quantity = int(random.uniform(5, 60) * product["cover"])
        row = {
            "product_id": product["product_id"],
            "stock_on": month_end(month).isoformat(),
            "quantity": quantity if random.random() > 0.003 else -quantity - 1,
        }
        company.add("stock", month_end(month), row)


def _serve(company: Company, random: Random, people: list[Row], month: int) -> None:
    """Visits, complaints, investigations and incidents of a month."""
    ends = month_end(LAST_MONTH)
    first = date(month // 12, month % 12 + 1, 1)
    for person in random.sample(people, max(1, len(people) // 6)):
        day = first + timedelta(days=random.randint(0, 27))
        key = f"{person['客户号']}-{month}"
        done = random.random() < 0.85
        visit = {
            "visit_id": f"V-{key}", "customer_id": person["客户号"], "salesperson_id": person["业务员"] or "S1",
            "planned_on": day.isoformat(), "visited_on": day.isoformat() if done else "",
            "status": "done" if done else "planned",
            "outcome": random.choice(["order", "quotation", "none", "none", "无效"]) if done else "",
        }  # fmt: skip
        company.add("visits", ends, visit)
        if random.random() < 0.15:
            _complain(company, random, person, key, datetime.combine(day, datetime.min.time()))
        if random.random() < 0.1:
            company.add("credit_investigations", ends, {
                "investigation_id": f"I-{key}", "customer_id": person["客户号"],
                "investigated_on": day.isoformat(), "source": "internal", "report_kind": "written",
                "rating": random.choice("ABCD"), "recommended_limit": random.choice(["50000", "1e5"]),
            })  # fmt: skip
    person = random.choice(people)
    company.add("incidents", ends, {
        "incident_id": f"X-{month}", "customer_id": person["客户号"], "reported_on": first.isoformat(),
        "kind": "经营异常", "suspend_supply": "否",
    })  # fmt: skip
    company.add("reinstatements", ends, {
        "customer_id": person["客户号"], "salesperson_id": person["业务员"] or "S1",
        "reinstated_on": first.isoformat(), "approved_by": "经理",
    })  # fmt: skip


def _complain(company: Company, random: Random, person: Row, key: str, at: datetime) -> None:
    ends = month_end(LAST_MONTH)
    complaint = {
        "complaint_id": f"K-{key}", "customer_id": person["客户号"], "received_at": at.isoformat(),
        "category": random.choice(["quality", "contract", "transport", "service"]),
    }  # fmt: skip
    company.add("complaints", ends, complaint)
    steps = (
        "recorded",
        "judged",
        "assigned",
        "responded",
        "analysed",
        "proposed",
        "approved",
        "implemented",
        "closed",
    )
    for number, step in enumerate(steps, start=1):
        at += timedelta(hours=random.randint(1, 40))
        if at.date() > ends:
            break
        event = {
            "complaint_id": f"K-{key}", "sequence": number, "step": step, "occurred_at": at.isoformat(),
            "result": "valid" if step == "judged" else "",
        }  # fmt: skip
        company.add("complaint_events", ends, event)


def _targets(company: Company, people: list[Row], span: list[int]) -> None:
    """For the company and the ten largest customers, month by month."""
    for month in span:
        day = date(month // 12, month % 12 + 1, 1).isoformat()
        rows = [("company", "*", "2000000")]
        rows += [("customer", person["客户号"], "60000") for person in people[:10]]
        for scope, member, amount in rows:
            target = {
                "target_month": day, "scope": scope, "member_id": member, "period": "month",
                "target_amount": amount, "target_share": None,
            }  # fmt: skip
            company.add("targets", month_end(LAST_MONTH), target)
