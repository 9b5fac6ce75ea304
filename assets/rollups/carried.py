"""Long histories in the few rows that a run needs: what a month before it came to, and what happened since.

The month before the run's first is never out of date, so that what it shows stands for all that happened up to its end. A run
that begins at the first as-of month reads everything.
"""

from typing import Any

import narwhals as nw

from assets.tables import Frame
from metrics.periods import day_number
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import OPEN_INVOICES

_INVOICES, _PAYMENTS = FEEDS["invoices"].ledger, FEEDS["payments"].ledger
_PAID = ["payment_id", "customer_id", "invoice_id", "amount", "month"]
UNMATCHED = "quality.payment_without_invoice"
_BOUGHT = ["customer_id", "month", "positive_month_count", "first_positive_day", "last_positive_day"]  # fmt: skip


def receivables(context: Any, invoices: Frame, payments: Frame) -> tuple[Frame, Frame]:
    """Invoices and payments from which `metrics.receivables` finds the same opens and balances at the run's month-ends.

    An invoice of before counts, in the month before the run, with what it had open then. A customer's money that was not
    applied then is one payment without an invoice, though it be 0: whoever ever had an invoice or a payment is reported.
    """
    months, tables, held = _asked(context)
    if months.is_from_start:
        return months.every(invoices), months.every(payments)
    is_before = nw.col("month") < months.numbers[0]
    opened = tables.before(OPEN_INVOICES).select("invoice_id", "customer_id", "open_amount")
    new, paid = months.since(invoices), months.since(payments).select(_PAID)
    named = [frame.select("invoice_id") for frame in (opened, paid)]
    ids = held(
        nw.concat(named, how="vertical")
        .filter(~nw.col("invoice_id").is_null())
        .unique(["invoice_id"])
    )
    old = (
        tables.naming(_INVOICES, "invoice_id", ids)
        .filter(is_before)
        .join(opened.drop("customer_id"), on="invoice_id", how="left")
        .with_columns(
            amount=nw.col("open_amount").fill_null(0),
            month=nw.lit(months.number_before).cast(nw.Int32),
        )
    )
    early = tables.naming(_PAYMENTS, "invoice_id", held(new.select("invoice_id"))).filter(is_before)
    standing = _standing(tables.before(TABLES["rpt_receivable_ageing"]), opened, early)
    columns = new.collect_schema().names()
    return (
        nw.concat([old.select(columns), new], how="vertical"),
        nw.concat([standing.select(_PAID), early.select(_PAID), paid], how="vertical"),
    )


def unmatched(context: Any, payments: Frame, invoices: Frame) -> tuple[Frame, Frame]:
    """Payments that may name an invoice of no ledger at a month-end of the run, and the invoices that they name.

    Those that did so the month before, and those made since.
    """
    months, tables, held = _asked(context)
    if months.is_from_start:
        return months.every(payments), months.every(invoices)
    told = tables.before(TABLES["rpt_finding"]).filter(nw.col("rule_id") == UNMATCHED)
    old = tables.naming(_PAYMENTS, "payment_id", held(told.select(payment_id="subject_id")))
    known = old.filter(nw.col("month") < months.numbers[0]).select(_PAID)
    paid = nw.concat([known, months.since(payments).select(_PAID)], how="vertical")
    named = paid.filter(~nw.col("invoice_id").is_null()).select("invoice_id").unique(["invoice_id"])
    return paid, tables.naming(_INVOICES, "invoice_id", held(named))


def _asked(context: Any) -> tuple[Any, Any, Any]:
    """The run's months, the tables as they stood before, and how a small frame is computed once."""
    resources = context.resources
    return resources.months, resources.lake_tables, resources.lake.held


def _standing(ageing: Frame, opened: Frame, early: Frame) -> Frame:
    """One payment per customer that was reported: its unapplied money, but for what `early` payments bring themselves."""
    over = nw.when(nw.col("open_amount") < 0).then(nw.col("open_amount")).otherwise(0)
    overpaid = opened.group_by("customer_id").agg(overpaid=over.sum())
    brought = early.group_by("customer_id").agg(brought=nw.col("amount").sum())
    amount = (
        nw.col("overpaid").fill_null(0)
        - nw.col("unapplied_amount")
        - nw.col("brought").fill_null(0)
    )
    nothing = nw.when(nw.lit(value=False)).then(nw.col("customer_id"))
    return (
        ageing.select("customer_id", "month", "unapplied_amount")
        .join(overpaid, on="customer_id", how="left")
        .join(brought, on="customer_id", how="left")
        # An engine may sum 64 bits in 128.
        .with_columns(amount=amount.cast(nw.Int64), payment_id=nothing, invoice_id=nothing)
    )


def complaints(context: Any, received: Frame, events: Frame) -> tuple[Frame, Frame]:
    """The complaints that a month of the run may report, with all their events.

    Reported the month before, received since, or stirred by an event since; any other was closed, and is too old.
    """
    months, tables, held = _asked(context)
    if months.is_from_start:
        return months.every(received), months.every(events)
    key = "complaint_id"
    frames = (tables.before(TABLES["rpt_complaint"]), months.since(received), months.since(events))
    ids = held(nw.concat([frame.select(key) for frame in frames], how="vertical").unique([key]))
    return (
        tables.naming(FEEDS["complaints"].ledger, key, ids),
        tables.naming(FEEDS["complaint_events"].ledger, key, ids),
    )


def bought(context: Any, customer_month: Frame) -> Frame:
    """What `positive_history` needs of each customer's months: those since, and one that stands for all before."""
    months = context.resources.months
    if months.is_from_start:
        return months.every(customer_month).select(_BOUGHT)
    before = (
        context.resources.lake_tables.before(TABLES["rpt_customer_classification"])
        .filter(~nw.col("first_sold_on").is_null())
        .with_columns(
            positive_month_count=nw.lit(1).cast(nw.Int64),
            first_positive_day=day_number(nw.col("first_sold_on")).cast(nw.Int64),
            last_positive_day=day_number(nw.col("last_sold_on")).cast(nw.Int64),
        )
    )
    since = months.since(customer_month)
    return nw.concat([before.select(_BOUGHT), since.select(_BOUGHT)], how="vertical")
