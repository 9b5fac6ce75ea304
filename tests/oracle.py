"""The measures once more, slowly and in another way: loops over lines in plain Python, ratios as fractions.

Written from the rules alone, it shares no code with the measures. Amounts and quantities are integers of 1/10,000.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

PERIODS = ("month", "year_to_date", "trailing_12_months")
YEAR = "trailing_12_months"
WEIGHTS = {"sales": 40, "margin": 20, "growth": 10, "payment": 20, "service": 10}
Row = dict[str, Any]
Table = dict[tuple[Any, ...], Row]


@dataclass(frozen=True)
class Line:
    """A sales line as it stands in the ledger; cost None: not booked."""

    order: str
    day: date
    customer: str
    product: str
    quantity: int
    amount: int
    cost: int | None


@dataclass(frozen=True)
class Version:
    """What a register said of a member on a date."""

    delivered_on: date
    values: tuple[tuple[str, Any], ...]


def month_of(day: date) -> int:
    """Year x 12 + month - 1."""
    return day.year * 12 + day.month - 1


def name_of(month: int) -> str:
    """YYYY-MM."""
    return f"{month // 12}-{month % 12 + 1:02}"


def end_of(month: int) -> date:
    """The last day of a month."""
    return date((month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)


def over(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """A ratio, None where it is not defined."""
    return Fraction(part) / Fraction(whole) if whole else None


def half_away(value: Fraction) -> int:
    """The nearest integer, halves away from zero."""
    return int(math.copysign(math.floor(abs(value) + Fraction(1, 2)), value))


def tier_of(totals: dict[str, int], member: str, *, strict: bool = False) -> str:
    """A, B, C or N of a member among all."""
    own = totals.get(member, 0)
    if own <= 0:
        return "N"
    positive = [value for value in totals.values() if value > 0]
    above = sum(value for value in positive if value > own)
    upto = sum(value for value in positive if value >= own)
    for tier, cut in (("A", 75), ("B", 95)):
        if (100 * upto <= cut * sum(positive)) if strict else (100 * above < cut * sum(positive)):
            return tier
    return "C"


def tier_by_cuts(value: int, totals: dict[str, int]) -> str:
    """The tier of a value under the cut amounts (lowest S in A, in B) of some totals."""
    for tier in "AB":
        held = [total for member, total in totals.items() if tier_of(totals, member) == tier]
        if held and value >= min(held):
            return tier
    return "C" if value > 0 else "N"


class Oracle:
    """A company's reports from its ledger: lines, snapshots (product, day) -> (quantity, cost, retail), registers."""

    def __init__(
        self,
        lines: list[Line],
        customers: dict[str, list[Version]],
        products: dict[str, list[Version]],
        stock: dict[tuple[str, date], tuple[int, int | None, int | None]],
        last: int,
        fiscal: int,
    ) -> None:
        self.lines, self.customers, self.products = lines, customers, products
        self.stock, self.fiscal = stock, fiscal
        self.months = range(min(month_of(line.day) for line in lines), last + 1)
        self.span = cache(self._span)
        self.sums = cache(self._sums)
        self.inside = cache(self._inside)

    # Periods, members, sums

    def _span(self, month: int, period: str) -> range:
        start = month
        if period == YEAR:
            start = month - 11
        while period == "year_to_date" and start % 12 + 1 != self.fiscal:
            start -= 1
        return range(start, month + 1)

    def _inside(self, months: range) -> list[Line]:
        return [line for line in self.lines if month_of(line.day) in months]

    def _sums(self, months: range, by: str) -> dict[str, int]:
        totals: dict[str, int] = {}
        for line in self.inside(months):
            totals[getattr(line, by)] = totals.get(getattr(line, by), 0) + line.amount
        return totals

    def known(self, versions: list[Version], month: int) -> Row:
        """What a register says as of a month."""
        seen = [version for version in versions if version.delivered_on <= end_of(month)]
        chosen = seen[-1] if seen else versions[0] if versions else None
        return dict(chosen.values) if chosen else {}

    def existing(self, month: int) -> list[str]:
        """Customers that a register version or a line brought into being by the end of a month."""
        named = {line.customer for line in self.lines if line.day <= end_of(month)}
        delivered = {
            c for c, vs in self.customers.items() if any(v.delivered_on <= end_of(month) for v in vs)
        }  # fmt: skip
        return sorted(named | delivered)

    def reports(self) -> dict[str, Table]:
        """Every report, of rpt_profitability the products alone."""
        return {
            "rpt_customer_abc": self.abc("customer"),
            "rpt_product_composition": self.abc("product"),
            "rpt_concentration": self.concentration(),
            "rpt_customer_classification": self.classification(),
            "rpt_class_composition": self.class_composition(),
            "rpt_customer_composition": self.customer_composition(),
            "rpt_customer_performance": self.performance(),
            "rpt_profitability": self.profitability(),
            "rpt_customer_product": self.customer_product(),
            "rpt_rfm": self.rfm(),
            "rpt_customer_grade": self.grade(),
        }

    def every(self) -> list[tuple[int, str]]:
        """All as-of months and periods."""
        return [(month, period) for month in self.months for period in PERIODS]

    # ABC, concentration

    def abc(self, by: str) -> Table:
        """rpt_customer_abc; of products the part that rpt_product_composition shares with it."""
        table = {}
        for month, period in self.every():
            now = self.sums(self.span(month, period), by)
            before = self.sums(self.span(month - 1, period), by)
            left = {m for m in before if tier_of(before, m) != "N"} if by == "customer" else set()
            for member in {*now, *left}:
                row = self._ranked(member, now)
                if by == "customer":
                    row |= self._moved(member, now, before)
                else:
                    del row["strict_tier"], row["to_next_tier_amount"]
                table[name_of(month), period, member] = row
        return table

    def _ranked(self, member: str, now: dict[str, int]) -> Row:
        own = now.get(member, 0)
        positive = [value for value in now.values() if value > 0]
        tier = tier_of(now, member)
        next_tiers = {"B": "A", "C": "BA"}.get(tier, "")
        lowest = [min(held) for up in next_tiers if (held := [v for m, v in now.items() if tier_of(now, m) == up])]  # fmt: skip
        return {
            "sales_amount": own,
            "tier": tier,
            "strict_tier": tier_of(now, member, strict=True),
            "rank": 1 + sum(value > own for value in positive) if own > 0 else None,
            "sales_share": over(own, sum(positive)) if own > 0 else None,
            "cumulative_share": over(sum(v for v in positive if v >= own), sum(positive)) if own > 0 else None,
            "to_next_tier_amount": lowest[0] - own if lowest else None,
        }  # fmt: skip

    def _moved(self, member: str, now: dict[str, int], before: dict[str, int]) -> Row:
        new, old = tier_of(now, member), tier_of(before, member) if member in before else None
        level = {"A": 3, "B": 2, "C": 1, "N": 0, None: 0}
        if level[new] == level[old]:
            movement = "stay"
        elif not level[old]:
            movement = "enter"
        elif not level[new]:
            movement = "exit"
        else:
            movement = "up" if level[new] > level[old] else "down"
        cause = None
        if movement in {"up", "down"}:
            own = tier_by_cuts(now[member], before) != old
            threshold = tier_by_cuts(before[member], now) != old
            cause = "both" if own == threshold else "own_sales" if own else "threshold"
        return {"previous_tier": old, "movement": movement, "movement_cause": cause}

    def concentration(self) -> Table:
        """rpt_concentration."""
        table = {}
        for month, period in self.every():
            sold = self.sums(self.span(month, period), "customer")
            largest = sorted((value for value in sold.values() if value > 0), reverse=True)
            total, net = sum(largest), sum(sold.values())
            key = sum(value for member, value in sold.items() if tier_of(sold, member) == "A")
            table[name_of(month), period] = {
                "customer_count": len(sold),
                "sales_amount": net,
                "key_account_share": over(key, net) if net > 0 else None,
                **{f"cr{k}": over(sum(largest[:k]), total) for k in (1, 5, 10)},
                "hhi": sum((Fraction(v, total) ** 2 for v in largest), Fraction(0)) if total else None,
            }  # fmt: skip
        return table

    # Classes and composition

    def classification(self) -> Table:
        """rpt_customer_classification."""
        return {
            (name_of(month), customer): self._classes(customer, month)
            for month in self.months
            for customer in self.existing(month)
        }

    def _classes(self, customer: str, month: int) -> Row:
        known, end = self.known(self.customers.get(customer, []), month), end_of(month)
        year_ago = end - timedelta(days=365)
        days = [x.day for x in self.lines if x.customer == customer and x.amount > 0 and x.day <= end]  # fmt: skip
        year = self.span(month, YEAR)
        tier = tier_of(self.sums(year, "customer"), customer)
        active = {month_of(x.day) for x in self.inside(year) if x.customer == customer and x.amount > 0}  # fmt: skip
        if tier == "A" or (tier == "B" and known.get("market_position") == "leader"):
            volume = "major"
        elif tier == "N" or (tier == "C" and len(active) <= 3):
            volume = "sporadic"
        else:
            volume = "general"
        return {
            "nature": known.get("nature") or "unclassified",
            "stage": "prospective" if not days else "current" if max(days) > year_ago else "past",
            "seniority": "future" if not days else "new" if min(days) > year_ago else "old",
            "volume_class": volume,
            "first_sold_on": min(days, default=None),
            "last_sold_on": max(days, default=None),
            "history_censored": (end - min(x.day for x in self.lines)).days < 365,
        }

    def _class_of(self, customer: str, month: int, period: str) -> Row:
        known = self.known(self.customers.get(customer, []), month)
        classes = self._classes(customer, month)
        return {
            **{name: classes[name] for name in ("nature", "stage", "seniority", "volume_class")},
            "region": known.get("region") or "unclassified",
            "industry": known.get("industry") or "unclassified",
            "salesperson": known.get("salesperson_id") or "unclassified",
            "tier": tier_of(self.sums(self.span(month, period), "customer"), customer),
        }

    def class_composition(self) -> Table:
        """rpt_class_composition."""
        table: Table = {}
        for month, period in self.every():
            sold = self.sums(self.span(month, period), "customer")
            net = sum(sold.values())
            for customer in self.existing(month):
                classes = self._class_of(customer, month, period)
                for dimension, value in classes.items():
                    key = (name_of(month), period, dimension, value)
                    row = table.setdefault(key, {"customer_count": 0, "sales_amount": 0, "key_account_amount": 0})  # fmt: skip
                    row["customer_count"] += 1
                    row["sales_amount"] += sold.get(customer, 0)
                    row["key_account_amount"] += sold.get(customer, 0) * (classes["tier"] == "A")
                    row["sales_share"] = over(row["sales_amount"], net) if net > 0 else None
        for row in table.values():
            total = row["sales_amount"]
            row["key_account_share"] = over(row["key_account_amount"], total) if total > 0 else None
        return table

    def customer_composition(self) -> Table:
        """rpt_customer_composition."""
        table, totals = {}, self.class_composition()
        for month, period in self.every():
            sold = self.sums(self.span(month, period), "customer")
            net = sum(sold.values())
            for customer, own in sold.items():
                row: Row = {"sales_amount": own, "share_in_company": over(own, net) if net > 0 else None}  # fmt: skip
                for dimension, value in self._class_of(customer, month, period).items():
                    whole = totals[name_of(month), period, dimension, value]["sales_amount"]
                    row[f"share_in_{dimension}"] = over(own, whole) if whole > 0 else None
                table[name_of(month), period, customer] = row
        return table

    # Profit

    def cost(self, line: Line) -> int | None:
        """Booked, else by the standard cost at the month's end, else unknown."""
        if line.cost is not None:
            return line.cost
        standard = self.known(self.products.get(line.product, []), month_of(line.day)).get("standard_cost")  # fmt: skip
        return None if standard is None else half_away(Fraction(line.quantity * standard, 10_000))

    def profit(self, lines: list[Line]) -> tuple[int, int | None]:
        """Known cost, and gross profit where every cost is known."""
        costs = [self.cost(line) for line in lines]
        known = sum(cost for cost in costs if cost is not None)
        return known, None if None in costs else sum(line.amount for line in lines) - known

    def performance(self) -> Table:
        """rpt_customer_performance of a company without targets."""
        table = {}
        for month, period in self.every():
            months = self.span(month, period)
            sold = self.sums(months, "customer")
            prior = self.sums(range(months.start - 12, months.stop - 12), "customer")
            net = sum(sold.values())
            for customer in {*sold, *(c for c in prior)}:
                lines = [line for line in self.inside(months) if line.customer == customer]
                profit, own = self.profit(lines)[1], sold.get(customer, 0)
                before = prior.get(customer, 0)
                table[name_of(month), period, customer] = {
                    "order_count": len({line.order for line in lines}),
                    "quantity": sum(line.quantity for line in lines),
                    "sales_amount": own,
                    "gross_profit_amount": profit,
                    "gross_margin_rate": over(profit, own) if profit is not None and own > 0 else None,
                    "share_of_company": over(own, net) if net > 0 else None,
                    "prior_year_amount": before,
                    "growth_rate": Fraction(own, before) - 1 if before > 0 else None,
                }  # fmt: skip
        return table

    def _month_end(self, product: str, month: int) -> tuple[Any, Any, Any] | None:
        """Quantity, value at cost and at retail of the month's last snapshot."""
        days = [d for p, d in self.stock if p == product and month_of(d) == month]
        if not days:
            return None
        quantity, cost, retail = self.stock[product, max(days)]
        known = self.known(self.products.get(product, []), month)
        prices = known.get("standard_cost"), known.get("list_price")
        values = [
            half_away(Fraction(quantity * price, 10_000)) if value is None and price is not None else value
            for value, price in zip((cost, retail), prices, strict=True)
        ]  # fmt: skip
        return quantity, values[0], values[1]

    def _average(self, product: str, months: range) -> tuple[str, list[Fraction | None]]:
        ends = [self._month_end(product, month) for month in range(months.start - 1, months.stop)]
        if None in (ends[0], ends[-1]):
            return "none", [None, None, None]
        basis, used = ("open_close", [ends[0], ends[-1]]) if None in ends else ("month_ends", ends)
        columns = list(zip(*(end for end in used if end), strict=True))
        return basis, [None if None in c else Fraction(sum(c), len(c)) for c in columns]

    def profitability(self) -> Table:
        """rpt_profitability at product level."""
        table: Table = {}
        for month, period in self.every():
            months = self.span(month, period)
            sold = self.sums(months, "product")
            net = sum(sold.values())
            averages = {p: self._average(p, months) for p in {*sold, *(p for p, _ in self.stock)}}
            rows = {
                product: self._product(product, months, basis, average, net)
                for product, (basis, average) in averages.items()
                if product in sold or basis != "none"
            }
            known = [row["contribution_ratio"] for row in rows.values() if row["contribution_ratio"] is not None]  # fmt: skip
            for product, row in rows.items():
                own = row["contribution_ratio"]
                whole = sum(known)
                row["contribution_degree"] = over(own, whole) if own is not None and whole > 0 else None  # fmt: skip
                table[name_of(month), period, "product", product] = row
        return table

    def _product(
        self, product: str, months: range, basis: str, average: list[Fraction | None], net: int
    ) -> Row:
        quantity, at_cost, at_retail = average
        lines = [line for line in self.inside(months) if line.product == product]
        own = sum(line.amount for line in lines)
        cost, profit = self.profit(lines)
        turnover = over(own, at_retail) if at_retail is not None else None
        stock = at_retail if at_retail is not None else at_cost
        cross = over(profit, stock) if None not in (profit, stock) else None
        share = over(own, net) if net > 0 else None
        contribution = None
        if own >= 0 and share is not None and cross is not None:
            contribution = cross * share
        return {
            "sales_amount": own,
            "cost_amount": cost,
            "gross_profit_amount": profit,
            "gross_margin_rate": over(profit, own) if profit is not None and own > 0 else None,
            "stock_basis": basis,
            "turnover_retail": turnover,
            "turnover_quantity": over(sum(x.quantity for x in lines), quantity) if quantity is not None else None,
            "turnover_cost": over(cost, at_cost) if profit is not None and at_cost is not None else None,
            "turnover_annualised": turnover * 12 / len(months) if turnover is not None else None,
            "cross_ratio": cross,
            "gmroi": over(profit, at_cost) if None not in (profit, at_cost) else None,
            "sales_share": share,
            "contribution_ratio": contribution,
            "margin_mix": over(profit, net) if profit is not None and net > 0 else None,
        }  # fmt: skip

    # Potential, RFM, grade

    def customer_product(self) -> Table:
        """rpt_customer_product."""
        table: Table = {}
        for month in self.months:
            year = self.span(month, YEAR)
            pairs: dict[tuple[str, str], int] = {}
            for line in self.inside(year):
                key = (line.customer, line.product)
                pairs[key] = pairs.get(key, 0) + line.amount
            table |= self._potential(month, pairs, self.sums(year, "customer"))
        return table

    def _potential(self, month: int, pairs: dict[tuple[str, str], int], sold: dict[str, int]) -> Table:  # fmt: skip
        nature = {c: self._classes(c, month)["nature"] for c in sold}
        buyers = [customer for customer, own in sold.items() if own > 0]
        found: dict[tuple[str, str], Row] = {}
        for customer in buyers:
            peers = [peer for peer in buyers if nature[peer] == nature[customer]]
            for product in {p for _, p in pairs}:
                bought = pairs.get((customer, product), 0)
                who = [peer for peer in peers if pairs.get((peer, product), 0) > 0]
                if bought <= 0 and Fraction(len(who), len(peers)) < Fraction(1, 5):
                    continue
                of_product = sum(pairs.get((peer, product), 0) for peer in peers)
                weight = float(of_product) / float(sum(sold[peer] for peer in peers))
                potential = math.floor(weight * float(sold[customer]) - float(bought) + 0.5)
                if potential > 0:
                    found[customer, product] = {
                        "sales_amount": bought,
                        "expected_amount": potential + bought,
                        "buyers_share": Fraction(len(who), len(peers)),
                        "is_white_space": bought <= 0,
                        "potential_amount": potential,
                        "share_of_customer": over(bought, sold[customer]),
                    }
        return self._kept(month, found)

    def _kept(self, month: int, found: dict[tuple[str, str], Row]) -> Table:
        for (customer, _), row in found.items():
            row["rank_in_customer"] = 1 + sum(
                other["potential_amount"] > row["potential_amount"]
                for (c, _), other in found.items()
                if c == customer
            )
        kept = {key: row for key, row in found.items() if row["rank_in_customer"] <= 10}
        for (_, product), row in kept.items():
            row["rank_in_product"] = 1 + sum(
                other["potential_amount"] > row["potential_amount"]
                for (_, p), other in kept.items()
                if p == product
            )
        return {(name_of(month), *key): row for key, row in kept.items()}

    def rfm(self) -> Table:
        """rpt_rfm."""
        table: Table = {}
        for month in self.months:
            year = self.inside(self.span(month, YEAR))
            sold = self.sums(self.span(month, YEAR), "customer")
            sides: dict[str, tuple[int, int, int]] = {}
            for customer in (c for c, own in sold.items() if own > 0):
                lines = [line for line in year if line.customer == customer]
                orders = {x.order: sum(y.amount for y in lines if y.order == x.order) for x in lines}  # fmt: skip
                last = max(line.day for line in lines if line.amount > 0)
                frequency = sum(total > 0 for total in orders.values())
                sides[customer] = ((last - end_of(month)).days, frequency, sold[customer])
            for customer, own in sides.items():
                scores = [
                    1 + 5 * sum(other[n] < own[n] for other in sides.values()) // len(sides)
                    if len(sides) >= 5
                    else None
                    for n in range(3)
                ]
                table[name_of(month), customer] = {
                    "recency_days": -own[0],
                    "frequency": own[1],
                    "monetary_amount": own[2],
                    "r_score": scores[0],
                    "f_score": scores[1],
                    "m_score": scores[2],
                    "segment": self._segment(scores, self._classes(customer, month)["seniority"]),
                }
        return table

    def _segment(self, scores: list[Any], seniority: str) -> str:
        if None in scores:
            return "regular"
        r, f, m = scores
        if min(r, f, m) >= 4:
            return "champion"
        if f >= 4:
            return "loyal"
        if r >= 4 and seniority == "new":
            return "new"
        if r <= 2 and f >= 3:
            return "at_risk"
        return "lost" if r == 1 else "regular"

    def conduct(self, _month: int, _customers: list[str]) -> dict[str, dict[str, Fraction]]:
        """How customers pay and complain, the more the better: not known from sales alone."""
        return {}

    def grade(self) -> Table:
        """rpt_customer_grade."""
        table: Table = {}
        for month in range(self.months.start, self.months.stop):
            year = self.span(month, YEAR)
            sold = self.sums(year, "customer")
            prior = self.sums(range(year.start - 12, year.stop - 12), "customer")
            values: dict[str, dict[str, Any]] = {"sales": {}, "margin": {}, "growth": {}}
            for customer in (c for c, own in sold.items() if own > 0):
                values["sales"][customer] = sold[customer]
                lines = [line for line in self.inside(year) if line.customer == customer]
                if (profit := self.profit(lines)[1]) is not None:
                    values["margin"][customer] = profit
                if prior.get(customer, 0) > 0:
                    values["growth"][customer] = Fraction(sold[customer], prior[customer])
            values |= self.conduct(month, list(values["sales"]))
            for customer in values["sales"]:
                table[name_of(month), customer] = self._grade(customer, values)
        for (month, customer), row in table.items():
            before = [m for m in self.months if name_of(m + 1) == month]
            row["previous_grade"] = table.get((name_of(before[0]), customer), {}).get("grade") if before else None  # fmt: skip
        return table

    def _grade(self, customer: str, values: dict[str, dict[str, Any]]) -> Row:
        scores: dict[str, Fraction | None] = {}
        for name in WEIGHTS:
            known = values.get(name, {})
            own = known.get(customer)
            worse = sum(other < own for other in known.values()) if own is not None else 0
            score = Fraction(100 * worse, len(known) - 1) if len(known) > 1 else Fraction(100)
            scores[name] = None if own is None else score
        told = {name: score for name, score in scores.items() if score is not None}
        total = sum(WEIGHTS[name] * score for name, score in told.items())
        total = Fraction(total, sum(WEIGHTS[name] for name in told))
        return {
            **{f"{name}_score": score for name, score in scores.items()},
            "total_score": total,
            "grade": "A" if total >= 75 else "B" if total >= 50 else "C",
        }
