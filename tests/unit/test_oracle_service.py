"""The slow oracles themselves on worked numbers: an oracle that misreads a rule would bless the same misreading."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.oracle_findings import Service
from tests.worked_service import WHOLE, WORKED

if TYPE_CHECKING:
    from tests.oracle import Table


@pytest.fixture(scope="module")
def service() -> Service:
    return Service(WORKED)


def column(table: Table, name: str, *key: str) -> dict[str, object]:
    """A column of one member, month by month."""
    return {month: row[name] for (month, *rest), row in table.items() if tuple(rest) == key}


def test_ageing_on_the_edges_of_the_bands(service: Service) -> None:
    """Guards against a day too many or too few in a band: due on D, 30 and 61 days late, 122 days."""
    table = service.receivables.ageing()
    due = {month: row for (month, customer), row in table.items() if customer == "W4"}
    assert min(due) == "2023-05"
    assert due["2023-05"]["not_due_amount"] == 1_000 * WHOLE
    assert due["2023-05"]["oldest_overdue_days"] is None
    assert due["2023-06"]["overdue_1_30_amount"] == 1_000 * WHOLE
    assert due["2023-06"]["oldest_overdue_days"] == 30
    assert due["2023-07"]["overdue_61_90_amount"] == 1_000 * WHOLE
    assert due["2023-08"]["overdue_91_120_amount"] == 1_000 * WHOLE
    assert due["2023-09"]["overdue_over_120_amount"] == 1_000 * WHOLE
    assert due["2023-10"]["overdue_over_120_amount"] == 1_000 * WHOLE - 1
    assert table["2023-03", "W18"]["oldest_overdue_days"] == 20  # 1 March + 10 days
    assert table["2023-10", "W18"]["overdue_1_30_amount"] == 30 * WHOLE  # 31 August + 60 days
    assert table["2024-03", "W5"]["overdue_61_90_amount"] == 1_000 * WHOLE  # 90 days


def test_unapplied_amounts(service: Service) -> None:
    """Guards against money that is lost: too much paid, paid back, paid before the invoice, paid by another."""
    table = service.receivables.ageing()
    whole = "unapplied_amount", "open_amount", "balance_amount"
    told = {month: tuple(table[month, "W13"][name] // WHOLE for name in whole) for month in ("2024-01", "2024-02", "2024-03")}  # fmt: skip
    assert told == {"2024-01": (-50, 0, -50), "2024-02": (-80, 0, -80), "2024-03": (0, 0, 0)}
    assert table["2024-02", "W14"]["balance_amount"] == 0
    assert table["2024-02", "W14"]["overdue_rate"] is None
    assert table["2024-02", "W9"]["open_amount"] == 290 * WHOLE
    end = [row["balance_amount"] for (month, _), row in table.items() if month == "2024-03"]
    invoices, payments = service.facts["invoices"], service.facts["payments"]
    assert sum(end) == sum(x["amount"] for x in invoices) - sum(x["amount"] for x in payments)


def test_days_of_sales_outstanding(service: Service) -> None:
    """Guards against months of the wrong length, a partial month, a credit note's month, history cut at 24 months."""
    table = service.receivables.customer_credit()
    march = {customer: row for (month, customer), row in table.items() if month == "2024-03"}
    assert march["W9"]["dso_days"] == Fraction(600, 900) * 91
    assert march["W9"]["dso_countback_days"] == 31 + 29
    assert march["W10"]["dso_countback_days"] == 31 + Fraction(145, 290) * 29
    assert march["W11"]["dso_days"] == 91
    assert march["W11"]["dso_countback_days"] == 31 + 29 + 31
    assert march["W13"]["dso_countback_days"] == 0
    assert march["W12"]["dso_days"] is None
    days = column(table, "dso_countback_days", "W12")
    assert days["2024-02"] == (date(2024, 3, 1) - date(2022, 3, 1)).days
    assert days["2024-03"] is None


