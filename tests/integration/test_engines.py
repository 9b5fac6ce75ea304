"""Measures mean the same on Polars, on Spark and on DuckDB, where engines differ most: overflow, NULL, ties, large integers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from metrics import periods, texts
from metrics.abc import abc, values_with_tiers
from metrics.complaint_states import complaint_states, microseconds
from metrics.concentration import concentration
from metrics.contribution import with_order_free_total
from metrics.costing import extended
from metrics.holding import running_total
from metrics.margin import with_margin
from metrics.profitability import profitability
from metrics.ranking import with_worse
from metrics.ratios import floor_div, ratio, share_ceiling, share_floor
from metrics.targets import with_attainment
from pipelines.settings import Spark
from pipelines.spark import SparkLake
from schemas.columns import LARGEST_TOTAL, UNITS
from tests.spark_cluster import CONF
from tests.unit.metrics.product_frames import (
    M,
    calendar_frames,
    product_period,
    products,
    sold,
    stock_months,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest import TempPathFactory  # noqa: PT013 - a type alone

Frame = nw.LazyFrame[Any]
ENGINES = ("spark", "duckdb")
LARGE = [None, 0, 1, -1, 9_999, 10_001, 2**53 + 1, -(2**53) - 1, 3 * 10**17 + 1, 2**62 - 1]
MOST = LARGEST_TOTAL * UNITS
# Of ten times as much a tenth; one unit less is the same share in doubles.
TENTH = 3 * 10**17
# The largest amounts that a month's books may hold, ties, returns, nothing and NULL.
AMOUNTS = [MOST, MOST, MOST - 1, 7, 7, 7, 1, 0, -5, -MOST, None]


@pytest.fixture(scope="module")
def lifts(tmp_path_factory: TempPathFactory) -> Iterator[dict[str, Any]]:
    """How each engine is given a small frame."""
    # As users have it, compiled plans that adapt; the cluster's tests leave both out.
    lake = SparkLake(str(tmp_path_factory.mktemp("lake")), Spark(master="local[1]", conf=CONF))
    connection, names = duckdb.connect(), iter(range(10_000))

    def of_duckdb(frame: pl.DataFrame) -> Frame:
        name = f"t{next(names)}"
        connection.register(name, frame.to_arrow())
        return nw.from_native(connection.table(name))

    yield {
        "polars": lambda frame: nw.from_native(frame.lazy()),
        "spark": lambda frame: lake.given(frame.lazy()),
        "duckdb": of_duckdb,
    }
    lake.stop()


def told(frame: Frame) -> list[tuple[Any, ...]]:
    """All rows, columns by name, in an order of their own; DuckDB sums to decimals without a fraction."""
    found: Any = frame.collect("polars").to_native()
    rows = found.select(sorted(found.columns)).rows()
    return sorted(
        (tuple(int(v) if isinstance(v, Decimal) else v for v in row) for row in rows), key=repr
    )


def _large(lift: Any) -> Frame:
    v = nw.col("v")
    return lift(pl.DataFrame({"v": LARGE}, schema={"v": pl.Int64})).with_columns(
        *(floor_div(v, by).alias(f"by{by}") for by in (3, 10_000, 1 << 20)),
        up=nw.when(v >= 0).then(share_ceiling(v, 7_500)),
        down=nw.when(v >= 0).then(share_floor(v, 9_500)),
        ratio=ratio(v, v - 1),
        nothing=ratio(v, v - v),
    )


def _extended(lift: Any) -> Frame:
    pairs = [(q, p) for q in (*LARGE, 12_345, -12_345) for p in (None, 0, 1, 33_333, 10**15)]
    schema = {"q": pl.Int64, "p": pl.Int64}
    rows = lift(pl.DataFrame(pairs, schema=schema, orient="row"))
    return rows.with_columns(cost=extended(nw.col("q"), nw.col("p")))


def _sold(lift: Any) -> Frame:
    rows = [
        (m, "month", f"C{n}", a) for m in (1, 2) for n, a in enumerate(AMOUNTS) if a is not None
    ]
    schema = {
        "month": pl.Int32,
        "period": pl.String,
        "customer_id": pl.String,
        "sales_amount": pl.Int64,
    }
    return lift(pl.DataFrame(rows, schema=schema, orient="row"))


def _concentration(lift: Any) -> Frame:
    bounds = lift(
        pl.DataFrame(
            {"month": [1, 2, 3], "period": ["month"] * 3}, schema_overrides={"month": pl.Int32}
        )
    )
    tiers = abc(_sold(lift), 7_500, 9_500)
    return concentration(tiers, bounds, 7_500, 9_500)


def _worse(lift: Any) -> Frame:
    frame = {"g": [n % 2 for n in range(len(AMOUNTS))], "amount": AMOUNTS}
    share = [None if a is None else a / 7 for a in AMOUNTS]
    rows = lift(pl.DataFrame({**frame, "share": share}))
    return rows.pipe(with_worse, ["g"], "amount").pipe(with_worse, ["g"], "share")


def _margin(lift: Any) -> Frame:
    columns = (
        "sales_amount",
        "cost_amount",
        "costed_sales_amount",
        "uncosted_line_count",
        "absolute_amount",
        "costed_absolute_amount",
    )
    rows = [
        (MOST, MOST - 1, MOST, 0, MOST, MOST),
        (5, 3, 4, 1, 9, 8),
        (0, 0, 0, 0, 0, 0),
        (-7, -3, -7, 0, 7, 7),
    ]
    return with_margin(
        lift(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")), 0.8
    )


def _rolled(lift: Any) -> Frame:
    random = Random(4)
    months = range(24_000, 24_030)
    rows = [
        (f"K{random.randrange(4)}", m, random.choice(AMOUNTS[3:9]))
        for m in months
        for _ in range(2)
    ]
    monthly = pl.DataFrame(
        rows, schema={"key": pl.String, "month": pl.Int32, "value": pl.Int64}, orient="row"
    )
    monthly = monthly.group_by("key", "month").agg(pl.col("value").sum())
    spine = pl.DataFrame(periods.calendar(months, 4)).cast(pl.Int32)
    lags = {"before": ("value", 1), "year_before": ("value", 12)}
    return periods.rolling_periods(lift(monthly), lift(spine), ["key"], ["value"], lags)


def _at_the_limit(lift: Any) -> Frame:
    """As much as a month may hold, for two years, sold to one and given back by another."""
    months = range(24_000, 24_024)
    rows = [(key, month, sign * MOST) for key, sign in (("K", 1), ("L", -1)) for month in months]
    schema = {"key": pl.String, "month": pl.Int32, "value": pl.Int64}
    monthly = lift(pl.DataFrame(rows, schema=schema, orient="row"))
    spine = lift(pl.DataFrame(periods.calendar(months, 1)).cast(pl.Int32))
    lags = {"year_before": ("value", 12)}
    rolled = periods.rolling_periods(monthly, spine, ["key"], ["value"], lags)
    return rolled.with_columns(
        both=nw.col("value") + nw.col("year_before"),
        between=nw.col("value") - nw.col("year_before"),
        growth=ratio(nw.col("value") - nw.col("year_before"), nw.col("year_before").abs()),
    )


def _earned(lift: Any, min_cost_coverage: float) -> Frame:
    """What products earn: a year's sums at the limit, returns, no cost, no stock, ties."""
    random = Random(7)
    names = [f"P{n}" for n in range(14)]
    year = 12.0 * LARGEST_TOTAL
    sales = [
        sold(name, random.choice([0, -40, 100, 333.3333]), random.choice([None, 40, 77.77]), random.randrange(-2, 9), period)
        for name in names[:-2]
        for period in periods.PERIODS
    ]  # fmt: skip
    sales += [sold("LARGE", year * 0.99, year * 0.7, 9e13, period) for period in periods.PERIODS]
    stock = [
        (name, month, random.choice([0, 3, 7.5]), random.choice([0.0, 33.0, 41.1111]), random.choice([0.0, 50.0, None]))
        for name in names[2:]
        for month in range(M - 12, M + 1)
        if random.random() < 0.95
    ]  # fmt: skip
    stock += [("LARGE", month, 1e12, 1e13, LARGEST_TOTAL * 0.9) for month in range(M - 12, M + 1)]
    groups = [(n, random.choice(["x", "y", None]), random.choice(["u", "v", None])) for n in [*names, "LARGE"]]  # fmt: skip
    windows, bounds = calendar_frames([M])
    inputs = (product_period(*sales), stock_months(*stock), products(*groups), windows, bounds)
    lifted = (lift(nw.to_native(one).collect()) for one in inputs)
    return profitability(*lifted, min_cost_coverage, has_stock=True)  # type: ignore[misc, arg-type]


