"""Receivables and credit against numbers worked by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics import credit, dso
from metrics.periods import month_text
from metrics.receivables import ageing, open_invoices
from pipelines.settings import Credit
from tests.unit.metrics.ledger_frames import calendar, ledger, lookback, versions
from tests.unit.metrics.product_frames import UNITS, by_key, frame

POLICY = Credit().thresholds
NO_TERMS = versions(of="payment_terms_days")
BUCKETS = (
    "not_due_amount", "overdue_1_30_amount", "overdue_31_60_amount", "overdue_61_90_amount", "overdue_91_120_amount",
    "overdue_over_120_amount",
)  # fmt: skip


def invoice(number: int, invoiced_on: str, amount: float, due_on: str | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "invoice_id": f"I{number}", "customer_id": "C", "invoiced_on": invoiced_on, "amount": amount,
        "due_on": due_on, **more,
    }  # fmt: skip


def payment(number: int, paid_on: str, amount: float, invoice_id: str | None = None, **more: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "payment_id": f"P{number}", "customer_id": "C", "paid_on": paid_on, "amount": amount,
        "invoice_id": invoice_id, **more,
    }  # fmt: skip


def aged(
    invoices: list[dict[str, Any]],
    payments: list[dict[str, Any]],
    first: str = "2024-06",
    last: str = "2024-06",
    terms: Any = NO_TERMS,
) -> dict[tuple[str, str], dict[str, Any]]:
    """rpt_receivable_ageing by (month, customer), amounts in money."""
    months = calendar(first, last)
    bills, money = ledger("invoices", *invoices), ledger("payments", *payments)
    opened = open_invoices(bills, money, terms, months, 30)
    rows = by_key(ageing(opened, bills, money, months), "month", "customer_id")
    return {
        (month_text(month), who): {
            name: value / UNITS if name.endswith("amount") else value for name, value in row.items()
        }
        for (month, who), row in rows.items()
    }


@pytest.mark.parametrize(
    ("due_on", "bucket", "days"),
    [
        ("2024-07-01", 0, None),
        ("2024-06-30", 0, None),  # day 0: due on as_of is not overdue
        ("2024-06-29", 1, 1),
        ("2024-05-31", 1, 30),
        ("2024-05-30", 2, 31),
        ("2024-05-01", 2, 60),
        ("2024-04-30", 3, 61),
        ("2024-04-01", 3, 90),
        ("2024-03-31", 4, 91),
        ("2024-03-02", 4, 120),
        ("2024-03-01", 5, 121),
    ],
)
def test_buckets_by_days_since_due(due_on: str, bucket: int, days: int | None) -> None:
    """A bound on the wrong side moves a month's debts into the next bucket, and a customer into suspension."""
    row = aged([invoice(1, "2024-01-05", 100, due_on)], [])["2024-06", "C"]
    assert [row[name] for name in BUCKETS] == [100 if at == bucket else 0 for at in range(6)]
    assert row["oldest_overdue_days"] == days
    assert row["overdue_rate"] == (0.0 if days is None else 1.0)


def test_partial_over_and_unapplied_payments() -> None:
    """Money that names no invoice, or too much for one, must lower the balance and never an invoice that it does not name.

    I1 100 - 40 = 60 open (30 days late); I2 50 - 80 = -30 over-paid; P3 25 names nothing; P4 10 names an unknown one.
    open 60; unapplied -30 - 25 - 10 = -65; balance -5 = 150 - 155.
    """
    row = aged(
        [invoice(1, "2024-05-01", 100, "2024-05-31"), invoice(2, "2024-05-01", 50, "2024-07-01")],
        [
            payment(1, "2024-06-01", 40, "I1"),
            payment(2, "2024-06-01", 80, "I2"),
            payment(3, "2024-06-02", 25),
            payment(4, "2024-06-02", 10, "I404"),
        ],
    )["2024-06", "C"]
    assert (row["open_amount"], row["overdue_1_30_amount"], row["not_due_amount"]) == (60, 60, 0)
    assert (row["unapplied_amount"], row["balance_amount"]) == (-65, -5)


