"""Targets once more: each row by itself, over the lines that count for it; and what they add to other reports."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle import Row, Table, end_of, month_of, name_of, over
from tests.oracle_books import Books

if TYPE_CHECKING:
    from datetime import date


class Targets(Books):
    """What was to be sold, and what was."""

    def targets(self) -> Table:
        """rpt_target."""
        return {
            (name_of(month), row["period"], row["scope"], row["member_id"]): self._target(row)
            for month in self.months
            for row in self.facts["targets"]
            if month_of(row["target_month"]) == month
        }

    def _belongs(self, order_line: Row, scope: str, member: str, end: date) -> bool:
        match scope:
            case "category":
                return (
                    self.said("products", order_line["product_id"], end).get("category") == member
                )
            case "company":
                return True
        return order_line.get(f"{scope}_id") == member

    def _target(self, row: Row) -> Row:
        scope, member, month = row["scope"], row["member_id"], month_of(row["target_month"])
        months = self.span(month, row["period"])
        lines = [x for x in self.facts["sales"] if month_of(x["sold_on"]) in months]
        actual = sum(
            x["net_amount"] for x in lines if self._belongs(x, scope, member, end_of(month))
        )
        whole = sum(x["net_amount"] for x in lines)
        if scope == "product":
            positive = sum(s for s in self.sums(months, "product").values() if s > 0)
            share = over(actual, positive) if actual > 0 else None
        else:
            share = over(actual, whole) if whole > 0 else None
        amount, part = row.get("target_amount"), row.get("target_share")
        told, target = (actual, amount) if amount is not None else (share, part)
        if target is None:
            status = "no_target"
        else:
            goal = target if amount is not None else Fraction(target, 10_000)
            status = "met" if told is not None and told >= goal else "missed"
        rate = over(told, goal) if target is not None and told is not None else None
        return {
            "target_amount": amount,
            "target_share": None if part is None else Fraction(part, 10_000),
            "actual_amount": actual,
            "actual_share": share,
            "attainment_rate": rate,
            "target_status": status,
        }

    def performance(self) -> Table:
        """rpt_customer_performance: rows of customers with a target come in, and every row says how it met its own."""
        table = super().performance()
        bare = {
            "order_count": 0, "quantity": 0, "sales_amount": 0, "gross_profit_amount": 0, "gross_margin_rate": None,
            "prior_year_amount": 0, "growth_rate": None,
        }  # fmt: skip
        return self._with_targets(table, "customer", bare)

    def abc(self, by: str) -> Table:
        """rpt_customer_abc; or the whole of rpt_product_composition."""
        if by == "customer":
            return super().abc(by)
        bare = dict.fromkeys(("rank", "sales_share", "cumulative_share")) | {
            "sales_amount": 0,
            "tier": "N",
        }
        table = self._with_targets(super().abc(by), "product", bare)
        for row in table.values():
            del row["target_share"]
        return table

    def _with_targets(self, table: Table, scope: str, bare: Row) -> Table:
        told = {
            (m, p, member): row for (m, p, of, member), row in self.targets().items() if of == scope
        }
        none = {
            "target_amount": None,
            "target_share": None,
            "attainment_rate": None,
            "target_status": "no_target",
        }
        for key in {*table, *told}:
            target = told.get(key, none)
            row = table.setdefault(key, {**bare})
            if scope == "customer":
                row.setdefault("share_of_company", target.get("actual_share"))
            row |= {name: target[name] for name in none}
        return table
