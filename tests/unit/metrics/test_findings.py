"""Findings: which rows make one, and how it reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.complaints import with_elapsed
from metrics.findings import quality, service, trade
from metrics.findings.credit import credit_rules
from metrics.findings.told import COLUMNS, told
from metrics.periods import month_index
from pipelines.lake import Lake
from pipelines.settings import Credit
from schemas.rules import CREDIT_RULES, RULES
from tests.unit.metrics.ledger_frames import calendar, ledger
from tests.unit.metrics.product_frames import UNITS

JUNE = month_index("2024-06")
POLICY = Credit().thresholds
LAKE = Lake("nowhere")


def rows(*given: dict[str, Any], **types: Any) -> nw.LazyFrame[Any]:
    """A lazy frame of June 2024."""
    known = {"month": pl.Int32, **types}
    return nw.from_native(pl.LazyFrame([{"month": JUNE, **row} for row in given], schema_overrides=known))  # fmt: skip


def findings(rule_id: str, frame: nw.LazyFrame[Any]) -> list[dict[str, Any]]:
    """The findings of a rule, by subject."""
    return nw.to_native(told(RULES[rule_id], frame)).sort("subject_id").collect().to_dicts()


def moved(who: str, tier: str, previous: str | None, movement: str, cause: str | None = None) -> dict[str, Any]:  # fmt: skip
    return {
        "customer_id": who, "period": "trailing_12_months", "tier": tier, "previous_tier": previous, "movement": movement,
        "movement_cause": cause, "sales_amount": 12_345_678_000,
    }  # fmt: skip


def test_tiers_that_moved() -> None:
    """A key account that falls must not hide among those that rise; who stays is no finding."""
    frame = trade.tier_moved(
        rows(
            moved("1", "B", "A", "down", "threshold"),
            moved("2", "C", "B", "down", "own_sales"),
            moved("3", "A", None, "enter"),
            moved("4", "N", "A", "exit"),
            moved("5", "A", "A", "stay"),
            {**moved("6", "A", "B", "up", "both"), "period": "month"},
        )
    )
    found = findings("tier.moved", frame)
    assert [(f["subject_id"], f["severity"], f["observed"], f["threshold"]) for f in found] == [
        ("1", "watch", "B", "A"), ("2", "info", "C", "B"), ("3", "info", "A", "N"), ("4", "watch", "N", "A"),
    ]  # fmt: skip
    assert found[0]["sentence_zh"] == (
        "客户 1 近十二个月的 ABC 等级由 A 变为 B（下降，原因是其他客户销售额的变化），净销售额 1,234,567.80。"
    )
    assert found[2]["sentence_en"] == (
        "Customer 3 entered the ranking from N to A over the trailing 12 months; net sales 1,234,567.80."
    )
    assert found[0]["finding_id"] == "2024-06/tier.moved/customer/1"
    assert list(found[0]) == list(COLUMNS)


def test_missed_targets_by_amount_and_by_share() -> None:
    """A target of 25 % told as 0.25 of money; a missed one without any share that vanishes."""
    base = {
        "period": "month",
        "scope": "customer",
        "target_status": "missed",
        "actual_amount": 5 * UNITS,
    }
    frame = trade.target_missed(
        rows(
            {**base, "member_id": "1", "target_amount": 10 * UNITS, "target_share": None, "actual_share": 0.1},
            {**base, "member_id": "2", "target_amount": None, "target_share": 0.25, "actual_share": 0.2},
            {**base, "member_id": "3", "target_amount": None, "target_share": 0.25, "actual_share": None},
            {**base, "scope": "company", "member_id": "*", "target_amount": 6 * UNITS, "target_share": None, "actual_share": 1.0},
            {**base, "member_id": "5", "target_amount": 1, "target_share": None, "actual_share": 0.1, "target_status": "met"},
        ),
        LAKE,
    )  # fmt: skip
    company, one, two, three = findings("target.missed", frame)
    assert (one["observed"], one["threshold"]) == ("5.0000", "10.0000")
    assert (two["observed"], two["threshold"]) == ("0.2", "0.25")
    assert (three["observed"], three["threshold"]) == (None, "0.25")
    assert two["sentence_zh"] == "客户 2（当月）的目标未达成：实际 20.0%，目标 25.0%。"
    assert (
        three["sentence_en"] == "The customer 3 missed its target (month): actual —, target 25.0%."
    )
    assert (company["subject_type"], company["subject_id"]) == ("company", "*")
    assert company["sentence_zh"] == "公司（当月）的目标未达成：实际 5.00，目标 6.00。"
    assert company["finding_id"] == "2024-06/target.missed/company/*/month"


def credit_row(**given: Any) -> dict[str, Any]:
    return {
        "customer_id": "C", "as_of": date(2024, 6, 30), "credit_limit": 1_000 * UNITS, "exposure_amount": 1_500 * UNITS,
        "utilisation_rate": 1.5, "overdue_share": 0.6, "oldest_overdue_days": 101, "open_incident_count": 2,
        "rating_investigation_id": "R9", "last_report_id": None, "report_due_on": None,
        "credit_limit_expires_on": date(2024, 6, 1), **dict.fromkeys(CREDIT_RULES), **given,
    }  # fmt: skip


def credited(rule: str, severity: str, **given: Any) -> dict[str, Any]:
    """The finding of one credit rule that holds for customer C; nothing else is found."""
    text = dict.fromkeys([*CREDIT_RULES, "last_report_id"], pl.String)
    at = rows(credit_row(**{f"rule_{rule}": severity}, **given), report_due_on=pl.Date, **text)
    owed = rows(
        *(
            {"customer_id": "C", "invoice_id": name, "open_amount": amount * UNITS, "overdue_days": days}
            for name, amount, days in (("I9", 700, 101), ("I10", 400, 91), ("I3", 300, 90), ("I4", 100, 30), ("I5", -50, 200))
        )
    )  # fmt: skip
    incidents = rows({"customer_id": "C", "incident_id": "X2"}, {"customer_id": "C", "incident_id": "X1"})  # fmt: skip
    frames = credit_rules(at, owed, incidents, POLICY, LAKE)
    counts = {name: len(findings(name, frame)) for name, frame in frames.items()}
    assert {name for name, count in counts.items() if count} == {f"credit.{rule}"}
    (only,) = findings(f"credit.{rule}", frames[f"credit.{rule}"])
    return only


@pytest.mark.parametrize(
    ("rule", "severity", "observed", "threshold", "evidence"),
    [
        ("over_limit", "hold", "1500.0000", "1000.0000", "I10,I3,I4,I9"),
        ("overdue_long", "suspend", "101", "90", "I10,I9"),
        ("overdue_long", "hold", "101", "30", "I10,I3,I9"),
        ("overdue_share", "hold", "0.6", "0.4", "I10,I3,I9"),
        ("rating_d", "hold", "D", "D", "R9"),
        ("incident", "suspend", "2", "0", "X1,X2"),
        ("limit_expired", "watch", "2024-06-01", "2024-06-30", "C"),
        ("report_overdue", "watch", "never", "2024-06-30", "C"),
        ("near_limit", "watch", "1.5", "0.9", "I10,I3,I4,I9"),
    ],
)
def test_credit_rules_say_what_is_at_issue(
    rule: str, severity: str, observed: str, threshold: str, evidence: str
) -> None:
    """A finding with the evidence of another rule sends people after invoices that are not due."""
    found = credited(rule, severity)
    assert (found["severity"], found["observed"], found["threshold"], found["evidence"]) == (
        severity, observed, threshold, evidence,
    )  # fmt: skip
    for text in ("sentence_zh", "sentence_en", "remedy_zh", "remedy_en"):
        assert "None" not in found[text]
        assert "{" not in found[text]


def test_credit_sentences_read_as_written_by_a_person() -> None:
    """A sentence with a hole, a float, or the money of another threshold."""
    assert credited("overdue_long", "suspend")["sentence_zh"] == (
        "客户 C 有 1,100.00 逾期超过 90 天，最长逾期 101 天：暂停供货。"
    )
    assert credited("overdue_long", "hold")["remedy_zh"] == (
        "收回逾期超过 30 天的货款，使其低于 1,000.00，即可恢复接受新订单。"
    )
    assert credited("over_limit", "hold")["sentence_en"] == (
        "Customer C owes 1,500.00, which is 500.00 over its credit limit of 1,000.00: new orders are held."
    )
    assert credited("overdue_share", "hold")["sentence_zh"] == (
        "客户 C 逾期超过 45 天的货款 1,400.00 占未收款的 60.0%，超过 40.0%：暂停接受新订单。"
    )
    late = credited("report_overdue", "watch", report_due_on=date(2024, 5, 1), last_report_id="R1")
    assert (late["observed"], late["evidence"]) == ("2024-05-01", "R1")
    assert late["sentence_en"] == "The written credit report on customer C was due on 2024-05-01."
    assert (
        credited("report_overdue", "watch")["sentence_zh"] == "客户 C 的书面信用调查报告从未出具。"
    )


def complaint(**given: Any) -> dict[str, Any]:
    return {
        "complaint_id": "K", "customer_id": "C", "received_at": datetime(2024, 6, 30, 12), "sla_status": "breached",
        "first_response_hours": None, "first_resolution_hours": None, **given,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("response", "resolution", "received_at", "observed", "threshold", "zh"),
    [
        (30.5, 300.0, datetime(2024, 6, 1), "30.5", "24", "首次答复用时 30.5 小时，时限 24 小时"),
        (24.0, 300.0, datetime(2024, 6, 1), "300.0", "240", "首次结案用时 300.0 小时，时限 240 小时"),
        (None, None, datetime(2024, 6, 29, 18), "30.0", "24", "首次答复用时 30.0 小时，至今未完成，时限 24 小时"),
        (1.0, None, datetime(2024, 6, 20), "264.0", "240", "首次结案用时 264.0 小时，至今未完成，时限 240 小时"),
    ],
)  # fmt: skip
def test_sla_tells_the_response_first(
    response: float | None, resolution: float | None, received_at: datetime, observed: str, threshold: str, zh: str
) -> None:  # fmt: skip
    """The hours of a resolution that is in time, told because the response was late."""
    hours = {"first_response_hours": pl.Float64, "first_resolution_hours": pl.Float64}
    frame = rows(
        complaint(first_response_hours=response, first_resolution_hours=resolution, received_at=received_at),
        complaint(complaint_id="fine", sla_status="met", first_response_hours=1.0, first_resolution_hours=2.0),
        **hours,
    )  # fmt: skip
    elapsed = with_elapsed(frame, calendar("2024-06", "2024-06"))
    (found,) = findings("complaint.sla_breached", service.sla_breached(elapsed, 24, 240, LAKE))
    assert (found["observed"], found["threshold"]) == (observed, threshold)
    assert zh in found["sentence_zh"]


def test_visits_in_vain_name_the_visits() -> None:
    """Who leaves a plan on whose visits: the subject is the pair, not the customer alone."""
    plan = rows(
        {"salesperson_id": "S", "customer_id": "C", "action": "remove", "ineffective_streak": 5},
        {"salesperson_id": "S", "customer_id": "D", "action": "keep", "ineffective_streak": 4},
    )
    visits = rows(*({"salesperson_id": "S", "customer_id": "C", "visit_id": f"V{n}"} for n in range(5)))  # fmt: skip
    (found,) = findings("visit.remove", service.visits_in_vain(plan, visits, "remove", 5, LAKE))
    assert (found["subject_type"], found["subject_id"]) == ("salesperson_customer", "S|C")
    assert (found["observed"], found["threshold"], found["evidence"]) == ("5", "5", "V0,V1,V2,V3,V4")  # fmt: skip


def test_payments_that_name_an_unknown_invoice_until_it_comes() -> None:
    """An invoice that arrives late makes the finding vanish from then on, not from the past."""
    payments = ledger(
        "payments",
        {"payment_id": "P1", "customer_id": "C", "invoice_id": "late", "paid_on": "2024-05-01", "amount": 12.5},
        {"payment_id": "P2", "customer_id": "C", "invoice_id": "never", "paid_on": "2024-06-30", "amount": 1},
        {"payment_id": "P3", "customer_id": "C", "paid_on": "2024-05-01", "amount": 1},
    )  # fmt: skip
    invoices = ledger(
        "invoices",
        {"invoice_id": "late", "customer_id": "C", "invoiced_on": "2024-06-01", "amount": 12.5},
    )
    months = calendar("2024-05", "2024-07")
    found = findings("quality.payment_without_invoice", quality.payment_without_invoice(payments, invoices, months))  # fmt: skip
    assert [(f["month"] - JUNE, f["subject_id"], f["evidence"], f["observed"]) for f in found] == [
        (-1, "P1", "late", "12.5000"), (0, "P2", "never", "1.0000"), (1, "P2", "never", "1.0000"),
    ]  # fmt: skip


def test_stock_gaps_are_products_that_were_sold() -> None:
    """A product of which only returns came back needs no stock record."""
    sold = rows(
        {"product_id": "1", "positive_line_count": 1},
        {"product_id": "2", "positive_line_count": 2},
        {"product_id": "3", "positive_line_count": 0},
    )
    found = findings("quality.stock_gap", quality.stock_gap(sold, rows({"product_id": "2"})))
    assert [(f["subject_id"], f["observed"], f["threshold"]) for f in found] == [("1", "0", "1")]