def test_later_payments_do_not_change_a_past_ageing() -> None:
    """A payment of July that lowers the debt of June makes last month's report unrepeatable."""
    rows = aged(
        [invoice(1, "2024-05-01", 100, "2024-05-31"), invoice(2, "2024-07-02", 7, "2024-07-30")],
        [payment(1, "2024-07-01", 100, "I1"), payment(2, "2024-06-30", 7, "I2")],
        "2024-04",
        "2024-07",
    )
    assert ("2024-04", "C") not in rows  # nothing recorded yet
    assert [rows[month, "C"]["open_amount"] for month in ("2024-05", "2024-06", "2024-07")] == [
        100, 100, 0,
    ]  # fmt: skip
    # P2 pays I2 before that is invoiced: unapplied until then, open 0 and nothing unapplied after.
    assert [rows[month, "C"]["unapplied_amount"] for month in ("2024-06", "2024-07")] == [-7, 0]


def test_a_payment_lessens_the_invoice_that_it_names_whoever_made_it() -> None:
    """Money of the parent company booked to its own account leaves the daughter's invoice open for ever."""
    rows = aged(
        [invoice(1, "2024-05-01", 100, "2024-07-31")],
        [payment(1, "2024-06-01", 100, "I1", customer_id="PARENT")],
    )
    assert rows["2024-06", "C"]["balance_amount"] == 0
    assert rows["2024-06", "PARENT"]["balance_amount"] == 0


def test_credit_notes_refunds_and_disputes() -> None:
    """A credit note is unapplied money, a refund takes it back, a dispute shows within open."""
    row = aged(
        [
            invoice(1, "2024-05-01", 100, "2024-07-31", disputed=True),
            invoice(2, "2024-05-01", -30, "2024-05-31", disputed=True),
        ],
        [payment(1, "2024-06-01", -45)],
    )["2024-06", "C"]
    assert (row["open_amount"], row["disputed_amount"]) == (100, 100)
    assert (row["unapplied_amount"], row["balance_amount"]) == (15, 115)
    assert row["overdue_rate"] == 0.0


def test_terms_of_an_invoice_without_due_date() -> None:
    """The terms of today applied to an old invoice make it overdue, or not, in hindsight.

    The register: 10 days from 1 Mar, 60 from 1 May, withdrawn on 1 June. Invoiced 1 Feb (before: the first version),
    30 Apr, 1 May, 1 June (withdrawn: the default of 30 days). Days overdue on 30 June.
    """
    terms = versions(
        ("C", "2024-03-01", "2024-05-01", 10),
        ("C", "2024-05-01", "2024-06-01", 60),
        of="payment_terms_days",
    )
    days = ["2024-02-01", "2024-04-30", "2024-05-01", "2024-06-01"]
    bills = ledger("invoices", *(invoice(at, day, 1) for at, day in enumerate(days)))
    opened = open_invoices(bills, ledger("payments"), terms, calendar("2024-06", "2024-06"), 30)
    overdue = [row["overdue_days"] for row in by_key(opened, "invoice_id").values()]
    assert overdue == [
        150 - 10,  # 1 Feb to 30 June is 150 days
        61 - 10,
        60 - 60,
        29 - 30,
    ]


def dso_of(balance: float, invoices: dict[str, float], month: str = "2024-06") -> dict[str, Any]:
    """dso_days, dso_countback_days and their reasons for a balance and invoices by day."""
    bills = ledger("invoices", *(invoice(at, day, sum_) for at, (day, sum_) in enumerate(invoices.items())))  # fmt: skip
    months = calendar(month, month)
    owed = frame(
        ["month", "customer_id", "balance_amount"], [(24_000, "C", round(balance * UNITS))]
    )
    owed = owed.drop("month").join(months.select("month"), how="cross")
    (row,) = by_key(dso.with_dso(owed, bills, lookback(month, month, 24)), "customer_id").values()
    return row


