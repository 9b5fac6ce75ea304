"""What the goods of a sales line cost: the booked cost, else the standard cost of that month."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ratios import floor_div
from schemas.columns import LARGEST_TOTAL, UNITS

Frame = nw.LazyFrame[Any]


def costed(lines: Frame, products_at: Frame) -> Frame:
    """The sales lines with the cost that counts in `cost_amount` (units of 1/10,000).

    The booked cost_amount; else quantity x standard_cost of the product as of the line's month-end; else NULL: the
    line is uncosted. `lines`: month, product_id, quantity, cost_amount. `products_at`: month, product_id,
    standard_cost.
    """
    standard = products_at.select("month", "product_id", "standard_cost")
    return (
        lines.join(standard, on=["month", "product_id"], how="left")
        .with_columns(
            cost_amount=nw.coalesce(
                nw.col("cost_amount"), extended(nw.col("quantity"), nw.col("standard_cost"))
            )
        )
        .drop("standard_cost")
    )


def extended(quantity: nw.Expr, price: nw.Expr) -> nw.Expr:
    """Quantity x price, both Int64 in units of 1/10,000, price >= 0; half away from zero to 4 decimals.

    Exact: the naive product of two Int64 would overflow beyond 300,000 pieces at 300,000 each. NULL where
    either is NULL, or where the product is larger than any amount may be.
    """
    largest = float(LARGEST_TOTAL) * UNITS * UNITS
    size = quantity.cast(nw.Float64).abs() * price.cast(nw.Float64)
    pieces = nw.when(size <= largest).then(quantity.abs())
    whole = floor_div(pieces, UNITS)
    part = pieces - whole * UNITS
    whole_price = floor_div(price, UNITS)
    part_price = price - whole_price * UNITS
    amount = whole * price + part * whole_price + floor_div(part * part_price + UNITS // 2, UNITS)
    return nw.when(quantity < 0).then(-amount).otherwise(amount)
