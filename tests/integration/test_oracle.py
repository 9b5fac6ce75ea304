"""Whole runs of random small companies against the slow oracle: every report, every row, every number."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from tests.company import SETTINGS, Company
from tests.comparison import differences
from tests.oracle import Line, Oracle, Version

if TYPE_CHECKING:
    from pathlib import Path

START, LAST = date(2022, 11, 3), 2024 * 12 + 4
NATURES = ["company", "company", "company", "partner", None]


class Random:
    """A company made by chance: registers that change, orders over months, returns, gaps in stock, corrections."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.customers = {f"C{n}": self._versions(self._customer) for n in range(7)}
        self.products = {f"P{n}": self._versions(self._product) for n in range(5)}
        self.stock = self._stock()
        self.lines = {(f"O{n // 2}", n % 2): self._line(f"O{n // 2}") for n in range(160)}

    def _versions(self, make: Any) -> list[Version]:
        days = [date(2022, 12, 10), date(2023, 8, 20)]
        return [
            Version(day, tuple(make().items()))
            for day in days[: self.dice.choice([1, 2])]
        ]  # fmt: skip

    def _customer(self) -> dict[str, Any]:
        pick = self.dice.choice
        return {
            "nature": pick(NATURES),
            "market_position": pick(["leader", None]),
            "region": pick(["North", "South", None]),
            "industry": pick(["x", None]),
            "salesperson_id": pick(["S1", "S2", None]),
        }

    def _product(self) -> dict[str, Any]:
        pick = self.dice.choice
        return {
            "category": pick(["u", "v", None]),
            "standard_cost": pick([None, 20_000, 33_333, 50_001]),
            "list_price": pick([None, 70_000, 99_999, 80_000]),
        }

    def _day(self) -> date:
        return START + timedelta(days=self.dice.randrange(570))

    def _line(self, order: str) -> Line:
        dice = self.dice
        return Line(
            order,
            self._day(),
            f"C{dice.randrange(9) if dice.random() < 0.7 else 1}",  # C7 and C8 are in no register
            f"P{dice.randrange(6)}",  # P5 is in no register
            dice.randrange(-20_000, 60_000, 5_000),
            dice.randrange(-300_000, 2_000_000, 12_345) if dice.random() < 0.8 else 250_000,
            dice.choice([None, None, dice.randrange(0, 900_000, 7)]),
        )

    def _stock(self) -> dict[tuple[str, date], tuple[int, int | None, int | None]]:
        dice, stock = self.dice, {}
        for number in range(6):
            for month in range(2022 * 12 + 9, LAST + 1):
                if dice.random() < 0.93:
                    for day in (dice.randrange(1, 28), 28):
                        values = (dice.choice([None, dice.randrange(10**6)]) for _ in range(2))
                        quantity = dice.choice([0, dice.randrange(0, 50_000, 2_500)])
                        stock[f"P{number}", date(month // 12, month % 12 + 1, day)] = (quantity, *values)  # fmt: skip
        return stock

    def deliver(self, company: Company) -> None:
        """Registers, stock, and sales in three deliveries of which the later ones correct and withdraw."""
        for feed, key, register in (
            ("customers", "customer_id", self.customers),
            ("products", "product_id", self.products),
        ):
            for day in (date(2022, 12, 10), date(2023, 8, 20)):
                rows = [
                    {key: name, f"{feed[:-1]}_name": name, **_plain(version)}
                    for name, versions in register.items()
                    for version in versions
                    if version.delivered_on == day
                ]
                company.deliver(feed, f"{day}", *rows)
        company.deliver(
            "stock",
            "2024-06-01",
            *(
                {"product_id": p, "stock_on": d, "quantity": _money(q), "value_at_cost": _money(c), "value_at_retail": _money(r)}
                for (p, d), (q, c, r) in self.stock.items()
            ),
        )  # fmt: skip
        keys = list(self.lines)
        wrong = {key: self._line(key[0]) for key in keys[::3]}
        gone = [(f"G{n}", n) for n in range(12)]
        first = {**self.lines, **wrong, **{key: self._line(key[0]) for key in gone}}
        company.deliver("sales", "2024-05-30", *(_row(key, line) for key, line in first.items()))
        second = {key: self._line(key[0]) for key in keys[::6]}
        company.deliver("sales", "2024-05-31", *(_row(key, line) for key, line in second.items()))
        withdrawn = [{"order_id": o, "line_no": n, "deleted": "yes"} for o, n in gone]
        right = [_row(key, self.lines[key]) for key in keys[::3]]
        company.deliver("sales", "2024-06-01", *right, *withdrawn)

    def oracle(self, fiscal: int) -> Oracle:
        """The slow measures of what is true at last."""
        lines = list(self.lines.values())
        return Oracle(lines, self.customers, self.products, self.stock, LAST, fiscal)


def _plain(version: Version) -> dict[str, Any]:
    money = {"standard_cost", "list_price"}
    return {name: _money(value) if name in money else value for name, value in version.values}


def _row(key: tuple[str, int], line: Line) -> dict[str, Any]:
    return {
        "order_id": key[0], "line_no": key[1], "sold_on": line.day, "customer_id": line.customer,
        "product_id": line.product, "quantity": _money(line.quantity),
        "net_amount": _money(line.amount), "cost_amount": _money(line.cost),
    }  # fmt: skip


def _money(units: int | None) -> Decimal | None:
    return None if units is None else Decimal(units) / 10_000


@pytest.mark.parametrize(
    ("seed", "fiscal", "at_once"), [(1, 1, None), (2, 7, 30)], ids=["whole", "in portions"]
)
def test_every_report_equals_the_oracle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, fiscal: int, at_once: int | None
) -> None:
    """Guards against any rule misread on the way from file to published table, on ties, returns, gaps, corrections.

    So also where what a company of real size has does not fit into memory at once.
    """
    if at_once:
        monkeypatch.setattr("pipelines.months._PORTION", at_once)
        monkeypatch.setattr("pipelines.lake._AT_ONCE", at_once)
    made = Random(seed)
    settings = SETTINGS.replace("timezone: UTC", f"timezone: UTC, fiscal_year_starts: {fiscal}")
    company = Company(tmp_path / "company", settings)
    made.deliver(company)
    assert company.run().problems == []
    expected = made.oracle(fiscal).reports()
    told = {name: differences(company, name, table) for name, table in expected.items()}
    assert {name: wrong[:5] for name, wrong in told.items() if wrong} == {}
    assert sum(map(len, expected.values())) > 3_500  # enough to mean something


def test_the_oracle_itself_on_worked_numbers() -> None:
    """Guards against an oracle that agrees because it is wrong in the same way."""
    sales = {"a": 800, "b": 100, "c": 60, "d": 30, "e": 10}
    lines = [Line(c, date(2024, 1, 2), c, "P", 10_000, s, s // 2) for c, s in sales.items()]
    table = Oracle(lines, {}, {}, {}, 2024 * 12, 1).abc("customer")
    rows = [table["2024-01", "month", customer] for customer in sales]
    assert [row["tier"] for row in rows] == ["A", "B", "B", "C", "C"]
    assert [row["strict_tier"] for row in rows] == ["B", "B", "C", "C", "C"]
    assert rows[1]["cumulative_share"] == Fraction(9, 10)
