"""Whole runs of random companies with all feeds against the slow oracles of targets, credit, visits, complaints, findings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from schemas.catalogue import FEEDS
from tests.company import Company
from tests.comparison import KEYS, differences, unexplained
from tests.oracle import name_of
from tests.oracle_findings import Service, Told
from tests.random_company import SETTINGS, RandomCompany

if TYPE_CHECKING:
    from tests.oracle import Table

RULES = {
    "tier.moved": {"info", "watch"},
    "target.missed": {"watch"},
    "credit.over_limit": {"hold"},
    "credit.overdue_long": {"hold", "suspend"},
    "credit.overdue_share": {"hold"},
    "credit.rating_d": {"hold"},
    "credit.incident": {"watch", "suspend"},
    "credit.limit_expired": {"watch"},
    "credit.report_overdue": {"watch"},
    "credit.near_limit": {"watch"},
    "visit.remove": {"watch"},
    "visit.review": {"info"},
    "complaint.sla_breached": {"watch"},
    "complaint.steps_out_of_order": {"watch"},
    "complaint.implemented_unapproved": {"watch"},
    "quality.unregistered_customer": {"info"},
    "quality.unregistered_product": {"info"},
    "quality.unassigned_customer": {"info"},
    "quality.stock_gap": {"info"},
    "quality.payment_without_invoice": {"info"},
}
VALUES = {
    ("rpt_customer_credit", "credit_status"): {"clear", "watch", "hold_new_orders", "suspend_supply"},
    ("rpt_customer_credit", "report_status"): {"current", "due", "overdue", "never", None},
    ("rpt_customer_credit", "rating"): {"A", "B", "C", "D", None},
    ("rpt_visit_plan", "action"): {"keep", "remove", "review"},
    ("rpt_visit_plan", "tier"): {"A", "B", "C", "N"},
    ("rpt_visit_plan", "stage"): {"current", "past", "prospective"},
    ("rpt_complaint", "sla_status"): {"met", "breached", "open"},
    ("rpt_complaint", "validity"): {"valid", "invalid", "undetermined"},
    ("rpt_complaint", "steps_in_order"): {True, False},
    ("rpt_complaint", "reopen_count"): {0, 1, 2},
    ("rpt_target", "target_status"): {"met", "missed", "no_target"},
    ("rpt_customer_grade", "grade"): {"A", "B", "C"},
}  # fmt: skip
UNDEFINED = {
    ("rpt_customer_credit", "utilisation_rate"),
    ("rpt_customer_credit", "dso_days"),
    ("rpt_customer_credit", "dso_countback_days"),
    ("rpt_receivable_ageing", "overdue_rate"),
    ("rpt_receivable_ageing", "oldest_overdue_days"),
    ("rpt_visit_effectiveness", "effective_rate"),
    ("rpt_visit_effectiveness", "completion_rate"),
    ("rpt_visit_effectiveness", "coverage_rate"),
    ("rpt_complaint_summary", "valid_rate"),
    ("rpt_complaint_summary", "sla_rate"),
    ("rpt_complaint_summary", "reopen_rate"),
    ("rpt_complaint_summary", "median_resolution_hours"),
    ("rpt_target", "actual_share"),
    ("rpt_target", "attainment_rate"),
}


@dataclass(frozen=True)
class Case:
    """A company that has run, what it was made of, and what the oracle says."""

    company: Company
    made: RandomCompany
    oracle: Service
    reports: dict[str, Table]


@pytest.fixture(scope="module", params=[(1, 1, False), (2, 7, True)], ids=["at once", "in steps"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Seed, first month of the fiscal year, and whether a first run ends before the last corrections arrive."""
    seed, fiscal, in_steps = request.param
    made = RandomCompany(seed)
    company = Company(
        tmp_path_factory.mktemp("random") / "company", SETTINGS.replace("FISCAL", str(fiscal))
    )
    made.deliver(company)
    runs = [
        company.run(last=last) for last in (["2024-02-20"] if in_steps else []) + ["2024-12-31"]
    ]
    assert [run.problems for run in runs] == [[] for _ in runs]
    for feed in FEEDS:
        told = [run.feeds[feed] for run in runs if feed in run.feeds]
        files = [one for one in made.deliveries if one.feed == feed]
        accepted, broken = (
            sum(len(getattr(one, kind)) for one in files) for kind in ("rows", "broken")
        )
        counted = sum(one.delivered for one in told), sum(one.quarantined for one in told)
        assert counted == (accepted + broken, broken), feed
    oracle = Service(made.deliveries, fiscal)
    return Case(company, made, oracle, oracle.reports())


