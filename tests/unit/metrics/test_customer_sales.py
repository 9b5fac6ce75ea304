"""Rollups of what customers bought."""

from __future__ import annotations

import pytest

from metrics.customer_abc import customer_abc
from metrics.customer_sales import customer_month, order_month, positive_history, with_lines
from tests.unit.metrics.customer_frames import (
    ROW,
    YEAR,
    by_key,
    calendar,
    collected,
    column,
    day,
    line,
    lines,
    month,
    monthly,
    period,
    units,
)


def test_sums_of_a_month() -> None:
    """A return that cancels a sale in |net|, or a missing cost summed as 0, makes a margin look complete."""
    sold = lines(
        line("1", "2024-06-03", "a", 10, 6, 2),
        line("1", "2024-06-05", "a", -4, -2, -1),
        line("2", "2024-06-04", "a", 5, None),
        line("3", "2024-06-20", "a", 0, 1),
    )
    (row,) = collected(monthly(sold))
    assert row == {
        "customer_id": "a",
        "month": month("2024-06"),
        "line_count": 4,
        "uncosted_line_count": 1,
        "sales_amount": units(11),
        "quantity": units(3),
        "cost_amount": units(5),
        "costed_sales_amount": units(6),
        "absolute_amount": units(19),
        "costed_absolute_amount": units(14),
        "positive_month_count": 1,
        "first_positive_day": day("2024-06-03"),
        "last_positive_day": day("2024-06-04"),
        "order_count": 3,
        "positive_order_count": 2,
    }


def test_returns_alone_are_no_purchase() -> None:
    """A month of returns would count as activity, and put off the day on which a customer is past."""
    (row,) = collected(monthly(lines(line("1", "2024-06-03", "a", -10))))
    assert row["positive_month_count"] == 0
    assert (row["first_positive_day"], row["last_positive_day"]) == (None, None)
    assert (row["order_count"], row["positive_order_count"]) == (1, 0)


def test_an_order_over_two_months_counts_once() -> None:
    """Summing the monthly counts counts an order as often as it has months."""
    sold = lines(
        line("1", "2024-04-30", "a", 10),
        line("1", "2024-05-01", "a", 10),
        line("1", "2024-06-01", "b", 10),  # the same number, another customer's order
        line("2", "2024-05-01", "a", 30),
        line("2", "2024-06-01", "a", -50),  # positive in May, not in sum
        line("3", "2024-04-01", "a", -5),
        line("3", "2024-06-01", "a", 8),  # not positive in April, positive in sum
    )
    of = calendar("2024-05", "2024-06")
    rows = by_key(period(sold, of), *ROW)
    may, june = month("2024-05"), month("2024-06")
    found = {key: (row["order_count"], row["positive_order_count"]) for key, row in rows.items()}
    assert found[june, YEAR, "a"] == (3, 2)
    assert found[june, "year_to_date", "a"] == (3, 2)
    assert found[june, "month", "a"] == (2, 1)
    assert found[may, YEAR, "a"] == (3, 2)
    assert found[may, "month", "a"] == (2, 2)
    assert found[june, YEAR, "b"] == (1, 1)


def test_year_to_date_before_the_fiscal_year() -> None:
    """In its first month the previous year-to-date is the whole year before, not the calendar's."""
    sold = lines(
        line("1", "2023-07-10", "a", 1),
        line("2", "2024-06-10", "a", 10),
        line("3", "2024-07-10", "a", 100),
        line("4", "2023-06-30", "a", 1000),
    )
    rows = by_key(period(sold, calendar("2024-07", "2024-07", 7)), "period")
    row = rows["year_to_date"]
    assert row["sales_amount"] == units(100)
    assert row["previous_sales_amount"] == units(11)
    assert row["prior_year_amount"] == units(1)