def _attained(lift: Any) -> Frame:
    """A target for a share is judged in integers, an amount of nothing too."""
    rows = [
        (TENTH, None, 1_000, 10 * TENTH),
        (TENTH - 1, None, 1_000, 10 * TENTH),
        (7, 0, None, 9),
        (6, 7, None, 9),
        (0, None, 1, 0),
    ]
    names = ("sales_amount", "target_amount", "target_share", "whole")
    frame = lift(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row"))
    share = ratio(nw.col("sales_amount"), nw.col("whole"))
    return with_attainment(frame.with_columns(share=share), "share", "whole", has_targets=True)


def _held_total(lift: Any) -> Frame:
    rows = [("K", 5, 3), ("K", 5, -3), ("K", 7, 2**61), ("L", 1, None), ("L", 9, 4), ("M", 99, 1)]
    events = pl.DataFrame(
        rows, schema={"k": pl.String, "month": pl.Int32, "v": pl.Int64}, orient="row"
    )
    calendar = pl.DataFrame({"month": range(4, 10)}, schema={"month": pl.Int32})
    return running_total(lift(events), ["k"], "v", lift(calendar))


def _float_total(lift: Any) -> Frame:
    random = Random(9)
    values = [None, *(random.uniform(-1, 1) * 10 ** random.randrange(-9, 9) for _ in range(400))]
    rows = [(1, "month", "product", value) for value in values]
    schema = {"month": pl.Int32, "period": pl.String, "level": pl.String, "x": pl.Float64}
    frame = lift(pl.DataFrame(rows, schema=schema, orient="row"))
    return with_order_free_total(frame, "x", "total")


def _days(lift: Any) -> Frame:
    days = [
        date(2023, 12, 31),
        date(2024, 1, 31),
        date(2024, 2, 29),
        date(1969, 12, 31),
        date(1900, 3, 1),
        None,
    ]
    rows = lift(pl.DataFrame({"day": days, "tier": ["A", "B", "C", "N", None, "A"]}))
    return rows.with_columns(
        number=periods.day_number(nw.col("day")),
        month=periods.month_number(nw.col("day")),
        text_month=periods.number_of_month(nw.col("day").dt.to_string("%Y-%m")),
        due=periods.months_after("day", {"A": 1, "B": 3, "C": 12}),
    )


def _times(lift: Any) -> Frame:
    times = [datetime(2024, 3, 31, 2, 30, 0, 7), datetime(1969, 12, 31, 23, 59, 59, 999_999), None]
    return lift(pl.DataFrame({"at": times})).select(micros=microseconds(nw.col("at")))


def _written(lift: Any) -> Frame:
    numbers = [None, 0, 49, 50, -49, -50, 99_950, 12_345_678_000, -12_345_678_050, MOST]
    fractions = [None, 0.0, 0.0005, 0.12345, -0.99995, 1.0, 12.3, -0.0004, 0.25, 3.0]
    rows = lift(pl.DataFrame({"n": numbers, "f": fractions}))
    number, fraction = nw.col("n"), nw.col("f")
    return rows.with_columns(
        money=texts.money(number), exact=texts.exact_money(number), count=texts.count(number),
        percent=texts.percent(fraction), decimal=texts.decimal(fraction),
    )  # fmt: skip


def _complaints(lift: Any) -> Frame:
    """Events of the same instant follow each other by sequence."""
    at = datetime(2024, 1, 31, 23, 59, 59, 999_999)
    steps = [
        "recorded",
        "judged",
        "reopened",
        "approved",
        "assigned",
        "closed",
        "responded",
        "closed",
    ]
    events = pl.DataFrame(
        {
            "complaint_id": [f"K{n % 2}" for n in range(16)],
            "month": [at.year * 12 + (n > 11) for n in range(16)],
            "occurred_at": [at if n < 12 else datetime(2024, 2, 2) for n in range(16)],
            "sequence": [(n * 7) % 16 for n in range(16)],
            "step": [steps[n // 2] for n in range(16)],
            "result": [[None, "valid", "invalid", "approved"][n % 4] for n in range(16)],
            "department": [f"D{n}" for n in range(16)],
        },
        schema_overrides={"month": pl.Int32, "sequence": pl.Int64},
    )
    received = pl.DataFrame(
        {
            "complaint_id": ["K0", "K1"],
            "month": [24_288] * 2,
            "received_at": [datetime(2024, 1, 1)] * 2,
        },
        schema_overrides={"month": pl.Int32},
    )
    return complaint_states(
        lift(received.with_columns(step=None, result=None, department=None)), lift(events)
    )


CASES: dict[str, Callable[[Any], Frame]] = {
    "large integers": _large,
    "products beyond 64 bits": _extended,
    "tiers with ties": lambda lift: values_with_tiers(_sold(lift), "sales_amount", 7_500, 9_500),
    "places with ties": lambda lift: abc(_sold(lift), 7_500, 9_500),
    "squares beyond 64 bits": _concentration,
    "ranks with ties and NULL": _worse,
    "margins": _margin,
    "sliding sums": _rolled,
    "two years at the limit": _at_the_limit,
    "earnings": lambda lift: _earned(lift, 0.5),
    "earnings where all cost must be known": lambda lift: _earned(lift, 1.0),
    "targets": _attained,
    "running totals": _held_total,
    "sums of doubles": _float_total,
    "days": _days,
    "times": _times,
    "numbers as text": _written,
    "events of one instant": _complaints,
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_an_engine_equals_polars(lifts: dict[str, Any], case: str, engine: str) -> None:
    """An engine that divides through doubles, sorts NULL elsewhere or breaks ties by chance reports other figures."""
    expected, found = (told(CASES[case](lifts[name])) for name in ("polars", engine))
    assert expected
    assert found == expected


@pytest.mark.parametrize("engine", ["polars", *ENGINES])
def test_integers_stay_exact(lifts: dict[str, Any], engine: str) -> None:
    """Engines that agree may all be wrong: Python's integers know."""
    rows = CASES["large integers"](lifts[engine]).collect("polars").to_native().rows(named=True)
    assert [row["by10000"] for row in rows] == [v if v is None else v // 10_000 for v in LARGE]
    limits = CASES["two years at the limit"](lifts[engine]).collect("polars").to_native()
    (most,) = limits.select((pl.col("both").abs()).cast(pl.Int64).max()).row(0)
    assert most == 24 * MOST
    targets = CASES["targets"](lifts[engine]).collect("polars").to_native()
    statuses = dict(targets.select("sales_amount", "target_status").iter_rows())
    assert (statuses[TENTH], statuses[TENTH - 1]) == ("met", "missed")
    pairs = CASES["products beyond 64 bits"](lifts[engine]).collect("polars").to_native()
    for q, p, cost in pairs.select("q", "p", "cost").iter_rows():
        if q is None or p is None or abs(q) * p > MOST * 10**4:
            assert cost is None, (q, p)
        else:
            rounded = (abs(q) * p + 5_000) // 10_000
            assert cost == (-rounded if q < 0 else rounded), (q, p)
