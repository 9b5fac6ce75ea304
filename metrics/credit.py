"""Credit 信用: exposure against the limit, written reports, and the rules that hold orders or suspend supply.

Each rule is one expression, in `rules`; it gives the severity of the finding, or NULL. The status is the worst of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.holding import at_month_ends, latest
from metrics.periods import NEVER, day_number, month_number, months_after
from metrics.ratios import flag, ratio
from metrics.reasons import first_code

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

Frame = nw.LazyFrame[Any]

# Severity of a finding, mildest first, and the credit status that it makes.
STATUS_OF = {"watch": "watch", "hold": "hold_new_orders", "suspend": "suspend_supply"}
# Amounts and numbers that are 0 for a customer of whom nothing is recorded.
COUNTED = (
    "open_amount", "balance_amount", "overdue_hold_amount", "overdue_suspend_amount", "overdue_share_amount",
    "open_incident_count", "suspending_incident_count",
)  # fmt: skip
_RATES = ("utilisation_rate", "dso_days", "dso_countback_days")
_KEY = ["month", "customer_id"]


@dataclass(frozen=True)
class CreditPolicy:
    """The thresholds of policy.credit; `overdue_min` in units of 1/10,000, `report_months` by tier."""

    report_months: Mapping[str, int]
    report_due_days: int
    hold_overdue_days: int
    suspend_overdue_days: int
    overdue_min: int
    share_overdue_days: int
    max_overdue_share: float
    near_limit: float


def overdue_beyond(open_at: Frame, policy: CreditPolicy) -> Frame:
    """One row per as-of month and customer with open invoices: what is overdue longer than each threshold (units).

    `open_at`: receivables.open_invoices.
    """
    days = {
        "overdue_hold_amount": policy.hold_overdue_days,
        "overdue_suspend_amount": policy.suspend_overdue_days,
        "overdue_share_amount": policy.share_overdue_days,
    }
    beyond = {
        name: nw.when(nw.col("overdue_days") > limit).then(nw.col("open_amount")).otherwise(0).sum()
        for name, limit in days.items()
    }
    return open_at.filter(nw.col("open_amount") > 0).group_by(*_KEY).agg(**beyond)


def investigated(investigations: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and customer investigated up to its end.

    last_investigated_on of any kind; rating and rating_investigation_id of the latest with a rating; last_report_on and
    last_report_id of the latest written one (report_kind written, or NULL). Same date: the greatest investigation_id.
    """
    kind, rating = nw.col("report_kind"), nw.col("rating")
    rated = _last(
        investigations.filter(~rating.is_null()),
        calendar,
        rating=rating,
        rating_investigation_id=nw.col("investigation_id"),
    )
    written = _last(
        investigations.filter(kind.is_null() | (kind == "written")),
        calendar,
        last_report_on=nw.col("investigated_on"),
        last_report_id=nw.col("investigation_id"),
    )
    return (
        _last(investigations, calendar, last_investigated_on=nw.col("investigated_on"))
        .join(rated, on=_KEY, how="left")
        .join(written, on=_KEY, how="left")
    )


def _last(investigations: Frame, calendar: Frame, **columns: nw.Expr) -> Frame:
    order = ["month", "investigated_on", "investigation_id"]
    return latest(investigations, ["customer_id"], order, calendar).select(*_KEY, **columns)