def test_dso_by_the_last_three_months() -> None:
    """April 30 + May 31 + June 30 = 91 days; 455 / (300 + 400 + 210) x 91 = 45.5; March does not count."""
    row = dso_of(455, {"2024-03-31": 999, "2024-04-01": 300, "2024-05-05": 400, "2024-06-30": 210})
    assert row["dso_days"] == pytest.approx(45.5)


def test_dso_by_count_back() -> None:
    """A full month counts its days, the last one its part.

    Balance 455: June 210 (30 days), left 245 of May's 400: 245 / 400 x 31 = 18.9875; together 48.9875.
    """
    row = dso_of(455, {"2024-04-01": 300, "2024-05-05": 400, "2024-06-30": 210})
    assert row["dso_countback_days"] == pytest.approx(48.9875)


def test_count_back_takes_negative_months_off_too() -> None:
    """A month of credit notes makes the balance left larger, and counts its days.

    Balance 100: June -50 (30 days) leaves 150; May none (31) ; April 300: 150 / 300 x 30 = 15; together 76.
    """
    row = dso_of(100, {"2024-04-10": 300, "2024-06-10": -50})
    assert row["dso_countback_days"] == pytest.approx(76)


def test_count_back_that_ends_with_a_month() -> None:
    """A balance equal to whole months is their days, not a day of the month before.

    610 = 210 + 400: 30 days of June + 31 of May.
    """
    row = dso_of(610, {"2024-04-10": 300, "2024-05-05": 400, "2024-06-30": 210})
    assert row["dso_countback_days"] == pytest.approx(61)


def test_dso_is_undefined_with_a_reason() -> None:
    """A DSO of 0 for a customer that was not invoiced looks like one that pays at once."""
    none = dso_of(50, {"2022-06-30": 100})
    assert (none["dso_days"], none["dso_days_reason"]) == (None, "no_invoices")
    assert (none["dso_countback_days"], none["dso_countback_days_reason"]) == (
        None,
        "history_short",
    )
    just = dso_of(
        50, {"2022-07-31": 100}
    )  # the 24th month back: 1 Aug 2022 to 30 June 2024 is 700 days
    assert just["dso_countback_days"] == pytest.approx(699 + 31 / 2 + 1)
    paid = dso_of(-5, {"2024-06-01": 100})
    assert (paid["dso_countback_days"], paid["dso_countback_days_reason"]) == (0.0, None)
    assert paid["dso_days"] == pytest.approx(-4.55)


def _type(name: str) -> pl.DataType:
    kinds = {
        "_amount": pl.Int64(),
        "_limit": pl.Int64(),
        "_count": pl.Int64(),
        "_on": pl.Date(),
        "_days": pl.Float64(),
    }
    small = {"month": pl.Int32(), "as_of_day": pl.Int32()}
    by_end = next((kind for end, kind in kinds.items() if name.endswith(end)), pl.String())
    return small.get(name, by_end)


