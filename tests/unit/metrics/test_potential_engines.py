"""Potential means the same on another engine."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import Any

import duckdb
import narwhals as nw

from tests.unit.metrics.potential_frames import found_of
from tests.unit.metrics.product_frames import M, frame


def test_duckdb_equals_polars() -> None:
    """Ranks over windows and floors of doubles must not depend on who computes them."""
    random = Random(3)
    sales = [
        (f"C{random.randrange(9)}", f"P{random.randrange(7)}", M - random.randrange(14), random.choice([-70, 100, 100, 333]))
        for _ in range(120)
    ]  # fmt: skip
    natures = {(m, f"C{n}"): "xy"[n % 2] for n in range(9) for m in (M - 1, M)}
    connection = duckdb.connect()
    number = count()

    def made(columns: list[str], rows: list[tuple[Any, ...]]) -> Any:
        name = f"t{next(number)}"
        connection.register(name, frame(columns, rows).collect("pyarrow").to_native())
        return nw.from_native(connection.table(name))

    keys = ("month", "customer_id", "product_id")
    expected, found = (
        found_of([M - 1, M], sales, natures, 0.2, 3, 2, of_engine)
        .collect("polars")
        .to_native()
        .sort(keys)
        .to_dicts()
        for of_engine in (frame, made)
    )
    assert expected
    assert found == expected
