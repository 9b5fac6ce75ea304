"""RFM scores and segments."""

from __future__ import annotations

from typing import Any

import pytest

from metrics.customer_sales import positive_history
from metrics.rfm import rfm
from tests.unit.metrics.customer_frames import (
    YEAR,
    by_key,
    calendar,
    frame,
    line,
    lines,
    month,
    monthly,
    period,
)
from tests.unit.metrics.product_frames import frame as typed

JUNE = month("2024-06")


def scored(*sold: Any, seniority: dict[str, str] | None = None) -> dict[str, Any]:
    """The rows of June 2024 by customer."""
    of = calendar("2024-06", "2024-06")
    sales = lines(*sold)
    import narwhals as nw

    classes = frame(
        ["month", "customer_id", "seniority"],
        [(JUNE, who, what) for who, what in (seniority or {}).items()],
    )
    year = period(sales, of).filter(nw.col("period") == YEAR)
    history = positive_history(monthly(sales), of.months)
    return by_key(rfm(year, history, classes, of.months), "customer_id")


def test_values() -> None:
    """An order that was sent back entirely is no purchase; a later return is not the last purchase."""
    rows = scored(
        line("1", "2024-06-10", "a", 10),
        line("2", "2024-06-11", "a", 5),
        line("2", "2024-06-20", "a", -5),
        line("3", "2024-06-01", "gone", 5),
        line("4", "2024-06-02", "gone", -5),
        line("5", "2023-06-30", "too old", 5),
    )
    assert set(rows) == {"a"}
    row = rows["a"]
    assert (row["recency_days"], row["frequency"], row["monetary_amount"]) == (19, 1, 100_000)


def test_fewer_than_five_have_no_scores() -> None:
    """Fifths of four customers are noise that looks like a judgement."""
    rows = scored(*(line(str(n), f"2024-06-1{n}", f"c{n}", 10 + n) for n in range(4)))
    assert {(row["r_score"], row["f_score"], row["m_score"], row["segment"]) for row in rows.values()} == {
        (None, None, None, "regular")
    }  # fmt: skip


def test_scores_count_who_is_strictly_worse() -> None:
    """Quantiles cut ties by the order of rows; equal customers must score equal."""
    days = ["2024-02-01", "2024-03-01", "2024-03-01", "2024-04-01", "2024-05-01", "2024-06-30"]
    rows = scored(*(line(str(n), day, f"c{n}", 10) for n, day in enumerate(days)))
    assert [rows[f"c{n}"]["r_score"] for n in range(6)] == [1, 1, 1, 3, 4, 5]
    assert {row["f_score"] for row in rows.values()} == {1}
    assert {row["m_score"] for row in rows.values()} == {1}


@pytest.mark.parametrize(
    ("r", "f", "m", "seniority", "segment"),
    [
        (5, 5, 5, "old", "champion"),
        (4, 4, 4, "new", "champion"),
        (4, 4, 3, "new", "loyal"),
        (1, 4, 5, "old", "loyal"),
        (4, 3, 5, "new", "new"),
        (4, 3, 5, "old", "regular"),
        (3, 1, 1, "new", "regular"),
        (2, 3, 1, "old", "at_risk"),
        (1, 3, 1, "old", "at_risk"),
        (1, 2, 5, "old", "lost"),
        (2, 2, 5, "old", "regular"),
    ],
)
def test_segments(r: int, f: int, m: int, seniority: str, segment: str) -> None:
    """A segment tested in another order names champions loyal."""
    from metrics.rfm import _segment

    row = typed(["r_score", "f_score", "m_score"], [(r, f, m)])
    import narwhals as nw

    found = row.with_columns(seniority=nw.lit(seniority)).with_columns(segment=_segment())
    assert found.collect("polars")["segment"].to_list() == [segment]
