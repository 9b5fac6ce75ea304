"""Parsed values against Python's own decimals and dates."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, localcontext
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources import parse

_SETTINGS = settings(max_examples=60)
_LARGEST = 2**63 - 1


def expected_units(text: str) -> int:
    """Half away from zero to 4 decimals; beyond 64 bits the largest integer."""
    with localcontext(prec=5000):
        scaled = (Decimal(text) * 10_000).to_integral_value(ROUND_HALF_UP)
    return max(-_LARGEST, min(_LARGEST, int(scaled)))


def units_of(values: list, dtype: pl.DataType) -> list:
    """What `parse.units` makes of a column."""
    frame = pl.LazyFrame({"x": values}, schema={"x": dtype})
    parsed = frame.select(parse.units(pl.col("x"), dtype))
    return parsed.collect(engine="streaming").to_series().to_list()


_DIGITS = st.from_regex(r"\A[+-]?[0-9]{1,18}(\.[0-9]{0,9})?\Z")
_HALVES = st.from_regex(r"\A-?[0-9]{1,13}\.[0-9]{4}(5|49999|50001)\Z")
_POWERS = st.from_regex(r"\A-?[0-9]{1,3}(\.[0-9]{1,4})?[eE][+-]?[0-9]{1,2}\Z")


@_SETTINGS
@given(st.lists(st.one_of(_DIGITS, _HALVES, _POWERS), min_size=1, max_size=30))
def test_amounts_in_text(texts: list[str]) -> None:
    """A cent lost to a binary double, or a half rounded to even, is in no one's sight and in every total."""
    assert units_of(texts, pl.String()) == [expected_units(text) for text in texts]


@_SETTINGS
@given(st.lists(st.floats(-1e13, 1e13), min_size=1, max_size=30))
def test_amounts_in_doubles(values: list[float]) -> None:
    """A double is the shortest decimal that means it: 1.00005 is 1.0001, though its bits lie below."""
    assert units_of(values, pl.Float64()) == [expected_units(repr(value)) for value in values]


@_SETTINGS
@given(
    st.integers(0, 9).flatmap(
        lambda scale: st.tuples(
            st.just(scale), st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=20)
        )
    )
)
def test_amounts_in_decimals(column: tuple[int, list[int]]) -> None:
    """A decimal of another scale read as if it had four places is off by powers of ten."""
    scale, integers = column
    values = [Decimal(value).scaleb(-scale) for value in integers]
    assert units_of(values, pl.Decimal(38, scale)) == [expected_units(str(v)) for v in values]


@_SETTINGS
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_amounts_in_integers(values: list[int]) -> None:
    """An amount that wraps around is a plausible other amount."""
    assert units_of(values, pl.Int64()) == [expected_units(str(value)) for value in values]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1e999999999", _LARGEST),
        ("-1e1000000", -_LARGEST),
        ("1e-999999999", 0),
        ("9" * 400, _LARGEST),
        ("0." + "0" * 300 + "1", 0),
        ("922337203685477.5807", _LARGEST),
        (" 1.00005 ", 10_001),
        ("-1.00005", -10_001),
        (".5", 5_000),
        ("5.", 50_000),
        ("+7", 70_000),
        *((text, None) for text in ("1,5", "1.234,56", "1_0", "0x1F", "NaN", "inf", "１２", "1 000", "--1", "", "e5", ".", "=1+1", "#REF!", "12%", "¥12", "(12)")),
    ],
)  # fmt: skip
def test_amounts_at_the_edges(text: str, units: int | None) -> None:
    """A huge exponent must not hang the night, and what is no plain number must not be guessed at."""
    assert units_of([text], pl.String()) == [units]


@_SETTINGS
@given(st.lists(st.dates(date(1600, 1, 1), date(2999, 12, 31)), min_size=1, max_size=10))
def test_dates_in_text(days: list[date]) -> None:
    """A day read a day off moves money to another month."""
    texts = [f"{day:%Y/%m/%d}" if day.year >= 1000 else "" for day in days]
    frame = pl.LazyFrame({"iso": [day.isoformat() for day in days], "form": texts})
    found = frame.select(
        parse.day(pl.col("iso"), pl.String(), None, "UTC"),
        parse.day(pl.col("form"), pl.String(), "%Y/%m/%d", "UTC"),
    ).collect()
    assert found["iso"].to_list() == found["form"].to_list() == days


# A time of a clock, its minutes from UTC, and where it is to be told.
_IN_A_ZONE = given(
    st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]),
)


@_SETTINGS
@_IN_A_ZONE
def test_times_with_an_offset(local: datetime, minutes: int, zone: str) -> None:
    """A time taken as local that was not ends in another day, at a month's end in another month."""
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    expected = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    frame = pl.LazyFrame({"x": [moment.isoformat(), moment.isoformat(" ")]})
    found = frame.select(parse.moment(pl.col("x"), pl.String(), None, zone)).collect()
    assert found["x"].to_list() == [expected, expected]