def test_limits_and_credit_rules(service: Service) -> None:
    """Guards against a rule that fires a unit or a day too early or too late."""
    found = {
        (month, rule, member): told for (month, rule, _, member, *told), _ in service.findings()
    }
    assert found["2024-03", "credit.near_limit", "W1"] == ["watch", "0.9", "0.9"]
    assert found["2024-03", "credit.near_limit", "W2"] == ["watch", "1.0", "0.9"]
    assert ("2024-03", "credit.over_limit", "W2") not in found
    assert found["2024-03", "credit.over_limit", "W3"] == ["hold", "0.0001", "0.0000"]
    long = {
        month: told
        for (month, rule, member), told in found.items()
        if (rule, member) == ("credit.overdue_long", "W4")
    }
    assert long == {
        "2023-07": ["hold", "61", "30"],
        "2023-08": ["suspend", "92", "90"],
        "2023-09": ["suspend", "122", "90"],
    }
    assert found["2024-03", "credit.overdue_long", "W5"] == ["hold", "90", "30"]
    share = sorted(
        month for month, rule, member in found if (rule, member) == ("credit.overdue_share", "W6")
    )
    assert share[0] == "2023-08"  # 1000/2500 is not more than 0.4; a unit less below the line is
    expired = sorted(
        month for month, rule, member in found if (rule, member) == ("credit.limit_expired", "W17")
    )
    assert expired[0] == "2023-06"
    incidents = {
        month: told
        for (month, rule, member), told in found.items()
        if (rule, member) == ("credit.incident", "W16")
    }
    assert incidents == {
        "2023-06": ["watch", "1", "0"],
        "2023-07": ["suspend", "2", "0"],
        "2023-08": ["suspend", "1", "0"],
    }
    assert found["2023-06", "credit.rating_d", "W15"] == ["hold", "D", "D"]
    assert found["2024-02", "quality.payment_without_invoice", "W13c"] == ["info", "80.0000", None]
    assert ("2024-03", "quality.payment_without_invoice", "W13c") not in found
    assert found["2024-03", "credit.report_overdue", "W8"] == ["watch", "2024-03-30", "2024-03-31"]
    assert found["2024-03", "credit.report_overdue", "W1"] == ["watch", "never", "2024-03-31"]


def test_written_reports(service: Service) -> None:
    """Guards against months of the wrong length, a report that is late on its day, an urgent report that renews."""
    table = service.receivables.customer_credit()
    assert table["2023-04", "W0"]["report_due_on"] == date(2023, 4, 30)  # 31 January + 3 months
    assert table["2023-04", "W0"]["report_status"] == "due"
    assert table["2023-05", "W0"]["report_status"] == "overdue"
    status = {c: column(table, "report_status", c) for c in ("W7", "W8", "W15", "W12")}
    assert (status["W7"]["2024-02"], status["W7"]["2024-03"]) == ("current", "due")
    assert (status["W8"]["2024-02"], status["W8"]["2024-03"]) == ("due", "overdue")
    assert status["W15"]["2024-03"] is None  # no limit, owes nothing
    assert status["W12"]["2024-03"] == "never"
    assert table["2024-03", "W15"]["last_investigated_on"] == date(2023, 6, 1)
    assert column(table, "credit_status", "W15")["2023-04"] == "clear"
    assert column(table, "credit_status", "W15")["2023-05"] == "hold_new_orders"


