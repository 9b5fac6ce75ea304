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
    worse = nw.col(value).rank("min").over(*group).cast(nw.Int64) - 1
    count = nw.col(value).count().over(*group).cast(nw.Int64)
    known = ~nw.col(value).is_null()
    return frame.with_columns(
        nw.when(known).then(worse).alias(f"{value}_worse"),
        nw.when(known).then(count).alias(f"{value}_count"),
    )
