"""Receivables of random companies: nothing is lost, nothing later counts, and a slow reading of the rules agrees."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.periods import last_day, month_index
from metrics.receivables import ageing, open_invoices
from tests.unit.metrics.ledger_frames import calendar, ledger, versions
from tests.unit.metrics.product_frames import UNITS, by_key

FIRST, LAST = "2024-01", "2024-06"
DAY = st.integers(0, 180).map(lambda days: (date(2024, 1, 1) + timedelta(days=days)).isoformat())
WHO = st.sampled_from("AB")
AMOUNT = st.integers(-20, 100)
INVOICES = st.lists(
    st.fixed_dictionaries({
        "customer_id": WHO, "invoiced_on": DAY, "due_on": st.none() | DAY, "amount": AMOUNT, "disputed": st.none() | st.booleans(),
    }), max_size=12,
)  # fmt: skip
PAYMENTS = st.lists(
    st.fixed_dictionaries({
        "customer_id": WHO, "paid_on": DAY, "amount": AMOUNT,
        "invoice_id": st.none() | st.integers(0, 13).map(str),
    }), max_size=15,
)  # fmt: skip
BUCKETS = (
    (0, "not_due_amount"), (30, "overdue_1_30_amount"), (60, "overdue_31_60_amount"), (90, "overdue_61_90_amount"),
    (120, "overdue_91_120_amount"), (10**6, "overdue_over_120_amount"),
)  # fmt: skip
Rows = dict[tuple[int, str], dict[str, Any]]


def reported(invoices: list[dict[str, Any]], payments: list[dict[str, Any]], last: str = LAST) -> Rows:  # fmt: skip
    """The ageing of all months by the measures."""
    bills = ledger("invoices", *invoices)
    money = ledger("payments", *payments)
    months = calendar(FIRST, last)
    terms = versions(("A", "2024-01-01", None, 10), of="payment_terms_days")
    opened = open_invoices(bills, money, terms, months, 30)
    return by_key(ageing(opened, bills, money, months), "month", "customer_id")


def slowly(invoices: list[dict[str, Any]], payments: list[dict[str, Any]], month: int) -> dict[str, Any]:  # fmt: skip
    """The ageing of one month by loops over records."""
    as_of = last_day(month).isoformat()
    bills = {bill["invoice_id"]: bill for bill in invoices if bill["invoiced_on"] <= as_of}
    money = [payment for payment in payments if payment["paid_on"] <= as_of]
    rows: dict[str, Any] = defaultdict(lambda: defaultdict(int))
    for record in (*bills.values(), *money):
        rows[record["customer_id"]]["balance_amount"] += 0
    for key, bill in bills.items():
        left = bill["amount"] - sum(p["amount"] for p in money if p["invoice_id"] == key)
        row = rows[bill["customer_id"]]
        row["balance_amount"] += left
        if left <= 0:
            row["unapplied_amount"] += left
            continue
        terms = 10 if bill["customer_id"] == "A" else 30
        invoiced = date.fromisoformat(bill["invoiced_on"])
        due = date.fromisoformat(bill["due_on"]) if bill["due_on"] else invoiced + timedelta(days=terms)  # fmt: skip
        days = (last_day(month) - due).days
        row["open_amount"] += left
        row["disputed_amount"] += left if bill["disputed"] else 0
        row[next(name for most, name in BUCKETS if days <= most)] += left
        if days > 0:
            row["oldest_overdue_days"] = max(row["oldest_overdue_days"], days)
    for payment in money:
        if payment["invoice_id"] not in bills:
            rows[payment["customer_id"]]["unapplied_amount"] -= payment["amount"]
            rows[payment["customer_id"]]["balance_amount"] -= payment["amount"]
    return rows


@settings(max_examples=60)
@given(INVOICES, PAYMENTS)
def test_ageing_equals_a_slow_reading_of_the_rules(
    invoices: list[dict[str, Any]], payments: list[dict[str, Any]]
) -> None:
    """Any amount in the wrong bucket, month or account, in any mixture of early, late, partial and stray payments."""
    bills = [{"invoice_id": str(at), **bill} for at, bill in enumerate(invoices)]
    money = [{"payment_id": str(at), **payment} for at, payment in enumerate(payments)]
    found = reported(bills, money)
    for month in range(month_index(FIRST), month_index(LAST) + 1):
        expected = slowly(bills, money, month)
        assert {who for at, who in found if at == month} == set(expected)
        for who, row in expected.items():
            told = found[month, who]
            for _, name in BUCKETS:
                assert told[name] == row[name] * UNITS, (month, who, name)
            for name in ("open_amount", "unapplied_amount", "balance_amount", "disputed_amount"):
                assert told[name] == row[name] * UNITS, (month, who, name)
            assert (told["oldest_overdue_days"] or 0) == row["oldest_overdue_days"]


@settings(max_examples=40)
@given(INVOICES, PAYMENTS)
def test_buckets_and_unapplied_money_are_invoices_less_payments(
    invoices: list[dict[str, Any]], payments: list[dict[str, Any]]
) -> None:
    """Money that leaves one column and enters no other. Each customer pays its own invoices here."""
    bills = [
        {"invoice_id": f"{bill['customer_id']}{at}", **bill} for at, bill in enumerate(invoices)
    ]
    money = [
        {**payment, "payment_id": str(at), "invoice_id": payment["invoice_id"] and payment["customer_id"] + payment["invoice_id"]}
        for at, payment in enumerate(payments)
    ]  # fmt: skip
    for (month, who), row in reported(bills, money).items():
        as_of = last_day(month).isoformat()
        billed = sum(b["amount"] for b in bills if b["customer_id"] == who and b["invoiced_on"] <= as_of)  # fmt: skip
        paid = sum(p["amount"] for p in money if p["customer_id"] == who and p["paid_on"] <= as_of)
        buckets = sum(row[name] for _, name in BUCKETS)
        assert buckets + row["unapplied_amount"] == (billed - paid) * UNITS


@settings(max_examples=30)
@given(INVOICES, PAYMENTS)
def test_later_records_change_no_earlier_month(
    invoices: list[dict[str, Any]], payments: list[dict[str, Any]]
) -> None:
    """A report of March that a record of April changes cannot be defended in front of anybody."""
    bills = [{"invoice_id": str(at), **bill} for at, bill in enumerate(invoices)]
    money = [{"payment_id": str(at), **payment} for at, payment in enumerate(payments)]
    end = "2024-03-31"
    early = reported(
        [bill for bill in bills if bill["invoiced_on"] <= end],
        [payment for payment in money if payment["paid_on"] <= end],
        "2024-03",
    )
    whole = reported(bills, money)
    assert early == {key: row for key, row in whole.items() if key[0] <= month_index("2024-03")}
