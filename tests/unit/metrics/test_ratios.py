"""Integer arithmetic beyond 2^53, and guarded division."""

from __future__ import annotations

from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from metrics.ratios import floor_div, over_constant, ratio, share_ceiling, share_floor

_BIG = 2**62
VALUES = [0, 1, 7, 9_999, 10_000, 10_001, 2**53, 2**53 + 1, 3 * 10**17 + 1, _BIG - 1, _BIG]


def both_engines(values: list[int]) -> list[nw.LazyFrame[Any]]:
    """The same column on Polars and on DuckDB."""
    table = pl.DataFrame({"v": values}, schema={"v": pl.Int64})
    connection = duckdb.connect()
    connection.register("t", table.to_arrow())
    return [nw.from_native(table.lazy()), nw.from_native(connection.table("t"))]


def computed(lazy: nw.LazyFrame[Any], expression: nw.Expr) -> dict[int, Any]:
    frame = lazy.select("v", found=expression).collect("polars")
    return {int(v): found for v, found in frame.iter_rows()}


@pytest.mark.parametrize("divisor", [2, 3, 7, 10_000, 1 << 20])
def test_floor_div_is_exact(divisor: int) -> None:
    """Doubles divide 2^53 + 1 as if it were 2^53: a unit lost, and no one sees it."""
    values = [*VALUES, *(-value for value in VALUES[1:])]
    for lazy in both_engines(values):
        found = computed(lazy, floor_div(nw.col("v"), divisor))
        assert found == {value: value // divisor for value in values}


@pytest.mark.parametrize("hundredths", [1, 3_333, 7_500, 9_500, 10_000])
def test_shares_of_a_total_are_exact(hundredths: int) -> None:
    """Total x hundredths overflows an Int64, and wraps without a word: large companies would have no A."""
    for lazy in both_engines(VALUES):
        up = computed(lazy, share_ceiling(nw.col("v"), hundredths))
        down = computed(lazy, share_floor(nw.col("v"), hundredths))
        assert up == {value: -(-value * hundredths // 10_000) for value in VALUES}
        assert down == {value: value * hundredths // 10_000 for value in VALUES}


def test_division_by_zero_is_unknown() -> None:
    """0/0 is NaN and 1/0 infinite on Polars: both would be shown, and summed."""
    for lazy in both_engines([0, 4]):
        assert computed(lazy, ratio(nw.lit(1), nw.col("v"))) == {0: None, 4: 0.25}
        missing = nw.when(nw.col("v") > 1).then(nw.col("v"))
        assert computed(lazy, ratio(missing, nw.lit(8))) == {0: None, 4: 0.5}


def test_division_by_a_constant_is_right_to_the_last_bit() -> None:
    """Polars multiplies by the reciprocal of a constant: a target share of 0.0003 becomes 0.00030000000000000003."""
    values = list(range(1, 10_001))
    frame = nw.from_native(pl.LazyFrame({"value": values}))
    found = frame.select(share=over_constant(nw.col("value"), 10_000)).collect()
    assert found["share"].to_list() == [value / 10_000 for value in values]
