"""Rollups of customers against sums over the lines themselves."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics import periods
from metrics.customer_sales import positive_history
from tests.unit.metrics.customer_frames import (
    LINE,
    ROW,
    calendar,
    collected,
    frame,
    month,
    monthly,
    period,
)

_SETTINGS = settings(max_examples=15)
_FIRST, _LAST = month("2024-03"), month("2024-07")


@st.composite
def _line(draw: st.DrawFn) -> tuple[Any, ...]:
    """A line in the three years to the last month and one beyond; orders often span months."""
    sold_in = draw(st.integers(_LAST - 38, _LAST + 1))
    start = periods.day_index(periods.first_day(sold_in))
    cost = draw(st.one_of(st.none(), st.integers(-3, 3)))
    return (
        draw(st.sampled_from("1234")), sold_in, start + draw(st.integers(0, 27)),
        draw(st.sampled_from("ab")), draw(st.integers(-3, 3)), draw(st.integers(-4, 5)), cost,
    )  # fmt: skip


_LINES = st.lists(_line(), min_size=1, max_size=40)


def positive_orders(lines: list[dict[str, Any]]) -> int:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line["order_id"]] = sums.get(line["order_id"], 0) + line["net_amount"]
    return sum(amount > 0 for amount in sums.values())


def expected_sums(lines: list[dict[str, Any]]) -> dict[str, int]:
    """What a period's row says of the lines in it."""
    costed = [line for line in lines if line["cost_amount"] is not None]
    return {
        "line_count": len(lines),
        "uncosted_line_count": len(lines) - len(costed),
        "sales_amount": sum(line["net_amount"] for line in lines),
        "quantity": sum(line["quantity"] for line in lines),
        "cost_amount": sum(line["cost_amount"] for line in costed),
        "costed_sales_amount": sum(line["net_amount"] for line in costed),
        "absolute_amount": sum(abs(line["net_amount"]) for line in lines),
        "costed_absolute_amount": sum(abs(line["net_amount"]) for line in costed),
        "order_count": len({line["order_id"] for line in lines}),
        "positive_order_count": positive_orders(lines),
        "positive_month_count": len({line["month"] for line in lines if line["net_amount"] > 0}),
    }


@_SETTINGS
@given(_LINES, st.integers(1, 12))
def test_periods_are_sums_over_their_lines(rows: list[Any], fiscal: int) -> None:
    """Windows a month off, orders counted twice, or keys without a row all look like plausible numbers."""
    of = calendar("2024-03", "2024-07", fiscal)
    found = {
        tuple(row[key] for key in ROW): row for row in collected(period(frame(LINE, rows), of))
    }
    lines = [dict(zip(LINE, row, strict=True)) for row in rows]

    def within(end: int, span: str, customer: str) -> list[dict[str, Any]]:
        start = periods.period_start(end, span, fiscal)
        return [x for x in lines if x["customer_id"] == customer and start <= x["month"] <= end]

    for at in range(_FIRST, _LAST + 1):
        for span in periods.PERIODS:
            for customer in "ab":
                now, last, year = (within(at - lag, span, customer) for lag in (0, 1, 12))
                row = found.pop((at, span, customer), None)
                if not (now or last or year):
                    assert row is None
                    continue
                assert row == {
                    "month": at, "period": span, "customer_id": customer, **expected_sums(now),
                    "previous_line_count": len(last),
                    "previous_sales_amount": sum(x["net_amount"] for x in last),
                    "prior_year_line_count": len(year),
                    "prior_year_amount": sum(x["net_amount"] for x in year),
                }  # fmt: skip
    assert not found


@_SETTINGS
@given(_LINES)
def test_history_is_that_of_the_lines(rows: list[Any]) -> None:
    """The first or last purchase of another month makes customers new or lost that are not."""
    of = calendar("2024-03", "2024-07")
    found = {
        (row["month"], row["customer_id"]): (row["first_positive_day"], row["last_positive_day"])
        for row in collected(positive_history(monthly(frame(LINE, rows)), of.months))
    }
    lines = [dict(zip(LINE, row, strict=True)) for row in rows]
    expected = {}
    for at in range(_FIRST, _LAST + 1):
        for customer in "ab":
            days = [
                x["day"]
                for x in lines
                if x["customer_id"] == customer and x["net_amount"] > 0 and x["month"] <= at
            ]
            if days:
                expected[at, customer] = (min(days), max(days))
    assert found == expected
