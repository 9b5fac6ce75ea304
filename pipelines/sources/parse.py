"""Parsing: raw values of any type as the declared kind; what does not parse is NULL.

All of it is vectorised and streams. Amounts are exact: text by its decimal digits, binary floats by their shortest
decimal text, rounded half away from zero to 4 decimals.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

import polars as pl

from schemas.columns import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable

# Around a text they are not part of it; alone they are no value.
BLANKS = " \t\r\n\u00a0\u3000"
_TRUE = ["true", "1", "yes", "是"]
_FALSE = ["false", "0", "no", "否"]
# Far more than what a parsed and scaled double can be off by, relative to itself.
_ERROR = 2.0**-50
# Up to here a double holds every integer.
_WHOLE = float(2**53)
OUT_OF_RANGE = 2**63 - 1
_EXACT = Context(prec=2000)
_LARGEST_EXPONENT = 20
_OFFSET = r"(Z|[+-]\d{2}(:?\d{2})?)$"
_TIME_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_OFFSET_FORMATS = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")


def text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Text without blanks around it, empty as NULL; an id that a float column holds loses its `.0`."""
    shown = column.cast(pl.String)
    if dtype.is_float():
        whole = column == column.round(0)
        shown = pl.when(whole & (column.abs() < _WHOLE)).then(
            column.cast(pl.Int64, strict=False).cast(pl.String)
        ).otherwise(shown)  # fmt: skip
    stripped = shown.str.strip_chars(BLANKS)
    return pl.when(stripped != "").then(stripped)


