"""Records of every feed made by chance, with every odd thing that the rules speak of. Money is integers of 1/10,000."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.oracle import Row
    from tests.oracle_books import Delivery

FIRST, LAST = date(2023, 2, 10), date(2024, 3, 31)
STEPS = [
    "recorded",
    "judged",
    "assigned",
    "analysed",
    "proposed",
    "approved",
    "implemented",
    "summarised",
]
RESULTS = {
    "judged": ["valid", "valid", "valid", "invalid", None],
    "approved": ["approved", "approved", None, "rejected"],
    "closed": ["satisfied", "unsatisfied", None],
}


class RandomRecords:
    """What a company of 17 customers may write down; some records speak of others that were delivered before."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.deliveries: list[Delivery] = []

    def _pick(self, *values: Any) -> Any:
        return self.dice.choice(values)

    def _customer(self) -> Row:
        return {
            "nature": self._pick("company", "company", "individual", "partner", None),
            "market_position": self._pick("leader", None),
            "region": self._pick("North", None),
            "salesperson_id": self._pick("S1", "S1", "S2", "S3", None),
            "credit_limit": self._pick(None, 0, 15_000_000, 40_000_000, 40_005_000, 500_000_000),
            "credit_limit_expires_on": self._pick(None, date(2023, 6, 30), date(2023, 12, 1), date(2025, 1, 1)),
            "payment_terms_days": self._pick(None, 0, 15, 45, 60),
        }  # fmt: skip

    def _product(self) -> Row:
        return {
            "category": self._pick("u", "v", None),
            "standard_cost": self._pick(None, 20_000, 33_333, 50_001),
            "list_price": self._pick(None, 70_000, 99_999),
        }

    def _day(self, first: date = FIRST, last: date = LAST) -> date:
        """Any day of a span, month-ends more often than others."""
        day = first + timedelta(days=self.dice.randrange((last - first).days + 1))
        if self.dice.random() < 0.15:
            day = (day.replace(day=1) - timedelta(days=1)) if day.day < 15 else day.replace(day=1)
        return max(first, day)

    def _who(self, *absent: int) -> str:
        """A customer; 15 and 16 are in no register."""
        return f"C{self._pick(*(n for n in range(17) if n not in absent))}"

    # Facts

    def _sale(self, n: int) -> list[Row]:
        amount = self.dice.randrange(-300_000, 3_000_000, 12_345)
        customer = "C0" if self.dice.random() < 0.15 else self._who(2, 3, 4, 5, 14, 16)
        return [{
            "order_id": f"O{n // 2}", "line_no": n % 2,
            "sold_on": self._day() if n > 5 else FIRST + timedelta(days=n),
            "customer_id": customer if n > 5 else "C5",  # who has bought nothing since
            "product_id": f"P{self.dice.randrange(6)}",
            "salesperson_id": self._pick("S1", "S2", "S4", None),
            "quantity": self.dice.randrange(-20_000, 60_000, 5_000),
            "net_amount": -abs(amount) if self.dice.random() < 0.08 else amount,
            "cost_amount": self._pick(None, None, self.dice.randrange(0, 900_000, 7)),
        }]  # fmt: skip

    def _stock(self, _: int) -> list[Row]:
        return [{
            "product_id": self._pick("P0", "P1", "P2", "P3", "P4", "P5", "P6"), "stock_on": self._day(),
            "quantity": self.dice.randrange(0, 50_000, 2_500),
            "value_at_cost": self._pick(None, self.dice.randrange(10**6)),
        }]  # fmt: skip

    def _invoice(self, n: int) -> list[Row]:
        """C1 owes since long ago; others have bought of late."""
        customer = "C1" if n < 6 else self._who(1, 14, 16)
        day = self._day(date(2021, 2, 1), date(2021, 12, 31)) if n < 6 else self._day(date(2022, 9, 1), date(2024, 4, 20))  # fmt: skip
        amount = self.dice.randrange(1_000_000, 30_000_000, 50_000)
        return [{
            "invoice_id": f"I{n}", "customer_id": customer, "invoiced_on": day,
            "due_on": self._pick(None, day + timedelta(days=self.dice.randrange(-5, 90))),
            "amount": -amount // 3 if self.dice.random() < 0.12 else amount,
            "disputed": self._pick(None, None, False, True),
        }]  # fmt: skip

    def _payment(self, n: int) -> list[Row]:
        """Of any invoice its whole, part or more; before or after it; for nothing; back; by another."""
        dice = self.dice
        rows = [
            row
            for one in self.deliveries
            if one.feed == "invoices"
            for row in one.rows
            if "amount" in row
        ]
        invoice = dice.choice([row for row in rows if int(row["invoice_id"][1:]) >= 5])
        part = self._pick(1.0, 1.0, 1.0, 0.6, 0.4, 1.1, -0.2)
        return [{
            "payment_id": f"Y{n}",
            "customer_id": invoice["customer_id"] if dice.random() < 0.9 else self._who(1, 14),
            "invoice_id": invoice["invoice_id"] if dice.random() < 0.8 else self._pick(None, None, "UNKNOWN"),
            "paid_on": min(invoice["invoiced_on"] + timedelta(days=dice.randrange(-40, 130)), date(2024, 4, 15)),
            "amount": int(invoice["amount"] * part),
        }]  # fmt: skip

    def _investigation(self, n: int) -> list[Row]:
        return [{
            "investigation_id": f"V{n}", "customer_id": self._who(14),
            "investigated_on": self._pick(date(2022, 8, 31), date(2023, 5, 31), date(2023, 11, 30), self._day()),
            "source": "internal",
            "report_kind": self._pick("written", "written", "daily_oral", "urgent", None),
            "rating": self._pick("A", "B", "C", "D", None),
        }]  # fmt: skip

    def _incident(self, n: int) -> list[Row]:
        day = self._day(date(2022, 12, 1))
        return [{
            "incident_id": f"X{n}", "customer_id": self._who(14), "reported_on": day, "kind": "rumour",
            "suspend_supply": self._pick(None, None, False, True),
            "resolved_on": self._pick(None, day, day + timedelta(days=self.dice.randrange(1, 150))),
        }]  # fmt: skip

    def _visit(self, n: int) -> list[Row]:
        """Mostly in vain; prospects (C2 to C4) and some others are visited often, some by two on the same day."""
        dice = self.dice
        often = ["C2", "C3", "C4", "C5", "C13"]
        day = self._day(date(2022, 10, 1))
        status = self._pick("done", "done", "done", "done", "planned", "cancelled")
        if status == "planned":
            day = self._day(LAST - timedelta(days=60), LAST + timedelta(days=60))
        made = {
            "visit_id": f"B{n}", "customer_id": dice.choice(often) if dice.random() < 0.7 else self._who(14),
            "salesperson_id": self._pick("S1", "S1", "S2", "S3", "S5"),
            "planned_on": self._pick(None, day, day - timedelta(days=dice.randrange(12))),
            "visited_on": day if status == "done" or dice.random() < 0.1 else None,
            "status": status,
            "outcome": self._pick("order", "quotation", "contract", "collection") if dice.random() < 0.08 else self._pick("none", None),
        }  # fmt: skip
        again = {**made, "visit_id": f"B{n}b", "outcome": self._pick("none", None, "order")}
        again["salesperson_id"] = self._pick(made["salesperson_id"], "S2")
        return [made, again] if dice.random() < 0.1 else [made]

    def _reinstatement(self, _: int) -> list[Row]:
        return [{
            "customer_id": self._pick("C2", "C3", "C4", "C5", "C16"), "salesperson_id": self._pick("S1", "S2"),
            "reinstated_on": self._day(), "approved_by": "boss",
        }]  # fmt: skip

    def _complaint(self, n: int) -> list[Row]:
        received = datetime.combine(
            self._day(date(2022, 3, 1), LAST + timedelta(days=5)), datetime.min.time()
        )
        return [{
            "complaint_id": f"K{n}", "customer_id": self._who(14, 16) if n else "C16",
            "received_at": received + timedelta(hours=self._pick(0, 9, 14, 23)),
            "category": self._pick("quality", "quality", "transport", "service"),
            "subcategory": self._pick(None, "dent", "late"),
            "product_id": self._pick(None, "P0", "P7"), "order_id": self._pick(None, "O1"),
        }]  # fmt: skip

    def _events(self, n: int) -> list[Row]:
        """The events of one complaint, in rounds; 70 and more are of complaints that nobody knows."""
        dice = self.dice
        rows = [row for one in self.deliveries if one.feed == "complaints" for row in one.rows]
        mine = [
            row["received_at"]
            for row in rows
            if row["complaint_id"] == f"K{n}" and "received_at" in row
        ]
        start = now = mine[-1] if mine else datetime(2023, 5, 1)
        pace = self._pick(2, 2, 10, 40, 200)
        events: list[tuple[datetime, str]] = []
        for again in range(self._pick(0, 1, 1, 1, 1, 2, 2, 3)):
            steps = self._steps()
            if again:
                steps.insert(0, "reopened")
            for step in steps:
                now += timedelta(
                    hours=dice.choice([0, 1, pace, pace / 4]), seconds=dice.choice([0, 0, 1])
                )
                events.append((now, step))
        if dice.random() < 0.6:
            events.append((start + timedelta(hours=self._pick(-3, 1, 5, 24, 24, 30)), "responded"))
        if dice.random() < 0.15:
            events.append((start + timedelta(hours=240), "closed"))
        numbers = [*range(len(events))]
        if dice.random() < 0.3:
            dice.shuffle(numbers)
        return [
            {
                "complaint_id": f"K{n}", "sequence": number, "step": step, "occurred_at": at,
                "department": self._pick("Quality", "Transport", None),
                "result": dice.choice(RESULTS.get(step, [None])),
            }
            for number, (at, step) in zip(numbers, events, strict=True)
        ]  # fmt: skip

    def _steps(self) -> list[str]:
        """A round: the steps up to some point, perhaps with one left out, repeated or moved, then closed."""
        steps = STEPS[: self._pick(0, 1, 2, 3, 6, 7, 8, 8)]
        chance = self.dice.random()
        if steps and chance < 0.4:
            at = self.dice.randrange(len(steps))
            step = steps[at]
            if chance < 0.15:
                del steps[at]
            elif chance < 0.25:
                steps.insert(at, step)
            elif chance < 0.35:
                steps.append(step)
            else:
                steps.reverse()
        return [*steps, *(["closed"] if self.dice.random() < 0.75 else [])]

    def _target(self, _: int) -> list[Row]:
        scope = self._pick(
            "company", "customer", "customer", "product", "product", "category", "salesperson"
        )
        number = self.dice.randrange(9)
        member = {
            "company": "*", "customer": f"C{number}", "product": f"P{number}",
            "category": self._pick("u", "v", "w"), "salesperson": self._pick("S1", "S2", "S4", "S9"),
        }  # fmt: skip
        year, month = divmod(2023 * 12 + self.dice.randrange(17), 12)
        amount = self._pick(
            0,
            self.dice.randrange(1_000_000, 40_000_000, 10_000),
            self.dice.randrange(10**7),
            -10_000,
        )
        share = self._pick(0, 10_000, self.dice.randrange(10_000), self.dice.randrange(4_000))
        amount, share = self._pick((amount, None), (amount, None), (None, share), (None, share), (amount, share), (None, None))  # fmt: skip
        return [{
            "target_month": date(year, month + 1, 1), "scope": scope, "member_id": member[scope],
            "period": self._pick("month", "year_to_date", "trailing_12_months"),
            "target_amount": amount, "target_share": share,
        }]  # fmt: skip
