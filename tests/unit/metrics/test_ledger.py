"""Versions of facts and registers, case by case."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics import ledger, registers
from metrics.periods import NEVER, month_index

_ROW = {
    "key": pl.String, "region": pl.String, "deleted": pl.Boolean, "delivered_on": pl.Date,
    "source_no": pl.Int64, "source_file": pl.String, "source_row": pl.Int64,
}  # fmt: skip


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def delivered(*rows: tuple[str, str | None, str, int] | tuple[str, str | None, str, int, bool]) -> nw.LazyFrame[Any]:  # fmt: skip
    """Rows (key, region, delivered on MM-DD, row number, deleted) of one source."""
    whole = [(*row, False)[:5] for row in rows]
    return nw.from_native(
        pl.LazyFrame(
            [(key, region, gone or None, day(on), 1, "f", n) for key, region, on, n, gone in whole],
            schema=_ROW,
            orient="row",
        )
    )


def full(*days: str, mentioned: str = "") -> ledger.FullDeliveries:
    """Full deliveries of source 1; "a" stands in a quarantined row of the one that is `mentioned`."""
    each = {"source_no": [1] * len(days), "full_on": [day(text) for text in days]}
    schema = {"source_no": pl.Int64, "full_on": pl.Date}
    rows = [("a", 1, day(mentioned))] if mentioned else []
    return ledger.FullDeliveries(
        nw.from_native(pl.LazyFrame(each, schema=schema)),
        nw.from_native(pl.LazyFrame(rows, schema={"key": pl.String, **schema}, orient="row")),
    )


def statuses(rows: nw.LazyFrame[Any], *last_full: str, **more: str) -> list[tuple[Any, ...]]:
    found = ledger.with_fate(rows, ["key"], full(*last_full, **more))
    return sorted(found.select("key", "delivered_on", "source_row", "fate").collect().rows())


@pytest.mark.parametrize(
    ("rows", "last_full", "expected"),
    [
        ([("a", "N", "01-01", 1)], [], ["current"]),
        ([("a", "N", "01-01", 1), ("a", "N", "01-01", 2)], [], ["superseded", "current"]),
        ([("a", "N", "01-02", 1), ("a", "N", "01-01", 9)], [], ["superseded", "current"]),
        ([("a", "N", "01-01", 1), ("a", None, "01-02", 1, True)], [], ["superseded", "withdrawn"]),
        # Withdrawn and delivered again: it is back.
        ([("a", "N", "01-01", 1), ("a", None, "01-02", 1, True), ("a", "N", "01-03", 1)], [], ["superseded", "superseded", "current"]),
        # A full delivery after it lacks it; one on its own day, or before, does not.
        ([("a", "N", "01-01", 1)], ["01-02"], ["withdrawn"]),
        ([("a", "N", "01-01", 1)], ["01-01"], ["current"]),
    ],
)  # fmt: skip
def test_status_of_every_row(
    rows: list[Any], last_full: list[str], expected: list[str]
) -> None:  # fmt: skip
    """Two rows that are both current count a sale twice; none that is, loses it."""
    assert [row[-1] for row in statuses(delivered(*rows), *last_full)] == expected


def versions(rows: nw.LazyFrame[Any], *full_days: str, **more: str) -> list[tuple[Any, ...]]:
    found = ledger.versions(rows, "key", ["region"], full(*full_days, **more))
    columns = found.select("key", "region", "valid_from", "valid_to", "is_current")
    return sorted(columns.collect().rows(), key=repr)


def test_repeats_begin_no_version() -> None:
    """A register delivered every night would grow by a version a night."""
    rows = delivered(("a", "N", "01-01", 1), ("a", "N", "01-02", 1), ("a", "S", "01-03", 1))
    assert versions(rows) == [
        ("a", "N", day("01-01"), day("01-03"), False),
        ("a", "S", day("01-03"), None, True),
    ]


def test_the_last_row_of_a_delivery_counts() -> None:
    """Two versions that begin on one day leave one of no length, or an order that is chance."""
    rows = delivered(("a", "S", "01-01", 2), ("a", "N", "01-01", 1), ("a", None, "01-01", 0))
    assert versions(rows) == [("a", "S", day("01-01"), None, True)]


def test_a_withdrawal_ends_the_last_version() -> None:
    """A customer that left the register keeps its limit for ever if its version does not end."""
    rows = delivered(("a", "N", "01-01", 1), ("a", None, "01-05", 1, True), ("a", "N", "01-09", 1))
    assert versions(rows) == [
        ("a", "N", day("01-01"), day("01-05"), False),
        ("a", "N", day("01-09"), None, True),
    ]
    gone = delivered(("a", "N", "01-01", 1), ("a", None, "01-05", 1, True))
    assert versions(gone) == [("a", "N", day("01-01"), day("01-05"), False)]
    never = delivered(("a", None, "01-05", 1, True))
    assert versions(never) == []


def test_what_a_full_delivery_holds_unreadably_is_not_gone() -> None:
    """Guards against a customer that vanishes for a typing error in one of its columns."""
    rows = delivered(("a", "N", "01-01", 1), ("b", "N", "01-01", 2))
    assert [row[-1] for row in statuses(rows, "01-02", mentioned="01-02")] == ["current", "withdrawn"]  # fmt: skip
    assert versions(rows, "01-01", "01-02", mentioned="01-02") == [
        ("a", "N", day("01-01"), None, True),
        ("b", "N", day("01-01"), day("01-02"), False),
    ]


def test_a_full_delivery_ends_what_it_lacks() -> None:
    """A member that is missing from a complete list and comes back was gone in between."""
    rows = delivered(("a", "N", "01-01", 1), ("b", "N", "01-01", 2), ("a", "N", "01-04", 1))
    assert versions(rows, "01-01", "01-02", "01-03", "01-04") == [
        ("a", "N", day("01-01"), day("01-02"), False),
        ("a", "N", day("01-04"), None, True),
        ("b", "N", day("01-01"), day("01-02"), False),
    ]


def test_a_value_that_ends_is_a_change() -> None:
    """NULL and the empty text read alike, but a region that was taken away is a new version."""
    rows = delivered(("a", "N", "01-01", 1), ("a", None, "01-02", 1))
    assert versions(rows) == [
        ("a", "N", day("01-01"), day("01-02"), False),
        ("a", None, day("01-02"), None, True),
    ]


def spans(rows: list[tuple[str, str, int, int | None]], facts: dict[str, int]) -> list[Any]:
    """`registers.spans` of versions (key, region, from month, to month) and first fact months of 2024."""
    index = month_index("2024-01") - 1
    schema = {"key": pl.String, "region": pl.String, "from_month": pl.Int32, "to_month": pl.Int32}
    moved = [(k, r, a + index, None if b is None else b + index) for k, r, a, b in rows]
    frame = pl.LazyFrame(moved, schema=schema, orient="row").with_columns(place="from_month")
    known = pl.LazyFrame(
        [(k, m + index) for k, m in facts.items()],
        schema={"key": pl.String, "first_fact_month": pl.Int32}, orient="row",
    )  # fmt: skip
    found = registers.spans(nw.from_native(frame), nw.from_native(known), "key", ["region"])
    columns = found.select("key", "region", "is_registered", "from_month", "to_month").collect()
    return sorted(
        (
            (k, r, known_, a - index, None if b == NEVER else b - index)
            for k, r, known_, a, b in columns.rows()
        ),
        key=repr,
    )


@pytest.mark.parametrize(
    ("rows", "facts", "expected"),
    [
        # In the register only.
        ([("a", "N", 3, None)], {}, [("a", "N", True, 3, None)]),
        # A month-end sees the newest version; a change within a month shows the later one only.
        ([("a", "N", 3, 3), ("a", "S", 3, None)], {}, [("a", "S", True, 3, None)]),
        # History older than the register takes its names from the first version.
        ([("a", "N", 3, 5), ("a", "S", 5, None)], {"a": 1},
         [("a", "N", True, 1, 3), ("a", "N", True, 3, 5), ("a", "S", True, 5, None)]),
        # Facts alone.
        ([], {"a": 2}, [("a", None, False, 2, None)]),
        # Withdrawn: by its facts from then on, and from its first fact only.
        ([("a", "N", 3, 5)], {"a": 4}, [("a", "N", True, 3, 5), ("a", None, False, 5, None)]),
        ([("a", "N", 3, 5)], {"a": 7}, [("a", "N", True, 3, 5), ("a", None, False, 7, None)]),
        ([("a", "N", 3, 5)], {}, [("a", "N", True, 3, 5)]),
        # Withdrawn and back.
        ([("a", "N", 3, 5), ("a", "N", 8, None)], {"a": 3},
         [("a", "N", True, 3, 5), ("a", None, False, 5, 8), ("a", "N", True, 8, None)]),
    ],
)  # fmt: skip
def test_who_exists_and_as_what(rows: list[Any], facts: dict[str, int], expected: list[Any]) -> None:  # fmt: skip
    """A customer that exists twice in a month doubles its sales; one that does not exist has none."""
    assert spans(rows, facts) == sorted(expected, key=repr)


def test_respan_with_fewer_attributes() -> None:
    """A published version for each change of a column that is not published tells that it changed."""
    rows = [("a", "N", "x", "01-01", "01-05"), ("a", "N", "y", "01-05", "01-09"), ("a", "S", "y", "01-20", None)]  # fmt: skip
    frame = pl.LazyFrame(
        [(k, r, p, day(a), None if b is None else day(b), b is None) for k, r, p, a, b in rows],
        schema=["key", "region", "phone", "valid_from", "valid_to", "is_current"], orient="row",
    )  # fmt: skip
    found = ledger.respan(nw.from_native(frame), "key", ["region"]).collect()
    columns = found.select("key", "region", "valid_from", "valid_to", "is_current")
    assert sorted(columns.rows()) == [
        ("a", "N", day("01-01"), day("01-09"), False),
        ("a", "S", day("01-20"), None, True),
    ]
