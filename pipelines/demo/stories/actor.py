"""The customer of a story: in the register before the first month, unremarkable until the story says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING

from pipelines.demo import money
from pipelines.demo.company import ago, day_of, month_end, month_of
from pipelines.demo.sales import Order
from pipelines.demo.visits import visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company, Row
    from pipelines.demo.products import Product

TERMS_DAYS = 30
SALESPERSON = "S1"


class Actor:
    """A customer who does what a story tells. `register`: source columns that differ from the ordinary."""

    def __init__(
        self,
        company: Company,
        products: Sequence[Product],
        span: Sequence[int],
        customer_id: str,
        name: str,
        **register: str,
    ) -> None:
        self.company = company
        self.customer_id = customer_id
        self._product = products[1]
        self._span = span
        row: Row = {
            "客户号": customer_id,
            "客户名称": name,
            "性质": "普通公司",
            "市场地位": "追随者",
            "地区": "华东",
            "行业": "零售",
            "企业规模": "中型",
            "业务员": SALESPERSON,
            "信用额度": "100000.00",
            "额度到期日": "2026-12-31",
            "付款期限": TERMS_DAYS,
            **register,
        }
        company.add("customers", month_end(span[0] - 1), row)

    def is_looked_into(self, *ratings: str) -> None:
        """A written report every three months, the last in November; `ratings` are the latest ones, before them B."""
        months = range(1, len(self._span) + 3, 3)
        for number, month in enumerate(months):
            rating = [*reversed(ratings), *"B" * len(months)][number]
            money.investigation(self.company, self.customer_id, ago(month, 20), rating, 100_000)

    def trades(self, amount: float = 9_000) -> None:
        """An order on the 5th of every month, paid when it is due."""
        for month in self._span:
            order = self.buys(day_of(month, 5), amount)
            self.pays(order, order.day + timedelta(days=TERMS_DAYS), amount)

    def buys(self, day: date, amount: float, *, disputed: bool = False) -> Order:
        """An order of one line, and its invoice, due after the terms."""
        product = self._product
        order_id = f"SO{day:%Y%m%d}-{self.customer_id}"
        quantity = ceil(amount / product.list_price)
        line = {
            "订单号": order_id,
            "行号": 1,
            "日期": f"{day:%Y/%m/%d}",
            "客户号": self.customer_id,
            "商品号": product.product_id,
            "业务员": SALESPERSON,
            "数量": quantity,
            "金额": amount,
            "成本": round(quantity * product.standard_cost, 2),
            "撤回": "",
        }
        self.company.add("sales", month_end(month_of(day)), line)
        money.invoice(
            self.company, f"INV-{order_id}", self.customer_id, day, amount, disputed=disputed
        )
        return Order(order_id, day, amount, product.product_id)

    def pays(self, order: Order, day: date, amount: float) -> None:
        """A payment for an order's invoice."""
        self.pays_for(f"INV-{order.order_id}", day, amount)

    def pays_for(self, invoice_id: str, day: date, amount: float) -> None:
        """A payment that names an invoice, or none: ""."""
        payment_id = f"PAY-{self.customer_id}-{day}"
        money.payment(self.company, payment_id, self.customer_id, invoice_id, day, amount)

    def is_visited(self, day: date, outcome: str = "无效") -> None:
        """A visit by the salesperson on the planned day."""
        row = visit(f"V-{self.customer_id}-{day}", self.customer_id, SALESPERSON, day, day, outcome)
        self.company.record("visits", day, row)
