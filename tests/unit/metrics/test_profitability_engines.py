"""Profitability means the same on another engine."""

from __future__ import annotations

from random import Random
from typing import Any

import duckdb
import narwhals as nw
import pytest

from metrics.profitability import profitability
from metrics.targets import with_attainment
from tests.unit.metrics.product_frames import (
    M,
    calendar_frames,
    frame,
    product_period,
    products,
    sold,
    stock_months,
)

_KEY = ("month", "period", "level", "member_id")
_PERIODS = ("month", "year_to_date", "trailing_12_months")


def _inputs() -> list[nw.LazyFrame[Any]]:
    random = Random(7)
    names = [f"P{n}" for n in range(14)]
    groups = [(n, random.choice(["x", "y", None]), random.choice(["u", "v", None])) for n in names]
    sales = [
        sold(name, random.choice([0, -40, 100, 333.3333, 90_000_000]), random.choice([None, 40, 77.77]), random.randrange(-2, 9), period)
        for name in names[:-2]
        for period in _PERIODS
    ]  # fmt: skip
    stock = [
        (name, month, random.choice([0, 3, 7.5]), random.choice([0.0, 33.0, 41.1111]), random.choice([0.0, 50.0, None]))
        for name in names[2:]
        for month in range(M - 12, M + 1)
        if random.random() < 0.95
    ]  # fmt: skip
    windows, bounds = calendar_frames([M])
    return [product_period(*sales), stock_months(*stock), products(*groups), windows, bounds]


def _rows(result: nw.LazyFrame[Any]) -> dict[Any, dict[str, Any]]:
    rows = result.collect("polars").to_native().to_dicts()
    found = {tuple(row[key] for key in _KEY): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("coverage", [1.0, 0.5])
def test_duckdb_equals_polars(coverage: float) -> None:
    """Integer division, sums of NULLs and order of rows differ between engines; the numbers must not."""
    inputs = _inputs()
    connection = duckdb.connect()
    others = []
    for number, lazy in enumerate(inputs):
        table = lazy.collect("pyarrow").to_native()
        connection.register(f"t{number}", table)
        others.append(nw.from_native(connection.table(f"t{number}")))
    expected = _rows(profitability(*inputs, coverage, has_stock=True))  # type: ignore[misc, arg-type]
    found = _rows(profitability(*others, coverage, has_stock=True))  # type: ignore[misc, arg-type]
    assert set(found) == set(expected)
    differing = {
        (key, name, value, found[key][name])
        for key, row in expected.items()
        for name, value in row.items()
        if name in found[key] and value != found[key][name]
    }
    assert differing == set()


def test_attainment_on_duckdb() -> None:
    """A share target is judged in integers; DuckDB would otherwise divide them as doubles."""
    columns = ["sales_amount", "target_amount", "target_share", "whole"]
    lazy = frame(columns, [(300_000_000_000_000_000, None, 1_000, 3_000_000_000_000_000_000), (7, 0, None, 9)])  # fmt: skip
    connection = duckdb.connect()
    connection.register("t", lazy.collect("pyarrow").to_native())
    share = nw.col("sales_amount").cast(nw.Float64) / nw.col("whole").cast(nw.Float64)
    rows = nw.from_native(connection.table("t")).with_columns(share=share)
    found = (
        with_attainment(rows, "share", "whole", has_targets=True)
        .collect("polars")
        .to_native()
        .to_dicts()
    )
    assert sorted(row["target_status"] for row in found) == ["met", "met"]
