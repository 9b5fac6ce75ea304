"""Parts of the complaint measures: orders of the company, valid complaints of a customer, other engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

import duckdb
import narwhals as nw
import pytest

from metrics.complaint_states import STEPS
from metrics.complaint_summary import complaint_summary, valid_counts
from metrics.complaints import complaints, with_elapsed
from metrics.findings.service import sla_breached
from metrics.orders import company_orders
from pipelines.lake import Lake
from schemas.catalogue import FEEDS
from tests.unit.metrics.complaint_frames import (
    COMPLAINT,
    EVENT,
    complaint,
    event,
    handled,
    ledger,
)
from tests.unit.metrics.customer_frames import YEAR, by_key, calendar, frame, month

_ORDER = ("customer_id", "order_id", "month")


def orders(*rows: tuple[str, str, str], first: str, last: str, fiscal: int = 1) -> dict[Any, int]:
    """company_orders of (customer, order, month) by month and period."""
    found = company_orders(
        frame(_ORDER, [(customer, order, month(at)) for customer, order, at in rows]),
        calendar(first, last, fiscal).windows,
    )
    rows_by_key = by_key(found, "month", "period")
    return {key: row["order_count"] for key, row in rows_by_key.items()}


def test_an_order_counts_once_over_months_and_customers() -> None:
    """Orders counted once a month or once a customer make complaints look rarer than they are."""
    found = orders(
        ("a", "1", "2024-05"),
        ("a", "1", "2024-06"),  # the same order a month later
        ("a", "2", "2024-06"),
        ("b", "2", "2024-06"),  # the same order, another customer
        ("a", "3", "2024-04"),
        ("a", "3", "2024-06"),  # with a month between
        ("b", "4", "2023-07"),
        ("b", "4", "2024-05"),
        ("c", "5", "2023-06"),  # outside the trailing 12 months of June
        ("c", "5", "2024-07"),  # later than all
        first="2024-05", last="2024-06",
    )  # fmt: skip
    may, june = month("2024-05"), month("2024-06")
    assert found == {
        (may, "month"): 2,  # 1, 4
        (may, "year_to_date"): 3,  # 1, 3, 4
        (may, YEAR): 4,  # 1, 3, 4, 5
        (june, "month"): 3,  # 1, 2, 3
        (june, "year_to_date"): 4,  # 1, 2, 3, 4
        (june, YEAR): 4,  # 1, 2, 3, 4
    }


def test_orders_of_the_fiscal_year() -> None:
    """Orders of the calendar year held against complaints of the fiscal year give a rate of neither."""
    rows = [("a", "1", "2024-06"), ("a", "2", "2024-07"), ("a", "1", "2024-08")]
    found = orders(*rows, first="2024-08", last="2024-08", fiscal=7)
    assert found[month("2024-08"), "year_to_date"] == 2
    assert found[month("2024-08"), YEAR] == 2
    assert found[month("2024-08"), "month"] == 1


def test_no_orders_no_row() -> None:
    """A row of 0 orders would be divided by."""
    assert orders(("a", "1", "2023-05"), first="2024-05", last="2024-05") == {}


def test_valid_counts_are_of_the_trailing_year() -> None:
    """An old complaint that was never closed would lower the grade of its customer for ever."""
    received = [
        complaint("old", "2023-05-31 12:00", "a"),  # open, and so in the table
        complaint("first", "2023-06-01 00:00", "a"),
        complaint("last", "2024-05-31 23:00", "a"),
        complaint("invalid", "2024-05-01 12:00", "a"),
        complaint("unjudged", "2024-05-01 12:00", "b"),
        complaint("other", "2024-05-01 12:00", "c"),
    ]
    judged = [("old", "valid"), ("first", "valid"), ("last", "valid"), ("invalid", "invalid"), ("other", "valid")]  # fmt: skip
    events = [event(key, 1, "judged", "2024-05-31 23:30", result) for key, result in judged]
    found = by_key(valid_counts(handled(received, events, "2024-05", "2024-06")), "month", "customer_id")  # fmt: skip
    may, june = month("2024-05"), month("2024-06")
    assert {key: row["valid_count"] for key, row in found.items()} == {
        (may, "a"): 2, (may, "c"): 1, (june, "a"): 1, (june, "c"): 1,
    }  # fmt: skip


def test_steps_that_measures_name_are_those_of_the_feed() -> None:
    """A step renamed in the feed alone would from then on never happen: no complaint judged, none ever closed."""
    feed = FEEDS["complaint_events"].ledger["step"].code_values
    others = ["approved", "closed", "implemented", "judged", "assigned", "reopened", "responded"]
    assert {*STEPS, *others} == set(feed)


@pytest.mark.parametrize("hours", [0.29, 2.3, 24.1])
def test_targets_of_fractions_of_hours(hours: float) -> None:
    """A target cut to a microsecond less than was set would accuse those who kept it."""
    at = datetime(2024, 3, 4) + timedelta(hours=hours)
    events = [event("K", n, step, str(at)) for n, step in enumerate(("responded", "closed"))]
    rows = complaints(
        ledger(COMPLAINT, [complaint("K", "2024-03-04 00:00")]),
        ledger(EVENT, events),
        calendar("2024-03", "2024-03").months,
        hours,
        hours,
        has_events=True,
    )
    row = by_key(rows, "complaint_id")["K"]
    assert row["first_response_hours"] == pytest.approx(hours, abs=1e-12)
    assert row["sla_status"] == "met"


@pytest.mark.parametrize(
    ("answered", "late"), [("00:20", "resolution"), ("00:20:00.000001", "response")]
)
def test_findings_judge_as_the_status_does(answered: str, late: str) -> None:
    """A finding that blames a response which the status takes for timely sends people after the wrong delay."""
    target = 0.3333333333  # 20 minutes, but for less than half a microsecond
    events = [
        event("K", 1, "responded", f"2024-03-04 {answered}"),
        event("K", 2, "closed", "2024-03-15"),
    ]
    months = calendar("2024-03", "2024-03").months
    received = ledger(COMPLAINT, [complaint("K", "2024-03-04 00:00")])
    rows = complaints(received, ledger(EVENT, events), months, target, 240, has_events=True)
    assert by_key(rows, "complaint_id")["K"]["sla_status"] == "breached"
    found = by_key(
        sla_breached(with_elapsed(rows, months), target, 240, Lake("nowhere")), "complaint_id"
    )["K"]
    assert (found["sla"], found["so_far"]) == (late, None)


def test_duckdb_equals_polars() -> None:
    """Running totals, parts of times, NULL keys and medians differ between engines; the numbers must not."""
    random = Random(11)
    moments = [f"2024-{m:02}-{d:02} {h:02}:{h:02}:09.{h:06}" for m in (1, 2, 3) for d in (1, 15, 28) for h in (0, 13, 23)]  # fmt: skip
    steps = [*STEPS, "responded", "closed", "reopened", "closed", "responded"]
    received = [
        complaint(f"K{n}", random.choice(moments), f"C{n % 3}", random.choice(["quality", "service"]), random.choice(["x", None]))
        for n in range(40)
    ]  # fmt: skip
    events = [
        event(f"K{random.randrange(44)}", n, random.choice(steps), random.choice(moments), random.choice(["valid", "invalid", "approved", "rejected", None]), random.choice(["p", None]))
        for n in range(400)
    ]  # fmt: skip
    sold = frame(_ORDER, [(f"C{n % 3}", f"{n % 17}", month(f"2024-0{n % 3 + 1}")) for n in range(40)])  # fmt: skip
    of = calendar("2024-01", "2024-04")
    inputs = [ledger(COMPLAINT, received), ledger(EVENT, events), of.months, of.bounds, of.windows, sold]  # fmt: skip
    connection = duckdb.connect()
    others = []
    for number, lazy in enumerate(inputs):
        connection.register(f"t{number}", lazy.collect("pyarrow").to_native())
        others.append(nw.from_native(connection.table(f"t{number}")))
    for result in (_rows, _summary):
        expected, found = (_listed(result(*frames)) for frames in (inputs, others))
        assert len(expected) > 20
        assert found == expected


def _rows(received: Any, events: Any, months: Any, *_: Any) -> nw.LazyFrame[Any]:
    return complaints(received, events, months, 24, 240, has_events=True)


def _summary(received: Any, events: Any, months: Any, bounds: Any, windows: Any, sold: Any) -> Any:
    rows = _rows(received, events, months)
    return complaint_summary(rows, company_orders(sold, windows), bounds, has_events=True)


def _listed(result: nw.LazyFrame[Any]) -> list[Any]:
    rows = result.collect("polars").to_native().to_dicts()  # type: ignore[union-attr]
    return sorted((sorted(row.items()) for row in rows), key=repr)
