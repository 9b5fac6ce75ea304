"""Visits mean the same on another engine."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import duckdb
import narwhals as nw

from metrics.visits import OUTCOMES
from tests.unit.metrics.visit_frames import Company, Visit, computed


def _company() -> Company:
    random = Random(5)
    start = date(2023, 11, 1)

    def day() -> date:
        return start + timedelta(days=random.randrange(240))

    people, customers = ["S1", "S2", "S3"], [f"C{n}" for n in range(7)]
    visits = [
        Visit(
            random.choice(people), random.choice(customers), random.choice([None, day()]), day(),
            random.choice(["done", "done", "done", "cancelled"]),
            random.choice([None, "none", "none", "none", "none", *OUTCOMES]),
        )
        for _ in range(160)
    ]  # fmt: skip
    return Company(
        visits,
        [(random.choice(customers), day(), random.choice([-1, 0, 5])) for _ in range(50)],
        [(random.choice(people), random.choice(customers), day()) for _ in range(4)],
        {name: random.choice([*people, None]) for name in customers},
        {name: random.choice(["current", "prospective"]) for name in customers},
        {name: random.choice(["A", "B", "C", None]) for name in customers},
        max_ineffective=2,
    )


def _rows(lazy: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    frame: Any = lazy.collect("polars").to_native()
    columns = sorted(frame.columns)
    return frame.select(columns).sort(columns).to_dicts()


def test_duckdb_equals_polars() -> None:
    """Dates shifted by months and days, NULLs in comparisons and running sums are where engines differ."""
    connection = duckdb.connect()
    names = iter(range(1000))

    def moved(lazy: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        name = f"t{next(names)}"
        connection.register(name, lazy.collect("pyarrow").to_native())
        return nw.from_native(connection.table(name))

    of = _company()
    expected, found = (
        computed(of, "2024-01", "2024-06"),
        computed(of, "2024-01", "2024-06", moved),
    )
    for name, here, there in zip(expected._fields, expected, found, strict=True):
        assert _rows(here), name
        assert _rows(there) == _rows(here), name
