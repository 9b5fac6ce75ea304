"""Small ledgers of complaints and their events for the tests, from rows as they read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from metrics.complaint_summary import complaint_summary
from metrics.complaints import complaints
from tests.unit.metrics.customer_frames import by_key, calendar, frame, month

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Frame = nw.LazyFrame[Any]
Row = tuple[Any, ...]

_TIME = pl.Datetime("us")
COMPLAINT = {
    "complaint_id": pl.String(), "received_at": _TIME, "customer_id": pl.String(),
    "category": pl.String(), "subcategory": pl.String(), "month": pl.Int32(),
}  # fmt: skip
EVENT = {
    "complaint_id": pl.String(), "sequence": pl.Int64(), "step": pl.String(), "occurred_at": _TIME,
    "result": pl.String(), "department": pl.String(), "month": pl.Int32(),
}  # fmt: skip


def complaint(
    key: str,
    received_at: str,
    customer: str = "C1",
    category: str = "quality",
    subcategory: str | None = None,
) -> Row:
    """A complaint of the ledger."""
    at = datetime.fromisoformat(received_at)
    return key, at, customer, category, subcategory, month(received_at[:7])


def event(
    key: str,
    sequence: int,
    step: str,
    occurred_at: str,
    result: str | None = None,
    department: str | None = None,
) -> Row:
    """An event of the ledger."""
    at = datetime.fromisoformat(occurred_at)
    return key, sequence, step, at, result, department, month(occurred_at[:7])


def ledger(schema: Mapping[str, pl.DataType], rows: Sequence[Row]) -> Frame:
    """Rows made by `complaint` or `event`."""
    return nw.from_native(pl.LazyFrame(list(rows), schema=dict(schema), orient="row"))


def handled(
    received: Sequence[Row],
    events: Sequence[Row],
    first: str,
    last: str | None = None,
    *,
    has_events: bool = True,
) -> Frame:
    """The rows of rpt_complaint for the as-of months from `first` to `last`, with targets of 24 and 240 hours."""
    return complaints(
        ledger(COMPLAINT, received),
        ledger(EVENT, events),
        calendar(first, last or first).months,
        24,
        240,
        has_events=has_events,
    )


def handled_at(
    received: Sequence[Row], events: Sequence[Row], at: str
) -> Mapping[Any, dict[str, Any]]:
    """The rows of one as-of month by complaint."""
    return by_key(handled(received, events, at), "complaint_id")


def summed(
    received: Sequence[Row],
    events: Sequence[Row],
    at: str,
    orders: Mapping[str, int] | None = None,
    *,
    has_events: bool = True,
) -> Mapping[Any, dict[str, Any]]:
    """The rows of rpt_complaint_summary of one as-of month by period, category, subcategory; `orders`: by period."""
    counted = [(month(at), period, count) for period, count in (orders or {}).items()]
    rows = complaint_summary(
        handled(received, events, at, has_events=has_events),
        frame(["month", "period", "order_count"], counted),
        calendar(at, at).bounds,
        has_events=has_events,
    )
    return by_key(rows, "period", "category", "subcategory")