def _stored(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_on"):
        return date.fromisoformat(value)
    return round(value * UNITS) if name.endswith(("_amount", "_limit")) else value


def judged(
    exposure: float | None = 0,
    limit: float | None = None,
    *,
    feeds: tuple[str, ...] = ("invoices", "credit_investigations"),
    **more: Any,
) -> dict[str, Any]:
    """One customer on 30 June 2024 through limit, report status and rules; amounts in money."""
    given: dict[str, Any] = {
        "month": 24_293, "customer_id": "C", "as_of_day": 19_904, "tier": "A", "balance_amount": exposure,
        "open_amount": exposure, "credit_limit": limit, "credit_limit_expires_on": None, "rating": None,
        "last_report_on": None, "overdue_hold_amount": 0, "overdue_suspend_amount": 0, "overdue_share_amount": 0,
        "open_incident_count": 0, "suspending_incident_count": 0, "dso_days": None, "dso_countback_days": None, **more,
    }  # fmt: skip
    lazy = nw.from_native(
        pl.LazyFrame(
            [pl.Series(name, [_stored(name, value)], _type(name)) for name, value in given.items()]
        )
    )
    result = (
        credit.with_exposure(lazy)
        .pipe(credit.without_feeds, feeds)
        .pipe(credit.with_report_status, POLICY, feeds)
        .pipe(credit.with_rules, POLICY)
    )
    (only,) = by_key(result, "customer_id").values()
    return only


def broken(row: dict[str, Any]) -> dict[str, str]:
    """The rules that hold, with their severity."""
    return {
        name.removeprefix("rule_"): value
        for name, value in row.items()
        if name.startswith("rule_") and value and name != "rule_report_overdue"
    }


@pytest.mark.parametrize(
    ("exposure", "limit", "utilisation", "reason", "rules"),
    [
        (100, None, None, "no_limit", {}),  # no limit set: nothing to be over
        (100, 0, None, "no_credit", {"over_limit": "hold"}),  # no credit: anything is over it
        (0, 0, None, "no_credit", {}),
        (-5, 0, None, "no_credit", {}),
        (89.99, 100, 0.8999, None, {}),
        (90, 100, 0.9, None, {"near_limit": "watch"}),
        (100, 100, 1.0, None, {"near_limit": "watch"}),  # at the limit is not over it
        (100.0001, 100, 1.000001, None, {"over_limit": "hold"}),
    ],
)
def test_limit_null_zero_near_and_over(
    exposure: float, limit: float | None, utilisation: float | None, reason: str | None, rules: dict[str, str]
) -> None:  # fmt: skip
    """No limit taken for a limit of 0 stops trade with everybody who has none; the other way round nobody is stopped."""
    row = judged(exposure, limit)
    assert (row["utilisation_rate"], row["utilisation_rate_reason"]) == (utilisation, reason)
    assert broken(row) == rules
    assert row["headroom_amount"] == (None if limit is None else round((limit - exposure) * UNITS))


@pytest.mark.parametrize(
    ("beyond_hold", "beyond_suspend", "severity"),
    [(999.9999, 0, None), (1000, 999.9999, "hold"), (1000, 1000, "suspend"), (5000, 0, "hold")],
)
def test_overdue_long(beyond_hold: float, beyond_suspend: float, severity: str | None) -> None:
    """One old invoice of a few coins must not stop supply; at the least amount it must."""
    row = judged(10_000, overdue_hold_amount=beyond_hold, overdue_suspend_amount=beyond_suspend)
    assert broken(row).get("overdue_long") == severity


@pytest.mark.parametrize(
    ("late", "open_", "severity"),
    [(1000, 2500, None), (1000, 2499.9999, "hold"), (999.9999, 1000, None)],
)
def test_overdue_share(late: float, open_: float, severity: str | None) -> None:
    """Exactly 0.4 is allowed, more is not; and a large share of a small debt is no reason."""
    row = judged(open_, overdue_share_amount=late)
    assert broken(row).get("overdue_share") == severity


def test_status_is_the_worst_rule() -> None:
    """A mild finding that is judged last must not hide a grave one."""
    assert judged(0)["credit_status"] == "clear"
    assert judged(0, open_incident_count=1)["credit_status"] == "watch"
    assert judged(95, 100, rating="D")["credit_status"] == "hold_new_orders"
    assert judged(95, 100, rating="D", open_incident_count=2, suspending_incident_count=1)["credit_status"] == "suspend_supply"  # fmt: skip
    assert judged(0, 100, credit_limit_expires_on="2024-06-29", last_report_on="2024-06-01")["credit_status"] == "watch"  # fmt: skip
    assert judged(0, 100, credit_limit_expires_on="2024-06-30", last_report_on="2024-06-01")["credit_status"] == "clear"  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "last", "due_on", "status"),
    [
        ("A", "2024-01-31", "2024-04-30", "overdue"),  # 31 January + 3 months
        ("A", "2024-03-29", "2024-06-29", "overdue"),
        ("A", "2024-03-30", "2024-06-30", "due"),  # due on as_of is not overdue
        ("A", "2024-04-30", "2024-07-30", "due"),  # 30 days from as_of
        ("A", "2024-05-01", "2024-08-01", "current"),
        ("B", "2023-12-31", "2024-06-30", "due"),
        ("C", "2023-06-29", "2024-06-29", "overdue"),
        ("N", "2023-08-01", "2024-08-01", "current"),
        ("A", None, None, "never"),
    ],
)
def test_written_reports_fall_due(tier: str, last: str | None, due_on: str | None, status: str) -> None:  # fmt: skip
    """A day too early and the office writes reports for nothing; a month too late and nobody notices a fall."""
    row = judged(1, tier=tier, last_report_on=last)
    told = row["report_due_on"] and row["report_due_on"].isoformat()
    assert (told, row["report_status"]) == (due_on, status)
    assert row["rule_report_overdue"] == ("watch" if status in {"overdue", "never"} else None)


