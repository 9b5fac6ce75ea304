"""Ratios, counts and integer arithmetic that mean the same on every engine."""

from __future__ import annotations

import narwhals as nw


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where a condition holds, else 0 (Int64): summed, in how many rows it does. A NULL condition does not hold."""
    return nw.when(condition).then(1).otherwise(0).cast(nw.Int64)


def ratio(numerator: nw.Expr, denominator: nw.Expr) -> nw.Expr:
    """One Float64 division of two exact sums; NULL where the denominator is 0 or either side is NULL."""
    return nw.when(denominator != 0).then(numerator.cast(nw.Float64) / denominator.cast(nw.Float64))


def share_of(part: str, whole: str, name: str) -> list[nw.Expr]:
    """The two columns `name` and `<name>_reason`: part over whole, NULL unless the whole is positive."""
    positive = (nw.col(whole) > 0).fill_null(value=False)
    return [
        nw.when(positive).then(ratio(nw.col(part), nw.col(whole))).alias(name),
        nw.when(~positive).then(nw.lit("class_total_not_positive")).alias(f"{name}_reason"),
    ]


def over_constant(value: nw.Expr, divisor: int) -> nw.Expr:
    """Value / divisor as Float64, right to the last bit.

    The divisor is made a column: by a constant Polars divides inexactly, multiplying by its reciprocal.
    """
    return ratio(value, value - value + divisor)


def floor_div(value: nw.Expr, divisor: int | nw.Expr) -> nw.Expr:
    """floor(value / divisor) of an Int64, exact beyond 2^53: Spark divides integers through doubles.

    The double's quotient is off by little; what it leaves over is small, and divides exactly.
    """
    guess = (value.cast(nw.Float64) / divisor).cast(nw.Int64)
    rest = value - guess * divisor
    return guess + rest.__floordiv__(divisor)


def share_ceiling(total: nw.Expr, hundredths: int | nw.Expr) -> nw.Expr:
    """ceil(total x hundredths / 10,000) of an Int64 >= 0, without overflow.

    For integers, `x x 10,000 < hundredths x total` iff `x < share_ceiling(total, hundredths)`; likewise
    `x x 10,000 <= hundredths x total` iff `x <= share_floor(...)`.
    """
    whole = floor_div(total, 10_000)
    rest = (total - whole * 10_000) * hundredths
    return whole * hundredths + (rest + 9_999) // 10_000


def share_floor(total: nw.Expr, hundredths: int | nw.Expr) -> nw.Expr:
    """floor(total x hundredths / 10,000) of an Int64 >= 0, without overflow."""
    whole = floor_div(total, 10_000)
    rest = (total - whole * 10_000) * hundredths
    return whole * hundredths + rest // 10_000
