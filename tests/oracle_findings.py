"""The grade's conduct and every finding once more, from the other slow oracles."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.oracle import YEAR, Table, end_of, month_of, name_of
from tests.oracle_books import Delivery, money, text
from tests.oracle_complaints import Complaints
from tests.oracle_credit import Credit
from tests.oracle_targets import Targets
from tests.oracle_visits import Visits

if TYPE_CHECKING:
    from collections.abc import Iterator

# Rule, subject type, subject, severity, observed, threshold; evidence, None where the rules do not say which.
Finding = tuple[str, str, str, str, Any, Any, list[str] | None]
Told = tuple[str, str, str, str, str, str | None, str | None]
TIERS = "NCBA"


class Service(Targets):
    """All that targets, credit, visits, complaints and findings say of a company."""

    def __init__(self, deliveries: list[Delivery], fiscal: int = 1) -> None:
        super().__init__(deliveries, fiscal)
        self.receivables, self.visiting, self.complaining = (
            Credit(self),
            Visits(self),
            Complaints(self),
        )

    def conduct(self, month: int, customers: list[str]) -> dict[str, dict[str, Fraction]]:
        """Payment by the overdue rate, service by valid complaints an order; less is better."""
        payment, service = {}, {}
        asked = self.complaining.received(month, YEAR)
        for customer in customers:
            payment[customer] = -self.receivables.overdue_rate(customer, month)
            orders = {
                x.order for x in self.inside(self.span(month, YEAR)) if x.customer == customer
            }
            mine = [self.complaining.told(one, month) for one in asked]
            valid = [x for x in mine if x["customer_id"] == customer and x["validity"] == "valid"]
            service[customer] = Fraction(-len(valid), len(orders))
        return {"payment": payment, "service": service}

    def reports(self) -> dict[str, Table]:
        """The whole of every report."""
        return super().reports() | {
            "rpt_target": self.targets(),
            "rpt_receivable_ageing": self.receivables.ageing(),
            "rpt_customer_credit": self.receivables.customer_credit(),
            "rpt_visit_plan": self.visiting.plan(),
            "rpt_visit_effectiveness": self.visiting.effectiveness(),
            "rpt_complaint": self.complaining.complaint(),
            "rpt_complaint_summary": self.complaining.summary(),
        }

    # Findings

    def findings(self) -> Iterator[tuple[Told, list[str] | None]]:
        """Every finding: month, rule, subject type and id, severity, observed, threshold; and its evidence."""
        tiers, targets = self.abc("customer"), self.targets()
        for month in self.months:
            for found in (
                *_moved(tiers, name_of(month)),
                *_missed(targets, name_of(month)),
                *self._credit(month),
                *self._visits(month),
                *self._complaints(month),
                *self._members(month),
                *self._gaps(month),
                *self._payments(month),
            ):
                *names, observed, threshold, evidence = found
                yield (name_of(month), *names, text(observed), text(threshold)), evidence

    def _credit(self, month: int) -> Iterator[Finding]:
        for customer in self.existing(month):
            for rule, *told in self.receivables.broken(customer, month):
                yield f"credit.{rule}", "customer", customer, *told

    def _visits(self, month: int) -> Iterator[Finding]:
        for pair in self.visiting.pairs(month):
            row = self.visiting.pair(pair, month)
            if row["action"] == "keep":
                continue
            days = self.visiting.streak_days(pair, month)
            ids = [
                visit["visit_id"]
                for visit in self.facts["visits"]
                if visit["status"] == "done"
                and (visit["salesperson_id"], visit["customer_id"]) == pair
                and visit["visited_on"] in days
            ]
            severity = "watch" if row["action"] == "remove" else "info"
            yield (
                f"visit.{row['action']}",
                "salesperson_customer",
                "|".join(pair),
                severity,
                len(days),
                5,
                sorted(ids),
            )

    def _complaints(self, month: int) -> Iterator[Finding]:
        for one in self.complaining.shown(month):
            row = self.complaining.told(one, month)
            if row["sla_status"] == "breached":
                hours, target = self.complaining.late(one, month) or (None, None)
                yield "complaint.sla_breached", "complaint", one, "watch", hours, target, None
            if not row["steps_in_order"]:
                step = row["current_step"]
                yield "complaint.steps_out_of_order", "complaint", one, "watch", step, None, None
            if self.complaining.is_unapproved(one, month):
                yield (
                    "complaint.implemented_unapproved",
                    "complaint",
                    one,
                    "watch",
                    None,
                    None,
                    None,
                )

    def _members(self, month: int) -> Iterator[Finding]:
        end = end_of(month)
        for feed in ("customers", "products"):
            kind = feed[:-1]
            for member in self.by_facts(f"{kind}_id", end):
                if not self.is_registered(feed, member, end):
                    yield f"quality.unregistered_{kind}", kind, member, "info", None, None, None
        for customer in self.existing(month):
            is_current = self.classes(customer, month)["stage"] == "current"
            if is_current and self.salesperson(customer, month) is None:
                yield "quality.unassigned_customer", "customer", customer, "info", None, None, None

    def _gaps(self, month: int) -> Iterator[Finding]:
        counted = {product for product, day in self.stock if month_of(day) == month}
        sold = {x.product for x in self.lines if month_of(x.day) == month and x.amount > 0}
        for product in sold - counted:
            yield "quality.stock_gap", "product", product, "info", 0, 1, None

    def _payments(self, month: int) -> Iterator[Finding]:
        end = end_of(month)
        known = {row["invoice_id"] for row in self.upto("invoices", end)}
        for row in self.upto("payments", end):
            if row.get("invoice_id") is not None and row["invoice_id"] not in known:
                amount = money(row["amount"])
                yield (
                    "quality.payment_without_invoice",
                    "payment",
                    row["payment_id"],
                    "info",
                    amount,
                    None,
                    None,
                )


def _moved(tiers: Table, month: str) -> Iterator[Finding]:
    for (name, period, customer), row in tiers.items():
        if (name, period) == (month, YEAR) and row["movement"] != "stay":
            now, before = row["tier"], row["previous_tier"] or "N"
            is_loss = before == "A" and TIERS.index(now) < TIERS.index(before)
            yield (
                "tier.moved",
                "customer",
                customer,
                "watch" if is_loss else "info",
                now,
                before,
                None,
            )


def _missed(targets: Table, month: str) -> Iterator[Finding]:
    for (name, _, scope, member), row in targets.items():
        if name == month and row["target_status"] == "missed":
            if row["target_amount"] is not None:
                told, goal = money(row["actual_amount"]), money(row["target_amount"])
            else:
                told, goal = row["actual_share"], row["target_share"]
            yield "target.missed", scope, member, "watch", told, goal, None
