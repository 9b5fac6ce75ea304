"""Receivables, credit limits, written reports and credit rules once more: one customer, one invoice at a time."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.oracle import Row, Table, end_of, month_of, name_of, over
from tests.oracle_books import Books, money, months_after

if TYPE_CHECKING:
    from datetime import date

THOUSAND = 1_000 * 10_000
BANDS = (
    ("overdue_1_30_amount", 30),
    ("overdue_31_60_amount", 60),
    ("overdue_61_90_amount", 90),
    ("overdue_91_120_amount", 120),
    ("overdue_over_120_amount", 10**9),
)
REPORT_MONTHS = {"A": 3, "B": 6, "C": 12, "N": 12}
STATUS = {"watch": "watch", "hold": "hold_new_orders", "suspend": "suspend_supply"}


class Open(NamedTuple):
    """What is left of an invoice with something left of it."""

    invoice: str
    amount: int
    late: int
    disputed: bool


class Broken(NamedTuple):
    """A credit rule that a customer breaks."""

    rule: str
    severity: str
    observed: Any
    threshold: Any
    evidence: list[str] | None


class Credit:
    """Who owes what, month by month."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.account = cache(self._account)
        self.credit = cache(self._credit)

    def due_on(self, invoice: Row) -> date:
        """The day an invoice is due: its own, else by the terms of its customer on the invoice's date."""
        if invoice.get("due_on") is not None:
            return invoice["due_on"]
        said = self.books.said("customers", invoice["customer_id"], invoice["invoiced_on"])
        terms = said.get("payment_terms_days")
        return invoice["invoiced_on"] + timedelta(days=30 if terms is None else terms)

    def _account(self, month: int) -> tuple[dict[str, list[Open]], dict[str, int]]:
        """Invoices with positive opens, and the unapplied amount, of every customer with an invoice or payment."""
        end = end_of(month)
        invoices, payments = self.books.upto("invoices", end), self.books.upto("payments", end)
        opens: dict[str, list[Open]] = {}
        unapplied: dict[str, int] = {}
        for row in [*invoices, *payments]:
            opens.setdefault(row["customer_id"], [])
            unapplied.setdefault(row["customer_id"], 0)
        for invoice in invoices:
            name, customer = invoice["invoice_id"], invoice["customer_id"]
            paid = [p["amount"] for p in payments if p.get("invoice_id") == name]
            left = invoice["amount"] - sum(paid)
            if left < 0:
                unapplied[customer] += left
            if left > 0:
                late = (end - self.due_on(invoice)).days
                opens[customer].append(Open(name, left, late, bool(invoice.get("disputed"))))
        known = {invoice["invoice_id"] for invoice in invoices}
        for payment in payments:
            if payment.get("invoice_id") not in known:
                unapplied[payment["customer_id"]] -= payment["amount"]
        return opens, unapplied

    def balance(self, customer: str, month: int) -> int:
        """Open and unapplied amounts together."""
        opens, unapplied = self.account(month)
        return sum(one.amount for one in opens.get(customer, [])) + unapplied.get(customer, 0)

    def ageing(self) -> Table:
        """rpt_receivable_ageing."""
        table: Table = {}
        for month in self.books.months:
            opens, unapplied = self.account(month)
            for customer, mine in opens.items():
                table[name_of(month), customer] = _aged(mine, unapplied[customer])
        return table

    def overdue_rate(self, customer: str, month: int) -> Fraction:
        """Overdue part of the open amount; nothing open, nothing overdue."""
        mine = self.account(month)[0].get(customer, [])
        return (
            over(sum(x.amount for x in mine if x.late > 0), sum(x.amount for x in mine))
            or Fraction()
        )

    # rpt_customer_credit

    def customer_credit(self) -> Table:
        """rpt_customer_credit."""
        return {
            (name_of(month), customer): self.credit(customer, month)
            for month in self.books.months
            for customer in self.books.existing(month)
        }

    def _credit(self, customer: str, month: int) -> Row:
        exposure = self.balance(customer, month)
        limit = self.limit(customer, month)
        severities = {broken.severity for broken in self.broken(customer, month)}
        worst = [severity for severity in ("suspend", "hold", "watch") if severity in severities]
        due_on, status = self.report(customer, month)
        return {
            "credit_limit": limit,
            "exposure_amount": exposure,
            "utilisation_rate": over(exposure, limit) if limit else None,
            "headroom_amount": None if limit is None else limit - exposure,
            "dso_days": self._dso(customer, month),
            "dso_countback_days": self._countback(customer, month),
            "rating": self.rated(customer, month).get("rating"),
            "last_investigated_on": max(
                (x["investigated_on"] for x in self._investigations(customer, month)), default=None
            ),
            "report_due_on": due_on,
            "report_status": status,
            "credit_status": STATUS[worst[0]] if worst else "clear",
        }

    def limit(self, customer: str, month: int) -> int | None:
        """The credit limit that the register gives."""
        return self.books.said("customers", customer, end_of(month)).get("credit_limit")

    def _invoiced(self, customer: str, month: int) -> int:
        return sum(
            invoice["amount"]
            for invoice in self.books.facts["invoices"]
            if invoice["customer_id"] == customer and month_of(invoice["invoiced_on"]) == month
        )

    def _dso(self, customer: str, month: int) -> Fraction | None:
        invoiced = sum(self._invoiced(customer, one) for one in range(month - 2, month + 1))
        days = (end_of(month) - end_of(month - 3)).days
        return Fraction(self.balance(customer, month) * days, invoiced) if invoiced > 0 else None

    def _countback(self, customer: str, month: int) -> Fraction | None:
        left, days = self.balance(customer, month), Fraction()
        for one in range(month, month - 24, -1):
            if left <= 0:
                break
            invoiced = self._invoiced(customer, one)
            length = (end_of(one) - end_of(one - 1)).days
            days += length if left >= invoiced else Fraction(left * length, invoiced)
            left -= invoiced
        return days if left <= 0 else None

    def _investigations(self, customer: str, month: int) -> list[Row]:
        rows = self.books.upto("credit_investigations", end_of(month))
        return [row for row in rows if row["customer_id"] == customer]

    def rated(self, customer: str, month: int) -> Row:
        """The investigation that gave the rating."""
        rated = [x for x in self._investigations(customer, month) if x.get("rating") is not None]
        return max(rated, key=lambda x: (x["investigated_on"], x["investigation_id"]), default={})

    def report(self, customer: str, month: int) -> tuple[date | None, str | None]:
        """When the next written report is due, and how that stands."""
        end, limit = end_of(month), self.limit(customer, month)
        if not (limit or 0) > 0 and not self.balance(customer, month) > 0:
            return None, None
        written = [
            row["investigated_on"]
            for row in self._investigations(customer, month)
            if row.get("report_kind") in {None, "written"}
        ]
        if not written:
            return None, "never"
        due_on = months_after(max(written), REPORT_MONTHS[self.books.tier(customer, month)])
        if due_on < end:
            return due_on, "overdue"
        return due_on, "due" if (due_on - end).days <= 30 else "current"

    # Rules

    def broken(self, customer: str, month: int) -> list[Broken]:
        """The credit rules that a customer breaks."""
        return [*self._by_limit(customer, month), *self._by_age(customer, month), *self._by_record(customer, month)]  # fmt: skip

    def _by_limit(self, customer: str, month: int) -> list[Broken]:
        end, broken = end_of(month), []
        limit, exposure = self.limit(customer, month), self.balance(customer, month)
        if limit is not None and exposure > limit:
            broken.append(Broken("over_limit", "hold", money(exposure), money(limit), None))
        elif limit and 10 * exposure >= 9 * limit:
            broken.append(
                Broken("near_limit", "watch", Fraction(exposure, limit), Fraction(9, 10), None)
            )
        expires_on = self.books.said("customers", customer, end).get("credit_limit_expires_on")
        if expires_on is not None and expires_on < end:
            broken.append(Broken("limit_expired", "watch", expires_on, end, None))
        return broken

    def _by_age(self, customer: str, month: int) -> list[Broken]:
        broken, mine = [], self.account(month)[0].get(customer, [])
        oldest = max((x.late for x in mine), default=0)
        for severity, days in (("suspend", 90), ("hold", 30)):
            late = [x for x in mine if x.late > days]
            if sum(x.amount for x in late) >= THOUSAND:
                broken.append(Broken("overdue_long", severity, oldest, days, sorted(x.invoice for x in late)))  # fmt: skip
                break
        late = [x for x in mine if x.late > 45]
        part, whole = sum(x.amount for x in late), sum(x.amount for x in mine)
        if part >= THOUSAND and Fraction(part, whole) > Fraction(2, 5):
            ids = sorted(x.invoice for x in late)
            broken.append(
                Broken("overdue_share", "hold", Fraction(part, whole), Fraction(2, 5), ids)
            )
        return broken

    def _by_record(self, customer: str, month: int) -> list[Broken]:
        end, broken = end_of(month), []
        rated = self.rated(customer, month)
        if rated.get("rating") == "D":
            broken.append(Broken("rating_d", "hold", "D", "D", [rated["investigation_id"]]))
        pending = [
            row
            for row in self.books.upto("incidents", end)
            if row["customer_id"] == customer
            and (row.get("resolved_on") is None or row["resolved_on"] > end)
        ]
        if pending:
            severity = "suspend" if any(row.get("suspend_supply") for row in pending) else "watch"
            ids = sorted(row["incident_id"] for row in pending)
            broken.append(Broken("incident", severity, len(pending), 0, ids))
        due_on, status = self.report(customer, month)
        if status in {"overdue", "never"}:
            broken.append(Broken("report_overdue", "watch", due_on or "never", end, None))
        return broken


def _aged(mine: list[Open], unapplied: int) -> Row:
    """One customer's receivables by age."""
    row: Row = dict.fromkeys(("not_due_amount", *(name for name, _ in BANDS)), 0)
    for one in mine:
        band = [name for name, upto in BANDS if one.late <= upto][0]  # noqa: RUF015
        row["not_due_amount" if one.late <= 0 else band] += one.amount
    whole, late = sum(x.amount for x in mine), [x for x in mine if x.late > 0]
    return row | {
        "open_amount": whole,
        "unapplied_amount": unapplied,
        "balance_amount": whole + unapplied,
        "disputed_amount": sum(x.amount for x in mine if x.disputed),
        "overdue_amount": sum(x.amount for x in late),
        "overdue_rate": over(sum(x.amount for x in late), whole),
        "oldest_overdue_days": max((x.late for x in late), default=None),
    }
