"""Credit as of each month: what every invoice has open, and every customer's measures and rules."""

import dagster as dg
import narwhals as nw

from assets.rollups import carried
from assets.tables import Frame, rollup
from metrics import credit, dso, receivables
from metrics.ledger import respan
from metrics.periods import day_number, of_trailing_year
from schemas.rollups import CREDIT_AT, OPEN_INVOICES

_KEY = ["month", "customer_id"]


def payment_terms(customers: Frame) -> Frame:
    """The register's versions of payment_terms_days, valid from and to a day."""
    return respan(customers, "customer_id", ["payment_terms_days"]).select(
        "customer_id",
        "payment_terms_days",
        valid_from=day_number(nw.col("valid_from")),
        valid_to=day_number(nw.col("valid_to")),
    )


@rollup(OPEN_INVOICES)
def open_invoices(
    context: dg.AssetExecutionContext, invoices: Frame, payments: Frame, customers: Frame
) -> Frame:
    """One row per as-of month and invoice whose open amount is not 0."""
    months = context.resources.months
    billed, paid = carried.receivables(context, invoices, payments)
    return receivables.open_invoices(
        billed,
        paid,
        payment_terms(customers),
        months.calendar(),
        context.resources.policy.credit.default_terms_days,
    )


@rollup(CREDIT_AT)
def credit_at(
    context: dg.AssetExecutionContext,
    customers_at: Frame,
    rpt_receivable_ageing: Frame,
    open_invoices: Frame,
    rpt_customer_abc: Frame,
    invoices: Frame,
    credit_investigations: Frame,
    incidents: Frame,
) -> Frame:
    """One row per as-of month and customer that exists at its end."""
    months, policy = context.resources.months, context.resources.policy.credit.thresholds
    calendar = months.calendar()
    owed = rpt_receivable_ageing.select(
        *_KEY, "open_amount", "balance_amount", "oldest_overdue_days"
    )
    tiers = of_trailing_year(rpt_customer_abc)
    investigated = credit.investigated(months.every(credit_investigations), calendar)
    incidents_at = credit.open_incidents(months.every(incidents), calendar)
    recent = months.trailing(invoices, dso.COUNTBACK_MONTHS)
    return (
        customers_at.join(owed, on=_KEY, how="left")
        .join(credit.overdue_beyond(open_invoices, policy), on=_KEY, how="left")
        .join(tiers.select(*_KEY, "tier"), on=_KEY, how="left")
        .join(investigated, on=_KEY, how="left")
        .join(credit.incident_counts(incidents_at), on=_KEY, how="left")
        .join(calendar.select("month", "as_of_day"), on="month", how="inner")
        .with_columns(nw.col(*credit.COUNTED).fill_null(0), tier=nw.col("tier").fill_null("N"))
        .pipe(dso.with_dso, recent, months.lookback(dso.COUNTBACK_MONTHS))
        .pipe(credit.with_exposure)
        .pipe(credit.without_feeds, months.feeds)
        .pipe(credit.with_report_status, policy, months.feeds)
        .pipe(credit.with_rules, policy)
    )


ASSETS = [open_invoices, credit_at]
