"""A company as its deliveries say it: ledgers folded record by record, registers on a day, calendar, who exists.

The slow oracles of targets, credit, visits, complaints and findings read it. Money is integers of 1/10,000.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from tests.oracle import YEAR, Line, Oracle, Row, Version, end_of, month_of, tier_of

KEYS = {
    "customers": ("customer_id",),
    "products": ("product_id",),
    "sales": ("order_id", "line_no"),
    "stock": ("product_id", "stock_on"),
    "invoices": ("invoice_id",),
    "payments": ("payment_id",),
    "credit_investigations": ("investigation_id",),
    "incidents": ("incident_id",),
    "visits": ("visit_id",),
    "reinstatements": ("customer_id", "salesperson_id", "reinstated_on"),
    "complaints": ("complaint_id",),
    "complaint_events": ("complaint_id", "sequence"),
    "targets": ("target_month", "scope", "member_id", "period"),
}
DATES = {
    "sales": "sold_on",
    "stock": "stock_on",
    "invoices": "invoiced_on",
    "payments": "paid_on",
    "credit_investigations": "investigated_on",
    "incidents": "reported_on",
    "visits": "visited_on",
    "reinstatements": "reinstated_on",
    "complaints": "received_at",
    "complaint_events": "occurred_at",
}
REGISTERS = ("customers", "products")


@dataclass(frozen=True)
class Delivery:
    """What a feed handed over on a day: accepted rows in order, and rows that break its contract."""

    feed: str
    day: date
    rows: list[Row]
    broken: list[Row] = field(default_factory=list)


def ledger(deliveries: list[Delivery], feed: str) -> list[Row]:
    """The newest version of every key of a feed; withdrawn ones gone."""
    current: dict[tuple[Any, ...], Row] = {}
    for delivery in sorted(deliveries, key=lambda one: one.day):
        for row in delivery.rows if delivery.feed == feed else ():
            current[tuple(row[name] for name in KEYS[feed])] = row
    return [row for row in current.values() if not row.get("deleted")]


def register(deliveries: list[Delivery], feed: str) -> dict[str, list[Version]]:
    """The versions of every member; one without values ends the member's registration."""
    members: dict[str, dict[date, Version]] = {}
    for delivery in sorted(deliveries, key=lambda one: one.day):
        for row in delivery.rows if delivery.feed == feed else ():
            said = () if row.get("deleted") else tuple(row.items())
            versions = members.setdefault(row[KEYS[feed][0]], {})
            versions[delivery.day] = Version(delivery.day, said)
    return {member: list(versions.values()) for member, versions in members.items()}


def fact_day(feed: str, row: Row) -> date | None:
    """The day that a fact counts on; a visit's by the plan until it is made."""
    day = row.get(DATES[feed])
    if feed == "visits" and day is None:
        day = row.get("planned_on")
    return day.date() if isinstance(day, datetime) else day


def money(units: int) -> str:
    """An amount as a finding tells it."""
    return f"{'-' * (units < 0)}{abs(units) // 10_000}.{abs(units) % 10_000:04}"


def text(value: Any) -> str | None:
    """Any other value as a finding tells it."""
    if isinstance(value, Fraction):
        return repr(float(value))
    return None if value is None else str(value)


def months_after(day: date, count: int) -> date:
    """The same day so many months on, or the last one of a shorter month."""
    month = month_of(day) + count
    last = end_of(month)
    return last if day.day > last.day else last.replace(day=day.day)


class Books(Oracle):
    """The ledgers of all feeds, and what a register, a fact, a tier is on a day."""

    def __init__(self, deliveries: list[Delivery], fiscal: int = 1) -> None:
        self.facts = {feed: ledger(deliveries, feed) for feed in KEYS if feed not in REGISTERS}
        last = max(
            month_of(day)
            for feed in DATES
            for row in self.facts[feed]
            if (day := fact_day(feed, row)) is not None
        )
        super().__init__(
            [_line(row) for row in self.facts["sales"]],
            register(deliveries, "customers"),
            register(deliveries, "products"),
            {
                (row["product_id"], row["stock_on"]): (
                    row["quantity"], row.get("value_at_cost"), row.get("value_at_retail")
                )
                for row in self.facts["stock"]
            },
            min(last, max(month_of(delivery.day) for delivery in deliveries)),
            fiscal,
        )  # fmt: skip
        self.tier = cache(self._tier)
        self.classes = cache(self._classes)

    def upto(self, feed: str, end: date) -> list[Row]:
        """The facts of a feed dated up to a day."""
        return [r for r in self.facts[feed] if (day := fact_day(feed, r)) is not None and day <= end]  # fmt: skip

    def said(self, feed: str, member: str, day: date) -> Row:
        """What a register says of a member on a day: nothing once it is withdrawn."""
        versions = getattr(self, feed).get(member, [])
        seen = [version for version in versions if version.delivered_on <= day]
        return dict(max(seen, key=lambda v: v.delivered_on).values if seen else versions[0].values if versions else ())  # fmt: skip

    def is_registered(self, feed: str, member: str, end: date) -> bool:
        """Whether any register version speaks for the member."""
        return bool(self.said(feed, member, end))

    def by_facts(self, column: str, end: date) -> set[str]:
        """Members that a fact dated up to a day names."""
        return {
            row[column]
            for feed in DATES
            for row in self.upto(feed, end)
            if row.get(column) is not None
        }

    def existing(self, month: int) -> list[str]:
        """Customers that a standing register version or any fact brought into being by a month's end."""
        end = end_of(month)
        standing = {
            customer
            for customer, versions in self.customers.items()
            if versions[0].delivered_on <= end and self.is_registered("customers", customer, end)
        }
        return sorted(standing | self.by_facts("customer_id", end))

    def salesperson(self, customer: str, month: int) -> str | None:
        """Who looks after a customer at a month's end."""
        return self.said("customers", customer, end_of(month)).get("salesperson_id")

    def _tier(self, customer: str, month: int) -> str:
        return tier_of(self.sums(self.span(month, YEAR), "customer"), customer)

    def bounds(self, month: int, period: str) -> tuple[date, date]:
        """First and last day of a period."""
        return end_of(self.span(month, period)[0] - 1) + timedelta(days=1), end_of(month)


def _line(row: Row) -> Line:
    return Line(
        row["order_id"], row["sold_on"], row["customer_id"], row["product_id"],
        row["quantity"], row["net_amount"], row.get("cost_amount"),
    )  # fmt: skip