@pytest.mark.parametrize("table", KEYS)
def test_every_row_and_number(case: Case, table: str) -> None:
    """Guards against any rule misread on the way from file to published table, on ties, gaps, corrections, withdrawals."""
    wrong = differences(case.company, table, case.reports[table])
    assert (len(wrong), wrong[:8]) == (0, [])
    assert unexplained(case.company, table) == []
    months = {row for (row,) in case.company.rows(f"SELECT DISTINCT as_of_month FROM {table}")}
    assert months <= {name_of(month) for month in case.oracle.months}


def _comparable(row: Any) -> Told:
    """A finding with hours as a number, as their text is not laid down."""
    *names, observed, threshold = row
    if names[1] == "complaint.sla_breached":
        observed, threshold = f"{float(observed):.9f}", f"{float(threshold):.9f}"
    return (*names, observed, threshold)


FOUND = "SELECT as_of_month, rule_id, subject_type, subject_id, severity, observed, threshold"


def test_every_finding(case: Case) -> None:
    """Guards against a judgement that nobody hears of, or hears of without its grounds."""
    found = Counter(map(_comparable, case.company.rows(f"{FOUND} FROM rpt_finding")))
    expected = Counter(_comparable(told) for told, _ in case.oracle.findings())
    assert sorted((found - expected).items(), key=repr)[:8] == []
    assert sorted((expected - found).items(), key=repr)[:8] == []


def test_evidence_of_findings(case: Case) -> None:
    """Guards against grounds that do not belong to the judgement: other invoices, other visits, in another order."""
    found = {row[:4]: row[4] for row in case.company.rows(
        "SELECT as_of_month, rule_id, subject_type, subject_id, evidence FROM rpt_finding"
    )}  # fmt: skip
    wrong = [
        (told, found.get(told[:4]), evidence)
        for told, evidence in case.oracle.findings()
        if evidence is not None and found.get(told[:4]) != ",".join(evidence)
    ]
    assert (len(wrong), wrong[:8]) == (0, [])


def test_findings_have_names_and_words(case: Case) -> None:
    """Guards against findings that cannot be told apart, sorted by topic, or read."""
    rows = case.company.rows(
        "SELECT as_of_month, finding_id, topic, rule_id, sentence_zh, sentence_en, remedy_zh, remedy_en FROM rpt_finding"
    )
    assert len({row[1] for row in rows}) == len(rows)
    assert [row for row in rows if not all(row) or row[2] != row[3].split(".")[0]][:3] == []


def test_the_companies_hold_enough(case: Case) -> None:
    """Guards against a comparison that finds nothing because there is nothing to compare."""
    severities: dict[str, set[str]] = {}
    for (_, rule, _, _, severity, *_), _ in case.oracle.findings():
        severities.setdefault(rule, set()).add(severity)
    assert severities == RULES
    found = {
        (table, column): {row[column] for row in case.reports[table].values()}
        for table, column in VALUES
    }
    assert found == VALUES
    nulls = {
        (table, name)
        for table, rows in case.reports.items()
        for row in rows.values()
        for name, value in row.items()
        if value is None
    }
    assert nulls >= UNDEFINED
    few = {name for name, rows in case.reports.items() if len(rows) < 150}
    assert few == {"rpt_concentration"}
    assert sum(map(len, case.reports.values())) > 6_000