def test_no_report_is_wanted_of_those_without_limit_and_exposure() -> None:
    """A report demanded of every name in the register drowns those that matter."""
    for row in (judged(0), judged(-3, 0), judged(5, feeds=("invoices",))):
        assert (row["report_due_on"], row["report_status"]) == (None, None)
    assert judged(0, 1)["report_status"] == "never"


def test_without_the_feeds_of_receivables() -> None:
    """An exposure of 0 where nothing is known clears everybody."""
    row = judged(0, 100, feeds=())
    assert (row["exposure_amount"], row["utilisation_rate"], row["headroom_amount"]) == (None,) * 3
    assert row["utilisation_rate_reason"] == row["dso_days_reason"] == "feed_absent"


def investigated(*rows: dict[str, Any], first: str = "2024-05", last: str = "2024-06") -> Any:
    made = ledger("credit_investigations", *({"customer_id": "C", "source": "internal", **row} for row in rows))  # fmt: skip
    found = by_key(credit.investigated(made, calendar(first, last)), "month", "customer_id")
    return {month_text(month): row for (month, _), row in found.items()}


def test_rating_and_last_written_report() -> None:
    """An oral remark taken for a written report postpones the next one; a NULL rating must not erase the last."""
    rows = investigated(
        {"investigation_id": "9", "investigated_on": "2024-05-02", "rating": "A", "report_kind": "written"},
        {"investigation_id": "10", "investigated_on": "2024-05-02", "rating": "B"},  # "9" > "10": text
        {"investigation_id": "11", "investigated_on": "2024-06-03", "report_kind": "daily_oral"},
        {"investigation_id": "12", "investigated_on": "2024-06-02", "rating": "C", "report_kind": "urgent"},
        {"investigation_id": "13", "investigated_on": "2024-07-01", "rating": "D"},
    )  # fmt: skip
    may, june = rows["2024-05"], rows["2024-06"]
    assert (may["rating"], may["rating_investigation_id"], may["last_report_id"]) == ("A", "9", "9")
    assert (june["rating"], june["rating_investigation_id"]) == ("C", "12")
    assert june["last_report_on"].isoformat() == "2024-05-02"
    assert june["last_investigated_on"].isoformat() == "2024-06-03"


def test_incidents_are_open_until_resolved() -> None:
    """An incident resolved on as_of still counted keeps a customer suspended for another month."""
    made = ledger(
        "incidents",
        {"incident_id": "1", "reported_on": "2024-05-31", "resolved_on": "2024-06-30", "suspend_supply": True},
        {"incident_id": "2", "reported_on": "2024-06-01", "resolved_on": "2024-07-01"},
        {"incident_id": "3", "reported_on": "2024-07-01"},
    ).with_columns(customer_id=nw.lit("C"))  # fmt: skip
    rows = by_key(
        credit.incident_counts(credit.open_incidents(made, calendar("2024-05", "2024-06"))), "month"
    )
    counts = {month_text(m): (r["open_incident_count"], r["suspending_incident_count"]) for m, r in rows.items()}  # fmt: skip
    assert counts == {"2024-05": (1, 1), "2024-06": (1, 0)}
