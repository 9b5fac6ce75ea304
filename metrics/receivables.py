"""Receivables at a month's end 应收账款: what each invoice has open, how old it is, and what money is not applied.

Invoices and payments count by their own date. A payment lessens the invoice that it names, whoever made it, from the
later of both months on; until then, and where it names no invoice, it is unapplied money of its payer.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.holding import running_total
from metrics.periods import day_number
from metrics.ratios import ratio
from schemas.reports.rpt_receivable_ageing import BUCKETS, Bucket

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def open_invoices(
    invoices: Frame, payments: Frame, terms: Frame, calendar: Frame, default_terms_days: int
) -> Frame:
    """One row per as-of month and invoice whose open amount is not 0.

    month, invoice_id, customer_id, open_amount (units; negative: over-paid, or a credit note), overdue_days (as_of -
    due_on; 0 or less: not due), is_disputed. `terms`: the register's versions, customer_id, payment_terms_days,
    valid_from, valid_to (days, to exclusive, NULL: current).
    """
    billed = with_due_day(invoices, terms, default_terms_days)
    opened = invoices.select("invoice_id", "month", open_amount="amount")
    paid = applied(payments, invoices).select(
        "invoice_id", month="applied_month", open_amount=-nw.col("amount")
    )
    events = nw.concat([opened, paid], how="vertical")
    return (
        running_total(events, ["invoice_id"], "open_amount", calendar)
        .join(billed, on="invoice_id", how="inner")
        .join(calendar.select("month", "as_of_day"), on="month", how="inner")
        .select(
            *_KEY,
            "invoice_id",
            "open_amount",
            overdue_days=(nw.col("as_of_day") - nw.col("due_day")).cast(nw.Int64),
            is_disputed=nw.col("disputed").fill_null(value=False),
        )
    )


def with_due_day(invoices: Frame, terms: Frame, default_terms_days: int) -> Frame:
    """invoice_id, customer_id, due_day and disputed of each invoice.

    Due on due_on; else invoiced_on + the customer's payment_terms_days in the register as of invoiced_on (before its
    first version: in that one), else + `default_terms_days`.
    """
    stated = day_number(nw.col("due_on"))
    days = nw.col("payment_terms_days").fill_null(default_terms_days)
    billed = invoices.select(
        "invoice_id", "customer_id", "disputed", "due_on", invoiced_day=day_number(nw.col("invoiced_on"))
    )  # fmt: skip
    agreed = _terms_when_invoiced(billed.filter(nw.col("due_on").is_null()), terms)
    return billed.join(agreed, on="invoice_id", how="left").select(
        "invoice_id",
        "customer_id",
        "disputed",
        due_day=nw.coalesce(stated, (nw.col("invoiced_day") + days).cast(nw.Int32)),
    )


def _terms_when_invoiced(billed: Frame, terms: Frame) -> Frame:
    """invoice_id and payment_terms_days, for customers that were registered when invoiced."""
    versions = terms.with_columns(
        number=nw.col("valid_from").cum_count().over("customer_id", order_by="valid_from")
    )
    day, begins, ends = nw.col("invoiced_day"), nw.col("valid_from"), nw.col("valid_to")
    begun = (begins <= day) | (nw.col("number") == 1)
    return (
        billed.select("invoice_id", "customer_id", "invoiced_day")
        .join(versions, on="customer_id", how="inner")
        .filter(begun & (ends.is_null() | (ends > day)))
        .select("invoice_id", "payment_terms_days")
    )


def applied(payments: Frame, invoices: Frame) -> Frame:
    """The payments that name an invoice of the ledger: all their columns, and the month from which they lessen it."""
    billed = invoices.select("invoice_id", invoiced_month="month")
    return payments.join(billed, on="invoice_id", how="inner").with_columns(
        applied_month=nw.max_horizontal("month", "invoiced_month")
    )


def unapplied(payments: Frame, invoices: Frame) -> Frame:
    """What changes a customer's unapplied money: customer_id, month, unapplied_amount (units).

    Minus each payment from its month on, and plus it again from the month in which the invoice that it names is dated.
    """
    later = applied(payments, invoices).filter(nw.col("applied_month") > nw.col("month"))
    named = invoices.select("invoice_id")
    nowhere = payments.join(named, on="invoice_id", how="anti")
    before = nw.concat(
        [frame.select("customer_id", "month", "amount") for frame in (nowhere, later)],
        how="vertical",
    )
    return nw.concat(
        [
            before.select("customer_id", "month", unapplied_amount=-nw.col("amount")),
            later.select("customer_id", month="applied_month", unapplied_amount="amount"),
        ],
        how="vertical",
    )


def ageing(open_at: Frame, invoices: Frame, payments: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and customer with an invoice or a payment dated up to its end.

    `open_at`: what `open_invoices` returns. open_amount = sum of the positive opens, by days overdue; unapplied_amount =
    sum of the negative opens - payments that name no invoice yet; balance = both. overdue_rate = overdue / open, NULL
    where nothing is open (`no_receivable`). oldest_overdue_days NULL where nothing is overdue.
    """
    known = nw.concat(
        [frame.select("customer_id", "month") for frame in (invoices, payments)], how="vertical"
    )
    first = known.group_by("customer_id").agg(first_month=nw.col("month").min())
    sums = open_at.group_by(*_KEY).agg(**_sums())
    money = running_total(
        unapplied(payments, invoices), ["customer_id"], "unapplied_amount", calendar
    )
    amounts = [*_sums(), "unapplied_amount"]
    amounts.remove("oldest_overdue_days")
    return (
        first.join(calendar.select("month"), how="cross")
        .filter(nw.col("first_month") <= nw.col("month"))
        .join(sums, on=_KEY, how="left")
        .join(money, on=_KEY, how="left")
        .with_columns(nw.col(*amounts).fill_null(0))
        .with_columns(unapplied_amount=nw.col("unapplied_amount") + nw.col("overpaid_amount"))
        .with_columns(
            balance_amount=nw.col("open_amount") + nw.col("unapplied_amount"),
            overdue_amount=nw.col("open_amount") - nw.col("not_due_amount"),
        )
        .with_columns(
            overdue_rate=ratio(nw.col("overdue_amount"), nw.col("open_amount")),
            overdue_rate_reason=nw.when(nw.col("open_amount") == 0).then(nw.lit("no_receivable")),
        )
        .drop("first_month", "overpaid_amount")
    )


def _sums() -> dict[str, nw.Expr]:
    """Per customer: the positive opens, by bucket, those disputed, the negative ones, and the greatest age."""
    amount, days = nw.col("open_amount"), nw.col("overdue_days")
    is_open = amount > 0
    buckets = {
        bucket.column: nw.when(is_open & _is_in(bucket, days)).then(amount).otherwise(0).sum()
        for bucket in BUCKETS
    }
    return {
        "open_amount": nw.when(is_open).then(amount).otherwise(0).sum(),
        "overpaid_amount": nw.when(is_open).then(0).otherwise(amount).sum(),
        "disputed_amount": nw.when(is_open & nw.col("is_disputed")).then(amount).otherwise(0).sum(),
        "oldest_overdue_days": nw.when(is_open & (days > 0)).then(days).max(),
        **buckets,
    }


def _is_in(bucket: Bucket, days: nw.Expr) -> nw.Expr:
    if bucket.first_day is None:
        return days <= bucket.last_day
    if bucket.last_day is None:
        return days >= bucket.first_day
    return days.is_between(bucket.first_day, bucket.last_day)