def test_what_makes_a_visit_effective(service: Service) -> None:
    """Guards against an off-by-one day of effect, a sale on the day of the visit, a return, a visit told twice."""
    table = service.visiting.plan()
    plan = {month: row for (month, *pair), row in table.items() if pair == ["SW", "W21"]}
    streak = {
        month: plan[month]["ineffective_streak"]
        for month in ("2023-05", "2023-07", "2023-08", "2023-10", "2023-12")
    }
    assert streak == {"2023-05": 0, "2023-07": 0, "2023-08": 1, "2023-10": 2, "2023-12": 0}
    pending = {
        month: plan[month]["pending_count"]
        for month in ("2023-05", "2023-06", "2023-07", "2023-11")
    }
    assert pending == {"2023-05": 1, "2023-06": 0, "2023-07": 1, "2023-11": 1}
    assert (plan["2023-12"]["completed_count"], plan["2023-12"]["effective_count"]) == (5, 2)
    assert (plan["2024-03"]["tier"], plan["2024-03"]["next_visit_on"]) == ("C", date(2024, 6, 4))
    other = table["2023-06", "SX", "W21"]
    assert (other["effective_count"], other["next_visit_on"]) == (1, None)


def test_five_vain_visits_and_the_next_one(service: Service) -> None:
    """Guards against a removal at four or six, before the thirtieth day, or in spite of a reinstatement."""
    table = service.visiting.plan()
    plan = {month: row for (month, *pair), row in table.items() if pair == ["SW", "W20"]}
    assert (plan["2023-07"]["ineffective_streak"], plan["2023-07"]["action"]) == (3, "keep")
    assert (plan["2023-08"]["ineffective_streak"], plan["2023-08"]["action"]) == (5, "remove")
    assert plan["2023-08"]["next_visit_on"] is None
    assert (plan["2023-09"]["ineffective_streak"], plan["2023-09"]["action"]) == (0, "keep")
    assert plan["2023-09"]["next_visit_on"] == date(2024, 2, 1)
    evidence = {told[:4]: ids for told, ids in service.findings() if told[1] == "visit.remove"}
    assert evidence == {
        ("2023-08", "visit.remove", "salesperson_customer", "SW|W20"): [
            "W1",
            "W2",
            "W3",
            "W4",
            "W5",
        ]
    }
    assert table["2024-01", "SW", "W0"]["next_visit_on"] == date(
        2024, 2, 29
    )  # tier A: 31 January + 1 month
    assert table["2023-02", "SW", "W22"]["next_visit_on"] == date(2023, 3, 1)


def test_effectiveness_of_a_salesperson(service: Service) -> None:
    """Guards against days counted as visits, cancelled plans left out, customers due that were not."""
    table = service.visiting.effectiveness()
    assert table["2023-05", "month", "SW"] == {
        "planned_count": 3, "completed_count": 2, "effective_count": 0, "ineffective_count": 0, "pending_count": 2,
        "effective_rate": None, "completion_rate": Fraction(2, 3),
        "due_customer_count": 3, "visited_customer_count": 1, "coverage_rate": Fraction(1, 3),
    }  # fmt: skip
    assert table["2023-12", "year_to_date", "SW"] == {
        "planned_count": 12, "completed_count": 10, "effective_count": 2, "ineffective_count": 8, "pending_count": 0,
        "effective_rate": Fraction(1, 5), "completion_rate": Fraction(11, 12),
        "due_customer_count": 4, "visited_customer_count": 2, "coverage_rate": Fraction(1, 2),
    }  # fmt: skip
    assert ("2023-04", "month", "SX") not in table
    late = table["2023-03", "month", "SY"]  # planned in March, made in April
    assert (late["planned_count"], late["completion_rate"], late["completed_count"]) == (1, 0, 0)


def test_who_exists(service: Service) -> None:
    """Guards against customers brought into being by a visit not made yet, or by a record without a date."""
    first = {
        customer: [month for month in service.months if customer in service.existing(month)][:1]
        for customer in ("W24", "W25", "W26")
    }
    assert first == {"W24": [], "W25": [2023 * 12 + 3], "W26": [2023 * 12 + 4]}