@_SETTINGS
@_IN_A_ZONE
def test_times_with_an_offset_in_a_form(local: datetime, minutes: int, zone: str) -> None:
    """A time or a date that a mapping's `format` reads with its offset, kept as UTC, moves a month's last sales to another month."""
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    expected = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    form, frame = "%Y/%m/%dT%H:%M:%S%z", pl.LazyFrame({"x": [f"{moment:%Y/%m/%dT%H:%M:%S%z}"]})
    for read, told in ((parse.moment, expected), (parse.day, expected.date())):
        assert frame.select(read(pl.col("x"), pl.String(), form, zone)).collect().item() == told


@pytest.mark.parametrize(
    "text",
    ["2024-05-01T10:00+08:00", "2024-05-01T10:00:00+08", "2024-05-01 02:00:00.000+00", "2024-05-01T02:00Z", "2024-05-01T10:00:00+0800"],
)  # fmt: skip
def test_short_times_with_an_offset(text: str) -> None:
    """A time as ISO 8601 and PostgreSQL may write it must not send its row to the quarantine."""
    read = parse.moment(pl.col("x"), pl.String(), None, "Asia/Shanghai")
    assert pl.LazyFrame({"x": [text]}).select(read).collect().item() == datetime(2024, 5, 1, 10)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-01-31 23:30:00", date(2024, 1, 31)),
        ("2024-01-31T23:30:00Z", date(2024, 2, 1)),  # in Shanghai
        *((text, None) for text in ("2024-02-30", "2023-02-29", "0000-00-00", "31/12/2023", "20240105", "45000", "2024-13-01", "", "#N/A", "2024-01-05x")),
    ],
)  # fmt: skip
def test_dates_at_the_edges(text: str, day: date | None) -> None:
    """A date that is none must not become the first of a month, or any other day."""
    frame = pl.LazyFrame({"x": [text]})
    found = frame.select(parse.day(pl.col("x"), pl.String(), None, "Asia/Shanghai")).collect()
    assert found["x"].to_list() == [day]


@pytest.mark.parametrize(
    ("value", "dtype", "shown"),
    [
        (17850.0, pl.Float64(), "17850"),
        (0.5, pl.Float64(), "0.5"),
        (2.0**60, pl.Float64(), None),
        (" x\u3000", pl.String(), "x"),
        ("\u00a0", pl.String(), None),
        (12, pl.Int64(), "12"),
    ],
)
def test_ids(value: object, dtype: pl.DataType, shown: str | None) -> None:
    """An id that a spreadsheet made a float would be another customer: 17850.0 for 17850."""
    frame = pl.LazyFrame({"x": [value]}, schema={"x": dtype})
    found = frame.select(parse.text(pl.col("x"), dtype)).collect()["x"].to_list()[0]
    if isinstance(value, float) and shown is None:
        assert math.isclose(float(found), value)
    else:
        assert found == shown


@pytest.mark.parametrize(
    ("text", "value"),
    [("TRUE", True), ("1", True), ("Yes", True), ("是", True), ("false", False), ("0", False),
     ("NO", False), ("否", False), ("maybe", None), ("", None), ("2", None)],
)  # fmt: skip
def test_truth(text: str, value: bool | None) -> None:
    """A withdrawal that is not understood would keep a cancelled sale."""
    frame = pl.LazyFrame({"x": [text]})
    assert frame.select(parse.boolean(pl.col("x"), pl.String())).collect().item() is value


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("12.0", 12), ("12.5", None), ("-3", -3), ("9" * 30, None), ("1e3", 1000), ("", None), ("1,000", None),
     ("922337203685477.5807", None)],
)  # fmt: skip
def test_whole_numbers(text: str, value: int | None) -> None:
    """12.5 cut to 12 would be the line number of another line."""
    frame = pl.LazyFrame({"x": [text]})
    assert frame.select(parse.integer(pl.col("x"), pl.String())).collect().item() == value


@_SETTINGS
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_large_whole_numbers(values: list[int]) -> None:
    """An order's line of a long number must not be refused in a csv file and accepted in a parquet file."""
    columns = {
        pl.Int64(): values,
        pl.String(): [str(value) for value in values],
        pl.Decimal(38, 2): [Decimal(value) for value in values],
    }
    for dtype, column in columns.items():
        frame = pl.LazyFrame({"x": column}, schema={"x": dtype})
        assert frame.select(parse.integer(pl.col("x"), dtype)).collect()["x"].to_list() == values


@pytest.mark.parametrize(
    ("number", "value"), [(12.0, 12), (12.5, None), (1e15, 10**15), (1e15 + 0.5, None), (1e19, None), (math.inf, None)],
)  # fmt: skip
def test_whole_numbers_in_doubles(number: float, value: int | None) -> None:
    """A half cut off would be the number of another line."""
    frame = pl.LazyFrame({"x": [number]})
    assert frame.select(parse.integer(pl.col("x"), pl.Float64())).collect().item() == value
