"""A company of all feeds made by chance, with every odd thing that the rules speak of, and its csv files.

Money is integers of 1/10,000. What is true at last is not kept here: the oracle folds the deliveries itself.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.oracle_books import KEYS, Delivery
from tests.random_records import RandomRecords
from tests.worked_service import WORKED

if TYPE_CHECKING:
    from tests.company import Company
    from tests.oracle import Row

ZONE = "Asia/Shanghai"
SETTINGS = f"""\
name: Random
currency: CNY
lake: ./lake
calendar: {{timezone: {ZONE}, fiscal_year_starts: FISCAL}}
feeds:
{"".join(f'  {feed}: {{path: "landing/{feed}_{{date:%Y-%m-%d}}.csv"}}{chr(10)}' for feed in KEYS)}\
publish: {{duckdb: ./kehu.duckdb}}
"""
MONEY = {
    "credit_limit", "list_price", "standard_cost", "quantity", "net_amount", "cost_amount", "value_at_cost",
    "value_at_retail", "amount", "target_amount", "target_share",
}  # fmt: skip
REGISTERED = [date(2023, 1, 20), date(2023, 8, 31), date(2024, 1, 10)]
DELIVERED = [date(2023, 11, 20), date(2024, 2, 12), date(2024, 3, 30)]


class RandomCompany(RandomRecords):
    """Deliveries of all feeds, of which later ones correct, withdraw and give back."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._registers("customers", self._customer, 15)
        self._registers("products", self._product, 5)
        self._facts("sales", self._sale, 170)
        self._facts("stock", self._stock, 60)
        self._facts("invoices", self._invoice, 130)
        self._facts("payments", self._payment, 200)
        self._facts("credit_investigations", self._investigation, 55)
        self._facts("incidents", self._incident, 22)
        self._facts("visits", self._visit, 330)
        self._facts("reinstatements", self._reinstatement, 10)
        self._facts("complaints", self._complaint, 70)
        self._facts("complaint_events", self._events, 74)
        self._facts("targets", self._target, 260)
        self._join(WORKED)

    # Deliveries

    def _registers(self, feed: str, make: Any, count: int) -> None:
        """Members with one to three versions; the last but one is withdrawn and given back, the last withdrawn."""
        key = KEYS[feed][0]
        files: list[list[Row]] = [[] for _ in REGISTERED]
        for n in range(count):
            member, since = f"{feed[0].upper()}{n}", self.dice.choice([0, 0, 0, 1, 2])
            if n >= count - 2:
                since = 0
            for at in range(since, 3):
                if at == since or self.dice.random() < 0.7:
                    files[at].append({key: member, f"{feed[:-1]}_name": member, **make()})
            if n >= count - 2:
                files[1] = [row for row in files[1] if row[key] != member]
                files[2] = [row for row in files[2] if row[key] != member]
                files[1].append({key: member, "deleted": True})
            if n == count - 2:
                files[2].append({key: member, f"{feed[:-1]}_name": member, **make()})
        self.deliveries += [Delivery(feed, day, rows) for day, rows in zip(REGISTERED, files, strict=True)]  # fmt: skip

    def _facts(self, feed: str, make: Any, count: int) -> None:
        """Records that arrive once, or wrong first, or twice in a file, or to be withdrawn, or withdrawn and given back."""
        dice, keys = self.dice, KEYS[feed]
        files: list[list[Row]] = [[] for _ in DELIVERED]
        made = [row for n in range(count) for row in make(n)]
        for row in {tuple(row[k] for k in keys): row for row in made}.values():
            key = {name: row[name] for name in keys}
            chance, at = dice.random(), dice.randrange(3)
            files[at].append(row)
            if chance < 0.2 and at:  # corrected: another record's values came first
                files[dice.randrange(at)].append({**dice.choice(made), **key})
            elif chance < 0.26:  # said twice in one file
                files[at].insert(0, {**dice.choice(made), **key})
            elif chance < 0.30 and at < 2:
                files[at + 1].append({**key, "deleted": True})
                if chance < 0.28 and at == 0:
                    files[2].append(row)
        for day, rows in zip(DELIVERED, files, strict=True):
            broken = [
                {**dice.choice(made), **dict.fromkeys(keys[:1])} for _ in range(dice.randrange(3))
            ]
            self.deliveries.append(Delivery(feed, day, rows, broken))

    def _join(self, more: list[Delivery]) -> None:
        """Put other deliveries' rows into the files of the same feed and day."""
        files = {(one.feed, one.day): one.rows for one in self.deliveries}
        for one in more:
            files[one.feed, one.day] += one.rows

    def deliver(self, company: Company) -> None:
        """Write every delivery as a csv file."""
        for one in self.deliveries:
            names = dict.fromkeys(name for row in [*one.rows, *one.broken] for name in row)
            rows = [self._written(dict.fromkeys(names) | row) for row in [*one.rows, *one.broken]]
            if rows:
                company.deliver(one.feed, f"{one.day}", *rows)

    def _written(self, row: Row) -> Row:
        """A row as its file has it; some times come from another zone."""
        written = {}
        for name, value in row.items():
            if value is not None and name in MONEY:
                written[name] = Decimal(value) / 10_000
            elif isinstance(value, datetime) and self.dice.random() < 0.2:
                written[name] = value.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC).isoformat()
            else:
                written[name] = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value  # fmt: skip
        return written
