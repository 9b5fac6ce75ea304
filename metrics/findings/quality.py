"""Findings on the data: members, salespeople, stock and invoices that are missing."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics import texts
from metrics.holding import at_month_ends
from metrics.periods import NEVER

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def unregistered(members_at: Frame, key: str) -> Frame:
    """Members that exist by their facts alone."""
    return members_at.filter(~nw.col("is_registered")).select("month", subject_id=key)


def unassigned(customers_at: Frame, classification: Frame) -> Frame:
    """Customers that trade with us and that no salesperson looks after."""
    current = classification.filter(nw.col("stage") == "current").select(*_KEY)
    return (
        customers_at.filter(nw.col("salesperson_id").is_null())
        .join(current, on=_KEY, how="semi")
        .select("month", subject_id="customer_id")
    )


def stock_gap(product_month: Frame, stock_month: Frame) -> Frame:
    """Products with a line > 0 in the month and no snapshot in it."""
    key = ["month", "product_id"]
    return (
        product_month.filter(nw.col("positive_line_count") > 0)
        .join(stock_month.select(*key), on=key, how="anti")
        .select("month", subject_id="product_id", observed=nw.lit("0"), threshold=nw.lit("1"))
    )


def payment_without_invoice(payments: Frame, invoices: Frame, calendar: Frame) -> Frame:
    """Payments that name an invoice which no ledger has up to the month's end."""
    billed = invoices.select("invoice_id", to_month="month")
    spans = (
        payments.filter(~nw.col("invoice_id").is_null())
        .join(billed, on="invoice_id", how="left")
        .with_columns(to_month=nw.col("to_month").fill_null(NEVER).cast(nw.Int32))
        .rename({"month": "from_month"})
    )
    return at_month_ends(spans, calendar).select(
        "month",
        "customer_id",
        "amount",
        subject_id="payment_id",
        evidence="invoice_id",
        observed=texts.exact_money(nw.col("amount")),
    )
