"""The measure of potential, by plain lists of sales."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.potential import potential, sold_pairs
from tests.unit.metrics.product_frames import calendar_frames, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Rows = list[tuple[Any, ...]]


def found_of(
    months: Sequence[int],
    sales: Sequence[tuple[str, str, int, int]],
    natures: dict[tuple[int, str], str],
    share: float,
    kept: int,
    parts: int = 1,
    made: Callable[[list[str], Rows], Any] = frame,
) -> Any:
    """What `potential` returns of sales (customer, product, month, amount), its customers in so many parts."""
    customers: dict[tuple[int, str], int] = defaultdict(int)
    products: dict[tuple[int, str], int] = defaultdict(int)
    for month in months:
        for customer, product, sold_in, amount in sales:
            if month - 11 <= sold_in <= month:
                customers[month, customer] += amount
                products[month, product] += amount
    windows = made(*_rows(calendar_frames(list(months))[0]))
    pairs, of_parts = [], []
    for part in range(parts):
        own = [
            (month, customer, natures[month, customer], amount)
            for (month, customer), amount in customers.items()
            if amount > 0 and _part(customer, parts) == part
        ]
        lines = [one for one in sales if _part(one[0], parts) == part]
        of_parts.append(made(["month", "customer_id", "nature", "customer_amount"], own))
        sold = made(["customer_id", "product_id", "month", "sales_amount"], lines)
        pairs.append(sold_pairs(sold, of_parts[-1], windows))
    sums = [(*key, amount) for key, amount in products.items()]
    of_products = made(["month", "product_id", "sales_amount"], sums)
    return potential(pairs, of_parts, of_products, share, kept, held=lambda rows: rows)


def _part(customer: str, parts: int) -> int:
    return sum(customer.encode()) % parts


def _rows(lazy: Any) -> tuple[list[str], Rows]:
    native = nw.to_native(lazy).collect()
    return native.columns, native.rows()