def test_how_a_complaint_went(service: Service) -> None:
    """Guards against a second too many, steps of another round, ties in the wrong order, complaints shown too long."""
    table = service.complaining.complaint()
    march = {name: row for (month, name), row in table.items() if month == "2024-03"}
    assert [march[name]["sla_status"] for name in ("W1", "W2", "W3")] == ["open", "breached", "met"]
    assert march["W1"]["current_step"] is None
    kept = (
        "current_step",
        "validity",
        "first_response_hours",
        "full_resolution_hours",
        "steps_in_order",
    )
    assert [march["W3"][name] for name in kept] == ["summarised", "valid", 24, 240, True]
    assert [march["W4"][name] for name in kept] == ["judged", "valid", Fraction(3, 2), None, True]
    assert [
        march["W4"][name] for name in ("department", "first_resolution_hours", "reopen_count")
    ] == ["Quality", 8, 1]
    assert [march["W5"][name] for name in kept] == ["assigned", "undetermined", None, None, False]
    assert [march["W6"][name] for name in kept] == ["judged", "invalid", None, None, True]
    assert [march["W7"][name] for name in kept] == [None, "undetermined", None, 3, True]
    assert len(column(table, "validity", "W8")) == 14
    assert max(column(table, "validity", "W9")) == "2023-12"
    late = {
        told[3]: told[5:]
        for told, _ in service.findings()
        if told[:2] == ("2024-03", "complaint.sla_breached")
    }
    assert late["W2"] == (repr(24 + 1 / 3600), "24")
    unapproved = {
        told[3] for told, _ in service.findings() if told[1] == "complaint.implemented_unapproved"
    }
    assert unapproved == {"W4"}


def test_complaints_summed(service: Service) -> None:
    """Guards against rates over the wrong complaints, and medians of one round mixed with another."""
    table = service.complaining.summary()
    assert table["2023-05", "month", "contract", "worked"] == {
        "received_count": 4, "valid_count": 1, "invalid_count": 1, "undetermined_count": 2, "valid_rate": Fraction(1, 2),
        "open_count": 3, "median_first_response_hours": Fraction(3, 2), "median_resolution_hours": 5,
        "sla_rate": Fraction(1, 4), "reopen_rate": 1, "per_10000_orders": None,
    }  # fmt: skip
    assert table["2023-06", "year_to_date", "contract", "worked"]["per_10000_orders"] == 5_000
    assert table["2024-03", "month", "contract", None]["received_count"] == 1


def test_targets_and_what_became_of_them(service: Service) -> None:
    """Guards against a target of nothing that divides, a share of nothing that counts as met, the wrong denominator."""
    table = service.targets()
    told = {
        key: (
            row["actual_amount"],
            row["actual_share"],
            row["attainment_rate"],
            row["target_status"],
        )
        for key, row in table.items()
    }
    assert told == {
        ("2023-06", "month", "customer", "W21"): (5 * WHOLE, 1, 1, "met"),
        ("2023-06", "month", "customer", "W0"): (0, 0, None, "met"),
        ("2023-11", "month", "customer", "W21"): (-5 * WHOLE, None, None, "missed"),
        ("2023-06", "month", "category", "w"): (5 * WHOLE, 1, Fraction(5, 4), "met"),
        ("2023-11", "month", "product", "WP"): (-5 * WHOLE, None, None, "missed"),
        ("2023-06", "month", "salesperson", "SW"): (5 * WHOLE, 1, Fraction(5, 6), "missed"),
        ("2023-06", "trailing_12_months", "customer", "W99"): (0, 0, None, "no_target"),
        ("2024-01", "year_to_date", "product", "WP"): (700 * WHOLE, 1, 1, "met"),
    }  # fmt: skip


def test_payment_and_service_scores(service: Service) -> None:
    """Guards against a payer graded down for what others owe, and complaints that count though they were not valid."""
    scores = service.conduct(service.months[-1], ["W0", "W21"])
    assert scores["payment"] == {"W0": 0, "W21": 0}
    assert scores["service"] == {
        "W0": -2,
        "W21": 0,
    }  # W3 and W4 valid, one order in the twelve months