def test_rows_that_a_month_or_a_year_before_brings_in() -> None:
    """Without these rows nobody ever leaves a tier, and a customer lost has no negative growth."""
    sold = lines(
        line("1", "2024-05-10", "month before", 5),
        line("2", "2023-06-10", "year before", 7),
        line("3", "2024-04-10", "neither", 7),
        line("4", "2024-07-10", "later", 7),
    )
    rows = by_key(period(sold, calendar("2024-06", "2024-06")), "period", "customer_id")
    of_month = {who: row for (what, who), row in rows.items() if what == "month"}
    assert set(of_month) == {"month before", "year before"}
    assert of_month["month before"]["previous_sales_amount"] == units(5)
    assert of_month["year before"]["prior_year_amount"] == units(7)
    assert {row["line_count"] for row in of_month.values()} == {0}
    assert {who for what, who in rows if what == YEAR} == {"month before", "year before", "neither"}


def test_a_month_alone_is_the_month_of_a_backfill() -> None:
    """A nightly run that sees too few months would write other numbers than the backfill."""
    sold = lines(
        *(
            line(f"{n}", f"{2021 + n // 12}-{n % 12 + 1:02}-15", who, (n * 37) % 19 - 4)
            for n in range(44)
            for who in ("a", "b")
            if (n * 7 + len(who)) % 3
        )
    )
    whole = collected(period(sold, calendar("2023-01", "2024-08", 4)), *ROW)
    for text in ("2023-04", "2024-08"):
        alone = collected(period(sold, calendar(text, text, 4)), *ROW)
        assert alone == [row for row in whole if row["month"] == month(text)]
        assert alone


@pytest.mark.parametrize("first", ["2024-01", "2024-06"])
def test_history_knows_what_came_before_the_run(first: str) -> None:
    """A nightly run that looks only at its own months takes every customer for a new one."""
    sold = lines(
        line("1", "2022-03-05", "a", 5),
        line("2", "2022-09-05", "a", 5),
        line("3", "2024-05-31", "a", -5),
        line("4", "2024-06-07", "b", 5),
        line("5", "2024-06-30", "b", 5),
        line("6", "2024-07-01", "b", 5),
        line("7", "2024-06-30", "only returns", -5),
    )
    found = positive_history(monthly(sold), calendar(first, "2024-07").months)
    rows = by_key(found, "month", "customer_id")
    june, july = month("2024-06"), month("2024-07")
    assert {key: (row["first_positive_day"], row["last_positive_day"]) for key, row in rows.items() if key[0] >= june} == {
        (june, "a"): (day("2022-03-05"), day("2022-09-05")),
        (july, "a"): (day("2022-03-05"), day("2022-09-05")),
        (june, "b"): (day("2024-06-07"), day("2024-06-30")),
        (july, "b"): (day("2024-06-07"), day("2024-07-01")),
    }  # fmt: skip


def test_with_lines_drops_who_only_left() -> None:
    """Customers who only left a tier would be counted among those with sales."""
    sold = lines(line("1", "2024-05-10", "left", 5), line("2", "2024-06-10", "here", 5))
    table = period(sold, calendar("2024-06", "2024-06"))
    ranked = customer_abc(table, 7_500, 9_500)
    of_month = [row for row in collected(ranked, *ROW) if row["period"] == "month"]
    assert [(row["customer_id"], row["movement"]) for row in of_month] == [("here", "enter"), ("left", "exit")]  # fmt: skip
    kept = collected(with_lines(ranked, table), *ROW)
    assert [row["customer_id"] for row in kept if row["period"] == "month"] == ["here"]


def test_orders_are_the_customers_own() -> None:
    """Two customers with the same order number are two orders."""
    sold = lines(line("1", "2024-06-01", "a", 3), line("1", "2024-06-02", "b", 4))
    orders = order_month(sold)
    assert column(orders, "sales_amount", "customer_id") == [units(3), units(4)]
    assert column(customer_month(sold, orders), "order_count", "customer_id") == [1, 1]
