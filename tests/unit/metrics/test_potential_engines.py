"""Potential means the same on another engine."""

from __future__ import annotations

from random import Random

import duckdb
import narwhals as nw

from metrics.potential import potential
from tests.unit.metrics.product_frames import M, calendar_frames, frame


def test_duckdb_equals_polars() -> None:
    """Ranks over windows and floors of doubles must not depend on who computes them."""
    random = Random(3)
    sales = [
        (f"C{random.randrange(9)}", f"P{random.randrange(7)}", M - random.randrange(14), random.choice([-70, 100, 100, 333]))
        for _ in range(120)
    ]  # fmt: skip
    natures = [(m, f"C{n}", "xy"[n % 2]) for n in range(9) for m in (M - 1, M)]
    inputs = [
        frame(["customer_id", "product_id", "month", "sales_amount"], sales),
        frame(["month", "customer_id", "nature"], natures),
        calendar_frames([M - 1, M])[0],
    ]
    connection = duckdb.connect()
    others = []
    for number, lazy in enumerate(inputs):
        connection.register(f"t{number}", lazy.collect("pyarrow").to_native())
        others.append(nw.from_native(connection.table(f"t{number}")))
    keys = ("month", "customer_id", "product_id")
    expected, found = (
        potential(*frames, 0.2, 3, held=lambda rows: rows)
        .collect("polars")
        .to_native()
        .sort(keys)
        .to_dicts()  # type: ignore[call-arg]
        for frames in (inputs, others)
    )
    assert expected
    assert found == expected
