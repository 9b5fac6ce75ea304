"""Stock at month-ends, and the average stock 平均库存 of a period.

The average over a period of n months is the mean of the n + 1 month-ends from the one before the period
(`month_ends`); if a snapshot among them is missing, (first + last) / 2 (`open_close`); if either of these is
missing, there is none. Averages are kept as exact integers: the numerator over 2 (n + 1), which both kinds share.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.costing import extended
from metrics.ratios import floor_div

Frame = nw.LazyFrame[Any]

VALUATIONS = ("quantity", "cost", "retail")
_ROW = ["month", "period", "product_id"]


def stock_month(snapshots: Frame, prices: Frame) -> Frame:
    """One row per product and month with a snapshot: quantity, value_at_cost, value_at_retail.

    `snapshots`: product_id, month, day, quantity and both values (units of 1/10,000, the values nullable); the last
    one of a month counts. `prices`: month, product_id, standard_cost, list_price as of the month's end. A missing
    value is quantity x price, half away from zero to 4 decimals; NULL where there is no such price either.
    """
    key = ["product_id", "month"]
    last = snapshots.group_by(*key).agg(day=nw.col("day").max())
    quantity = nw.col("quantity")
    return (
        snapshots.join(last, on=[*key, "day"], how="semi")
        .join(prices.select(*key, "standard_cost", "list_price"), on=key, how="left")
        .select(
            *key,
            "quantity",
            value_at_cost=nw.coalesce(
                nw.col("value_at_cost"), extended(quantity, nw.col("standard_cost"))
            ),
            value_at_retail=nw.coalesce(
                nw.col("value_at_retail"), extended(quantity, nw.col("list_price"))
            ),
        )
    )


def average_stock(monthly: Frame, bounds: Frame) -> Frame:
    """One row per as-of month, period and product with an average stock.

    `monthly`: what `stock_month` returns. `bounds`: month, period, start_month, month_count. Returns stock_basis
    (month_ends, open_close) and, for quantity, cost and retail, `<valuation>_stock`: the average times 2 (n + 1),
    in units of 1/10,000; NULL where one of the values that it needs is not known.
    """
    values = {"quantity": "quantity", "cost": "value_at_cost", "retail": "value_at_retail"}
    at_end = nw.col("fact_month").is_in_ends() if False else _at_end()
    sums: dict[str, nw.Expr] = {}
    for name, column in values.items():
        value = nw.col(column)
        known = nw.when(value.is_null()).then(0).otherwise(1).cast(nw.Int64)
        sums[f"{name}_sum"] = value.fill_null(0).sum()
        sums[f"{name}_known"] = known.sum()
        sums[f"{name}_ends"] = (value.fill_null(0) * nw.col("is_end")).sum()
        sums[f"{name}_ends_known"] = (known * nw.col("is_end")).sum()
    return monthly