def units(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """An amount as Int64 of 1/10,000; numbers beyond 64 bits come back as the largest integer."""
    if isinstance(dtype, pl.Decimal):
        return _in_range(_rescaled(column.to_physical().cast(pl.Int128), dtype.scale))
    if dtype.is_integer():
        return _in_range(column.cast(pl.Int128) * pl.lit(UNITS, pl.Int128))
    convert = _units_of_floats if dtype.is_float() else _units_of_text
    return column.map_batches(convert, return_dtype=pl.Int64, is_elementwise=True)


def _in_range(wide: pl.Expr) -> pl.Expr:
    limit = pl.lit(OUT_OF_RANGE, pl.Int128)
    return (
        pl.when(wide > limit).then(limit).when(wide < pl.lit(-OUT_OF_RANGE, pl.Int128)).then(pl.lit(-OUT_OF_RANGE, pl.Int128)).otherwise(wide)
    ).cast(pl.Int64)  # fmt: skip


def _rescaled(physical: pl.Expr, scale: int) -> pl.Expr:
    """A decimal's integer at `scale` as one of 1/10,000, half away from zero."""
    if scale <= 4:  # noqa: PLR2004 - the decimals that are kept
        return physical * pl.lit(10 ** (4 - scale), pl.Int128)
    divisor = pl.lit(10 ** (scale - 4), pl.Int128)
    minus = pl.lit(-1, pl.Int128)
    half = pl.lit(10 ** (scale - 4) // 2, pl.Int128)
    size = pl.when(physical < 0).then(physical * minus).otherwise(physical)
    rounded = (size + half) // divisor
    return pl.when(physical < 0).then(rounded * minus).otherwise(rounded)


def _units_of_floats(values: pl.Series) -> pl.Series:
    doubles = values.cast(pl.Float64)
    exact = values if values.dtype == pl.Float32 else doubles
    return _rounded(doubles, lambda rows: exact.gather(rows).cast(pl.String))


def _units_of_text(values: pl.Series) -> pl.Series:
    shown = values.cast(pl.String).str.strip_chars()
    doubles = shown.cast(pl.Float64, strict=False)
    odd = doubles.is_not_null() & ~shown.str.contains(r"^[+-]?[\d.eE+-]+$")
    if odd.any():
        doubles = doubles.to_frame("x").select(pl.when(~odd).then("x")).to_series()
    return _rounded(doubles, shown.gather)


def _rounded(doubles: pl.Series, shown: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Round in doubles where that cannot be wrong; the few others by their decimal digits."""
    scaled = doubles * UNITS
    nearest = scaled.round(0)
    from_half = ((scaled - nearest).abs() - 0.5).abs()
    safe = (scaled.abs() < _WHOLE) & (from_half > scaled.abs() * _ERROR + 1e-9)
    units_ = nearest.to_frame("x").select(
        pl.when(safe.fill_null(value=False)).then("x").cast(pl.Int64)
    ).to_series()  # fmt: skip
    doubtful = (~safe).fill_null(value=False).arg_true()
    if doubtful.is_empty():
        return units_.alias(doubles.name)
    exact = [_units_of_digits(digits) for digits in shown(doubtful)]
    return units_.scatter(doubtful, pl.Series(exact, dtype=pl.Int64)).alias(doubles.name)


def _units_of_digits(digits: str) -> int | None:
    """One number by its digits; slow and exact."""
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if number.adjusted() > _LARGEST_EXPONENT:  # also 1e999999999, which must not become an int
        return OUT_OF_RANGE if number > 0 else -OUT_OF_RANGE
    if number.adjusted() < -_LARGEST_EXPONENT:
        return 0
    scaled = _EXACT.multiply(number, Decimal(UNITS)).to_integral_value(ROUND_HALF_UP, _EXACT)
    return max(-OUT_OF_RANGE, min(OUT_OF_RANGE, int(scaled)))


def integer(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A whole number; 12.0 is one, 12.5 is none."""
    if dtype.is_integer():
        return column.cast(pl.Int64, strict=False)
    found = units(column, dtype)
    whole = pl.when(found % UNITS == 0).then(found // UNITS)
    return pl.when(found.abs() == OUT_OF_RANGE).then(_beyond_units(column, dtype)).otherwise(whole)


def _beyond_units(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A whole number that fits 64 bits, although its 1/10,000 do not."""
    if dtype.is_float() or dtype.is_decimal():
        return pl.when(column == column.round(0)).then(column.cast(pl.Int64, strict=False))
    digits = column.cast(pl.String).str.strip_chars().str.replace(r"\.0*$", "")
    return digits.cast(pl.Int64, strict=False)


def boolean(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """true/false, 1/0, yes/no, 是/否, in any case."""
    if dtype == pl.Boolean:
        return column
    word = text(column, dtype).str.to_lowercase()
    return pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False)


def day(column: pl.Expr, dtype: pl.DataType, form: str | None, timezone: str) -> pl.Expr:
    """A date: ISO, with a time of day or without, unless `form` says how it is written."""
    if dtype == pl.Date:
        return column
    if form is not None and dtype == pl.String:
        written = column.str.strip_chars().str.to_date(form, strict=False)
        if "%H" not in form and _dtype_by(form) == pl.Datetime("us"):
            return written
        return pl.coalesce(moment(column, dtype, form, timezone).dt.date(), written)
    if dtype == pl.String:
        word = column.str.strip_chars()
        return pl.coalesce(
            word.str.to_date("%Y-%m-%d", strict=False),
            moment(column, dtype, None, timezone).dt.date(),
        )
    return moment(column, dtype, form, timezone).dt.date()


def moment(column: pl.Expr, dtype: pl.DataType, form: str | None, timezone: str) -> pl.Expr:
    """A local time: one with an offset is converted to the settings' time zone, all others are local."""
    if isinstance(dtype, pl.Datetime):
        local = column.dt.convert_time_zone(timezone) if dtype.time_zone else column
        return local.dt.replace_time_zone(None).dt.cast_time_unit("us")
    if dtype == pl.Date:
        return column.cast(pl.Datetime("us"))
    word = column.cast(pl.String).str.strip_chars()
    if form is not None:
        read = word.str.to_datetime(form, strict=False, time_unit="us")
        return moment(read, _dtype_by(form), None, timezone)
    plain = word.str.replace("T", " ", literal=True)
    naive = [plain.str.to_datetime(f, strict=False, time_unit="us") for f in _TIME_FORMATS]
    elsewhere = pl.when(word.str.contains(_OFFSET)).then(plain.str.replace("Z$", "+00:00"))
    return pl.coalesce(
        *naive, *(moment(elsewhere, pl.String(), f, timezone) for f in _OFFSET_FORMATS)
    )


def _dtype_by(form: str) -> pl.DataType:
    """What times written so are read as: with a time zone where the form has an offset."""
    return pl.Series([""]).str.to_datetime(form, strict=False, time_unit="us").dtype
