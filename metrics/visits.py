"""What came of visits to customers 客户访问.

A completed visit is a day on which a salesperson visited a customer, however often that day. It is effective if an outcome of
that day says so, or if a line with net_amount > 0 is credited to it: to the customer's latest completed visit strictly
before the line's day, whoever made it. Which visit that is never changes later; only lines that are not yet
known can turn a visit effective. So one row a visit, with the day from which it is known, serves every as-of month.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.periods import days_after, month_number
from metrics.ratios import flag
from metrics.registers import members_at

Frame = nw.LazyFrame[Any]

PAIR = ("salesperson_id", "customer_id")
OUTCOMES = ("order", "quotation", "contract", "collection")


def visit_purchases(lines: Frame, visits: Frame, months: Frame, effect_days: int) -> Frame:
    """One row per month of sale, customer and day of visit to which a line of that month is credited.

    sold_on: the first such line's date, in (visited_on, visited_on + effect_days]. `lines`: month, customer_id, sold_on,
    net_amount; `months`: the months that they may be dated in; `visits`: those from `effect_days`
    before the first of these months on, and all later ones.
    """
    on = ["month", "customer_id"]
    after = nw.col("sold_on") > nw.col("visited_on")
    return (
        lines.filter(nw.col("net_amount") > 0)
        .select(*on, "sold_on")
        .join(members_at(_windows(visits, effect_days), months), on=on, how="inner")
        .filter(after & (nw.col("sold_on") <= nw.col("credited_until")))
        .group_by(*on, "visited_on")
        .agg(sold_on=nw.col("sold_on").min())
    )


def _windows(visits: Frame, effect_days: int) -> Frame:
    """Per customer and day of visit: the last day whose lines are credited to it, and the months up to it.

    A line on the day of the next visit still belongs to the visit before.
    """
    day = ["customer_id", "visited_on"]
    next_on = nw.col("visited_on").shift(-1).over("customer_id", order_by="visited_on")
    return (
        visits.filter(nw.col("status") == "done")
        .select(*day)
        .unique([*day])
        .with_columns(
            credited_until=nw.min_horizontal(next_on, days_after("visited_on", effect_days))
        )
        .with_columns(
            from_month=month_number(nw.col("visited_on")),
            to_month=month_number(nw.col("credited_until")) + 1,
        )
    )


def visit_results(visits: Frame, purchases: Frame, effect_days: int) -> Frame:
    """One row per completed visit: salesperson_id, customer_id, visited_on.

    effective_on: the day from which it is known to be effective; NULL: it never is. judged_on = visited_on + effect_days:
    until then a visit is pending unless effective, from then on ineffective. vain_count: visits of this salesperson to
    this customer, up to and with this one, that never are effective. `purchases`: what `visit_purchases` returns.
    """
    visit = [*PAIR, "visited_on"]
    by_outcome = flag(nw.col("outcome").is_in(OUTCOMES))
    bought = purchases.group_by("customer_id", "visited_on").agg(sold_on=nw.col("sold_on").min())
    never = flag(nw.col("effective_on").is_null())
    return (
        visits.filter(nw.col("status") == "done")
        .group_by(*visit)
        .agg(by_outcome=by_outcome.max())
        .join(bought, on=["customer_id", "visited_on"], how="left")
        .with_columns(
            effective_on=nw.when(nw.col("by_outcome") == 1)
            .then(nw.col("visited_on"))
            .otherwise(nw.col("sold_on")),
            judged_on=days_after("visited_on", effect_days),
        )
        .with_columns(vain_count=never.cum_sum().over(*PAIR, order_by="visited_on").cast(nw.Int64))
        .select(*visit, "effective_on", "judged_on", "vain_count")
    )