def open_incidents(incidents: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and incident reported up to its end and not resolved by then.

    month, customer_id, incident_id, suspend_supply.
    """
    spans = incidents.select(
        "customer_id",
        "incident_id",
        "suspend_supply",
        from_month="month",
        to_month=month_number(nw.col("resolved_on")).fill_null(NEVER),
    )
    return at_month_ends(spans, calendar)


def incident_counts(incidents_at: Frame) -> Frame:
    """One row per as-of month and customer with open incidents: their number, and of those that suspend supply."""
    suspends = nw.col("suspend_supply").fill_null(value=False)
    return incidents_at.group_by(*_KEY).agg(
        open_incident_count=nw.len().cast(nw.Int64),
        suspending_incident_count=flag(suspends).sum(),
    )


def with_exposure(frame: Frame) -> Frame:
    """Adds exposure_amount, utilisation_rate and its reason, headroom_amount.

    `frame`: credit_limit, balance_amount (units; NULL limit: none set). exposure = balance; utilisation = exposure / limit;
    no limit: NULL `no_limit`; a limit of 0: NULL `no_credit`.
    """
    limit, exposure = nw.col("credit_limit"), nw.col("balance_amount")
    return frame.with_columns(
        exposure_amount=exposure,
        headroom_amount=limit - exposure,
        utilisation_rate=ratio(exposure, limit),
        utilisation_rate_reason=first_code(
            (limit.is_null(), "no_limit"), (limit == 0, "no_credit")
        ),
    )


def has_receivables(feeds: Container[str]) -> bool:
    """Whether anything is known of what customers owe: without invoices and payments, nothing is."""
    return "invoices" in feeds or "payments" in feeds


def without_feeds(frame: Frame, feeds: Container[str]) -> Frame:
    """The measures of the receivables NULL with reason `feed_absent`, unless a feed tells of them."""
    if has_receivables(feeds):
        return frame
    unknown = nw.when(nw.lit(value=False))
    return frame.with_columns(
        *(unknown.then(nw.col(name)).alias(name) for name in ("exposure_amount", "headroom_amount", *_RATES)),
        *(nw.lit("feed_absent").alias(f"{name}_reason") for name in _RATES),
    )  # fmt: skip


def with_report_status(frame: Frame, policy: CreditPolicy, feeds: Container[str]) -> Frame:
    """Adds report_due_on and report_status; NULL where no report is wanted: no limit > 0 and no exposure > 0.

    `frame`: tier (NULL: N), last_report_on, credit_limit, exposure_amount, as_of_day. Due the tier's months after the
    last written report; never without one, overdue before as_of, due within policy's days from it, else current.
    """
    wanted = (nw.col("credit_limit") > 0) | (nw.col("exposure_amount") > 0)
    if "credit_investigations" not in feeds:
        wanted = nw.lit(value=False)
    due_on = months_after("last_report_on", policy.report_months)
    due_day, as_of_day = day_number(nw.col("report_due_on")), nw.col("as_of_day")
    status = first_code(
        (nw.col("last_report_on").is_null(), "never"),
        (due_day < as_of_day, "overdue"),
        (due_day <= as_of_day + policy.report_due_days, "due"),
    ).fill_null("current")
    return frame.with_columns(report_due_on=nw.when(wanted).then(due_on)).with_columns(
        report_status=nw.when(wanted).then(status)
    )


def rules(policy: CreditPolicy) -> dict[str, nw.Expr]:
    """Every credit rule by its column: the severity of its finding, NULL where it does not hold.

    They read the columns of `credit_at`, and those that it leaves out when it is stored.
    """
    exposure, limit = nw.col("exposure_amount"), nw.col("credit_limit")
    over = (exposure > limit).fill_null(value=False)
    enough = nw.col("overdue_share_amount") >= policy.overdue_min
    too_much = nw.col("overdue_share") > policy.max_overdue_share
    return {
        "rule_over_limit": first_code((over, "hold")),
        "rule_overdue_long": first_code(
            (nw.col("overdue_suspend_amount") >= policy.overdue_min, "suspend"),
            (nw.col("overdue_hold_amount") >= policy.overdue_min, "hold"),
        ),
        "rule_overdue_share": first_code((enough & too_much, "hold")),
        "rule_rating_d": first_code((nw.col("rating") == "D", "hold")),
        "rule_incident": first_code(
            (nw.col("suspending_incident_count") > 0, "suspend"),
            (nw.col("open_incident_count") > 0, "watch"),
        ),
        "rule_limit_expired": first_code((nw.col("expiry_day") < nw.col("as_of_day"), "watch")),
        "rule_report_overdue": first_code(
            (nw.col("report_status").is_in(["overdue", "never"]), "watch")
        ),
        "rule_near_limit": first_code(
            ((nw.col("utilisation_rate") >= policy.near_limit) & ~over, "watch")
        ),
    }


def with_rules(frame: Frame, policy: CreditPolicy) -> Frame:
    """Adds a column for each of the `rules`, and credit_status, the worst of them."""
    held = rules(policy)
    judged = frame.with_columns(
        overdue_share=ratio(nw.col("overdue_share_amount"), nw.col("open_amount")),
        expiry_day=day_number(nw.col("credit_limit_expires_on")),
    ).with_columns(**held)
    worst_first = [
        (_any_is(severity, held), status) for severity, status in reversed(STATUS_OF.items())
    ]
    status = first_code(*worst_first).fill_null("clear")
    return judged.with_columns(credit_status=status).drop("expiry_day")


def _any_is(severity: str, columns: Iterable[str]) -> nw.Expr:
    """Whether one of the rules holds with a severity."""
    holds = ((nw.col(name) == severity).fill_null(value=False) for name in columns)
    return nw.any_horizontal(*holds, ignore_nulls=False)
