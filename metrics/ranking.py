"""How many are worse: the count behind every score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Sequence

Frame = nw.LazyFrame[Any]


def with_worse(frame: Frame, group: Sequence[str], value: str) -> Frame:
    """Adds `<value>_worse` and `<value>_count`: rows of the group with a strictly smaller value, and with any.

    Rows whose value is NULL count for nobody and get NULL. Ties share their count, so no order of rows matters.
    """
    standing = (
        frame.filter(~nw.col(value).is_null())
        .group_by(*group, value)
        .agg(equal=nw.len().cast(nw.Int64))
        .with_columns(
            up_to=nw.col("equal").cum_sum().over(*group, order_by=value),
            everybody=nw.col("equal").sum().over(*group),
        )
        .select(
            *group,
            value,
            (nw.col("up_to") - nw.col("equal")).alias(f"{value}_worse"),
            nw.col("everybody").alias(f"{value}_count"),
        )
    )
    return frame.join(standing, on=[*group, value], how="left")
