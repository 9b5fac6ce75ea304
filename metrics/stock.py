"""Stock at month-ends, and the average stock 平均库存 of a period.

The average over a period of n months is the mean of the n + 1 month-ends from the one before the period
(`month_ends`); if a snapshot among them is missing, (first + last) / 2 (`open_close`); if either of these is
missing, there is none. Averages are kept exact: as integers, multiplied by 2 (n + 1), which makes both kinds whole.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.costing import extended
from metrics.ratios import flag

Frame = nw.LazyFrame[Any]

_ROW = ["month", "period", "product_id"]
_VALUES = {"stock_quantity": "quantity", "at_cost_stock": "value_at_cost", "at_retail_stock": "value_at_retail"}  # fmt: skip
_BOTH_ENDS = 2


def stock_month(snapshots: Frame, prices: Frame) -> Frame:
    """One row per product and month with a snapshot: quantity, value_at_cost, value_at_retail.

    `snapshots`: product_id, month, day, quantity and both values (units of 1/10,000, the values nullable); the last
    one of a month counts. `prices`: month, product_id, standard_cost, list_price as of the month's end. A missing
    value is quantity x price, half away from zero to 4 decimals; NULL where that price is not known either.
    """
    key = ["product_id", "month"]
    last = snapshots.group_by(*key).agg(day=nw.col("day").max())
    at_cost = extended(nw.col("quantity"), nw.col("standard_cost"))
    at_retail = extended(nw.col("quantity"), nw.col("list_price"))
    return (
        snapshots.join(last, on=[*key, "day"], how="semi")
        .join(prices.select(*key, "standard_cost", "list_price"), on=key, how="left")
        .select(
            *key,
            "quantity",
            value_at_cost=nw.coalesce(nw.col("value_at_cost"), at_cost),
            value_at_retail=nw.coalesce(nw.col("value_at_retail"), at_retail),
        )
    )


def average_stock(monthly: Frame, windows: Frame, bounds: Frame) -> Frame:
    """One row per as-of month, period and product with an average stock.

    `monthly`: what `stock_month` returns. Adds stock_basis (month_ends, open_close), and stock_quantity, at_cost_stock,
    at_retail_stock: the averages times 2 (n + 1), in units of 1/10,000. The basis goes by the snapshots; a
    valuation of which one of the values it needs is not known is NULL.
    """
    seen = (
        monthly.rename({"month": "fact_month"})
        .join(_month_ends(windows, bounds), on="fact_month", how="inner")
        .group_by(*_ROW)
        .agg(
            end_count=nw.col("month_count").max() + 1,
            snapshot_count=nw.len().cast(nw.Int64),
            **_sums(),
        )
    )
    basis = nw.when(_is_complete()).then(nw.lit("month_ends")).otherwise(nw.lit("open_close"))
    return (
        seen.with_columns(stock_basis=basis)
        .select(*_ROW, "stock_basis", *(_scaled(name).alias(name) for name in _VALUES))
        .filter(~nw.col("stock_quantity").is_null())
    )


def _month_ends(windows: Frame, bounds: Frame) -> Frame:
    """One row per as-of month, period and month-end that its average needs; `is_end`: 1 for the first and the last."""
    key = ["month", "period"]
    before = bounds.select(*key, fact_month=(nw.col("start_month") - 1).cast(nw.Int32))
    first_or_last = (nw.col("fact_month") < nw.col("start_month")) | (
        nw.col("fact_month") == nw.col("month")
    )
    return (
        nw.concat([windows.select(*key, "fact_month"), before], how="vertical")
        .join(bounds.select(*key, "start_month", "month_count"), on=key, how="inner")
        .with_columns(is_end=flag(first_or_last))
        .drop("start_month")
    )


def _sums() -> dict[str, nw.Expr]:
    """Per valuation: sum and number of the known values, of all month-ends and of the first and last."""
    sums = {}
    for name, column in _VALUES.items():
        value = nw.col(column).fill_null(0)
        known = flag(~nw.col(column).is_null())
        sums[f"{name}_sum"] = value.sum()
        sums[f"{name}_known"] = known.sum()
        sums[f"{name}_ends"] = (value * nw.col("is_end")).sum()
        sums[f"{name}_ends_known"] = (known * nw.col("is_end")).sum()
    return sums


def _is_complete() -> nw.Expr:
    """Whether there is a snapshot of each of the n + 1 month-ends."""
    return nw.col("snapshot_count") == nw.col("end_count")


def _scaled(name: str) -> nw.Expr:
    """Average times 2 (n + 1): 2 x sum of all n + 1, or (n + 1) x sum of the first and last."""
    count = nw.col("end_count")
    of_all = nw.when(nw.col(f"{name}_known") == count).then(2 * nw.col(f"{name}_sum"))
    both = nw.col(f"{name}_ends_known") == _BOTH_ENDS
    of_ends = nw.when(both).then(count.cast(nw.Int64) * nw.col(f"{name}_ends"))
    return nw.when(_is_complete()).then(of_all).otherwise(of_ends).cast(nw.Int64)
