"""The demo company end to end: every story shows in the tables as its docstring says, and the rest looks like life."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from pipelines.demo import write_demo
from tests.company import run_settings

if TYPE_CHECKING:
    from pathlib import Path

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = "2024-09", "2024-10", "2024-11", "2024-12"


class Demo:
    """A demo company that was run once."""

    def __init__(self, folder: Path, customers: int, months: int) -> None:
        settings = write_demo(folder, customers, months)
        summary = run_settings(settings, None, "2024-12-31")
        assert summary.problems == []
        self.months = summary.months
        self._connection = duckdb.connect(str(folder / "kehu.duckdb"), read_only=True)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the published file answers."""
        return self._connection.execute(sql).fetchall()

    def one(self, table: str, columns: str, where: str) -> tuple[Any, ...]:
        """The only row that fits."""
        (row,) = self.rows(f"SELECT {columns} FROM {table} WHERE {where}")
        return row

    def by_month(self, table: str, column: str, where: str) -> dict[str, Any]:
        """A column by as-of month; a row a month at most."""
        found = self.rows(f"SELECT as_of_month, {column} FROM {table} WHERE {where} ORDER BY 1")
        months = dict(found)
        assert len(months) == len(found)
        return months

    def findings(self, subject: str, rule: str) -> dict[str, tuple[Any, ...]]:
        """severity, observed, threshold by as-of month of a subject's findings by a rule."""
        found = self.rows(
            "SELECT as_of_month, severity, observed, threshold FROM rpt_finding "
            f"WHERE subject_id = '{subject}' AND rule_id = '{rule}' ORDER BY 1"
        )
        return {month: told for month, *told in found}


DEFAULT, SMALLEST = (300, 18), (10, 13)  # customers, months


@pytest.fixture(scope="module", params=[DEFAULT, SMALLEST], ids=["default", "smallest"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo as `kehu demo` writes it by default, and the smallest that it writes."""
    return Demo(tmp_path_factory.mktemp("demo"), *request.param)


def credit(demo: Demo, customer: str) -> dict[str, str]:
    """credit_status by as-of month."""
    return demo.by_month("rpt_customer_credit", "credit_status", f"customer_id = '{customer}'")


def since(months: dict[str, Any], first: str) -> dict[str, Any]:
    """What is told from a month on."""
    return {month: value for month, value in months.items() if month >= first}


def test_the_demo_ends_in_december(demo: Demo) -> None:
    """Guards against a fact dated later, which would add a month without sales that every story forgot."""
    assert demo.months[-1] == DECEMBER
    assert len(demo.months) in (DEFAULT[1], SMALLEST[1])
    assert demo.one("rpt_reconciliation", "bool_and(is_balanced)", "true") == (True,)


# --- credit ---------------------------------------------------------------------------------------------
def test_drifts_into_suspension(demo: Demo) -> None:
    """Guards against a customer whose late payments are noticed only when it is too late, or never."""
    told = credit(demo, "C-DRIFTING")
    assert {status for month, status in told.items() if month < SEPTEMBER} == {"clear"}
    assert since(told, SEPTEMBER) == {
        SEPTEMBER: "watch", OCTOBER: "hold_new_orders", NOVEMBER: "hold_new_orders", DECEMBER: "suspend_supply",
    }  # fmt: skip
    near = demo.findings("C-DRIFTING", "credit.near_limit")
    assert near == {SEPTEMBER: ["watch", "0.92", "0.9"]}
    over = demo.findings("C-DRIFTING", "credit.over_limit")
    assert over[OCTOBER] == ["hold", "130000.0000", "100000.0000"]
    long = demo.findings("C-DRIFTING", "credit.overdue_long")
    assert long == {
        OCTOBER: ["hold", "57", "30"], NOVEMBER: ["hold", "87", "30"], DECEMBER: ["suspend", "118", "90"],
    }  # fmt: skip


def test_has_no_credit(demo: Demo) -> None:
    """Guards against a limit of 0 read as no limit: whoever may owe nothing could owe anything."""
    columns = "utilisation_rate, utilisation_rate_reason, headroom_amount, credit_status"
    rows = demo.rows(
        f"SELECT DISTINCT {columns} FROM rpt_customer_credit WHERE customer_id = 'C-NO-CREDIT'"
    )
    assert rows == [(None, "no_credit", Decimal(-9_000), "hold_new_orders")]
    told = demo.findings("C-NO-CREDIT", "credit.over_limit")
    assert told[DECEMBER] == ["hold", "9000.0000", "0.0000"]


def test_lets_its_limit_expire(demo: Demo) -> None:
    """Guards against a limit that goes on for ever, and one that ends on its last day."""
    told = credit(demo, "C-EXPIRED")
    assert {status for month, status in told.items() if month <= SEPTEMBER} == {"clear"}
    assert set(since(told, OCTOBER).values()) == {"watch"}
    findings = demo.findings("C-EXPIRED", "credit.limit_expired")
    assert findings == {
        OCTOBER: ["watch", "2024-09-30", "2024-10-31"],
        NOVEMBER: ["watch", "2024-09-30", "2024-11-30"],
        DECEMBER: ["watch", "2024-09-30", "2024-12-31"],
    }


def test_is_rated_d(demo: Demo) -> None:
    """Guards against a rating that reaches back before its investigation, and one that holds nothing."""
    told = credit(demo, "C-RATED-D")
    assert {status for month, status in told.items() if month < NOVEMBER} == {"clear"}
    assert set(since(told, NOVEMBER).values()) == {"hold_new_orders"}
    assert demo.findings("C-RATED-D", "credit.rating_d").keys() == {NOVEMBER, DECEMBER}


def test_has_an_incident(demo: Demo) -> None:
    """Guards against an incident that is over and still stops supply, or that stops it in hindsight."""
    told = credit(demo, "C-INCIDENT")
    suspended = {month for month, status in told.items() if status == "suspend_supply"}
    assert suspended == {OCTOBER, NOVEMBER}
    assert set(told.values()) == {"clear", "suspend_supply"}
    severities = {row[0] for row in demo.findings("C-INCIDENT", "credit.incident").values()}
    assert severities == {"suspend"}


def test_was_never_looked_into(demo: Demo) -> None:
    """Guards against a customer of whom no report was ever written passing for one whose report is current."""
    columns = "DISTINCT report_status, credit_status"
    assert demo.one("rpt_customer_credit", columns, "customer_id = 'C-NEVER'") == ("never", "watch")
    told = demo.findings("C-NEVER", "credit.report_overdue")
    assert told[DECEMBER] == ["watch", "never", "2024-12-31"]


# --- payments -------------------------------------------------------------------------------------------
def ageing(demo: Demo, customer: str, columns: str) -> tuple[Any, ...]:
    where = f"customer_id = '{customer}' AND as_of_month = '{DECEMBER}'"
    return demo.one("rpt_receivable_ageing", columns, where)


def test_pays_too_much(demo: Demo) -> None:
    """Guards against an over-payment that lessens what others, or other invoices, have open."""
    columns = "open_amount, unapplied_amount, balance_amount, overdue_rate, overdue_rate_reason"
    told = ageing(demo, "C-OVERPAID", columns)
    assert told == (0, -2_000, -2_000, None, "no_receivable")


def test_names_no_invoice(demo: Demo) -> None:
    """Guards against money that nobody has applied yet quietly paying the oldest invoice."""
    columns = "open_amount, overdue_1_30_amount, unapplied_amount, balance_amount"
    assert ageing(demo, "C-UNAPPLIED", columns) == (8_000, 8_000, -8_000, 0)


def test_names_an_unknown_invoice(demo: Demo) -> None:
    """Guards against a payment that disappears because the invoice that it names does not exist."""
    assert ageing(demo, "C-UNKNOWN", "open_amount, unapplied_amount") == (6_000, -6_000)
    told = demo.findings("PAY-C-UNKNOWN-2024-12-16", "quality.payment_without_invoice")
    assert told == {DECEMBER: ["info", "6000.0000", None]}


def test_disputes_an_invoice(demo: Demo) -> None:
    """Guards against a dispute that takes an invoice out of what is owed."""
    columns = "open_amount, disputed_amount, overdue_1_30_amount, overdue_amount"
    assert ageing(demo, "C-DISPUTED", columns) == (16_000, 7_000, 7_000, 7_000)


# --- visits ---------------------------------------------------------------------------------------------
def plan(demo: Demo, column: str, customer: str) -> dict[str, Any]:
    where = f"salesperson_id = 'S1' AND customer_id = '{customer}'"
    return demo.by_month("rpt_visit_plan", column, where)


def test_is_dropped(demo: Demo) -> None:
    """Guards against a visit that counts as vain before its 30 days are over, and a plan that never ends."""
    streaks = plan(demo, "ineffective_streak", "C-DROPPED")
    assert (streaks["2024-06"], streaks["2024-07"], streaks["2024-08"]) == (3, 4, 5)
    actions = plan(demo, "action", "C-DROPPED")
    assert {month for month, action in actions.items() if action == "remove"} == set(
        since(actions, "2024-08")
    )
    assert set(since(plan(demo, "next_visit_on", "C-DROPPED"), "2024-08").values()) == {None}
    told = demo.findings("S1|C-DROPPED", "visit.remove")
    assert told.keys() == since(actions, "2024-08").keys()
    assert told[DECEMBER] == ["watch", "5", "5"]


def test_is_reviewed(demo: Demo) -> None:
    """Guards against dropping a customer who has traded as if it never had."""
    actions = plan(demo, "action", "C-REVIEWED")
    assert set(since(actions, "2024-08").values()) == {"review"}
    assert actions["2024-07"] == "keep"
    told = demo.findings("S1|C-REVIEWED", "visit.review")
    assert told[DECEMBER] == ["info", "5", "5"]


def test_is_reinstated(demo: Demo) -> None:
    """Guards against a reinstatement that the old visits undo in the month after."""
    actions = plan(demo, "action", "C-REINSTATED")
    removed = {month for month, action in actions.items() if action == "remove"}
    assert removed == {"2024-07", "2024-08"}
    assert set(since(plan(demo, "ineffective_streak", "C-REINSTATED"), SEPTEMBER).values()) == {0}
    assert plan(demo, "effective_count", "C-REINSTATED")[DECEMBER] == 2
    stages = plan(demo, "stage", "C-REINSTATED")
    assert (stages[OCTOBER], stages[NOVEMBER]) == ("prospective", "current")


# --- complaints -----------------------------------------------------------------------------------------
def test_skips_approval(demo: Demo) -> None:
    """Guards against a complaint that was settled in time hiding that nobody approved how."""
    columns = "steps_in_order, current_step, sla_status, department"
    for month in (NOVEMBER, DECEMBER):
        where = f"complaint_id = 'K-UNAPPROVED' AND as_of_month = '{month}'"
        told = demo.one("rpt_complaint", columns, where)
        assert told == (False, "summarised", "met", "质检部")
    for rule in ("complaint.implemented_unapproved", "complaint.steps_out_of_order"):
        assert demo.findings("K-UNAPPROVED", rule).keys() == {NOVEMBER, DECEMBER}


def test_is_reopened_twice(demo: Demo) -> None:
    """Guards against the last closing passing for the first, and an open complaint for a closed one."""
    where = "complaint_id = 'K-REOPENED'"
    assert demo.by_month("rpt_complaint", "reopen_count", where) == {
        OCTOBER: 1, NOVEMBER: 2, DECEMBER: 2,
    }  # fmt: skip
    full = demo.by_month("rpt_complaint", "full_resolution_hours", where)
    assert full == {OCTOBER: None, NOVEMBER: None, DECEMBER: 57 * 24 + 162}
    first = demo.by_month("rpt_complaint", "first_resolution_hours", where)
    assert set(first.values()) == {129}
    assert set(demo.by_month("rpt_complaint", "sla_status", where).values()) == {"met"}


def test_waits_for_an_answer(demo: Demo) -> None:
    """Guards against a late answer that the later resolution makes good."""
    columns = "first_response_hours, first_resolution_hours, sla_status, steps_in_order"
    where = f"complaint_id = 'K-LATE' AND as_of_month = '{DECEMBER}'"
    assert demo.one("rpt_complaint", columns, where) == (40, 300, "breached", True)
    severity, observed, threshold = demo.findings("K-LATE", "complaint.sla_breached")[DECEMBER]
    assert (severity, float(observed), float(threshold)) == ("watch", 40, 24)


# --- tiers ----------------------------------------------------------------------------------------------
def test_is_outgrown(demo: Demo) -> None:
    """Guards against a customer blamed for a fall that the growth of others has caused."""
    columns = "movement, previous_tier, tier, movement_cause"
    where = f"period = 'trailing_12_months' AND as_of_month = '{DECEMBER}' AND customer_id = "
    steady = demo.one("rpt_customer_abc", columns, f"{where} 'C-OUTGROWN'")
    assert steady == ("down", "A", "B", "threshold")
    rising = demo.one("rpt_customer_abc", columns, f"{where} 'C-OUTGROWING'")
    assert (rising[0], rising[2], rising[3]) == ("up", "A", "own_sales")
    assert demo.findings("C-OUTGROWN", "tier.moved")[DECEMBER] == ["watch", "B", "A"]


# --- everyday life --------------------------------------------------------------------------------------
# In ten customers nothing can be rare.
of_many = pytest.mark.parametrize("demo", [DEFAULT], ids=["default"], indirect=True)


@of_many
def test_most_credit_is_clear(demo: Demo) -> None:
    """Guards against a demo in which half of the customers are suspended: nobody would believe its reports."""
    shares = dict(
        demo.rows(
            "SELECT credit_status, count(*) / sum(count(*)) OVER () FROM rpt_customer_credit GROUP BY 1"
        )
    )
    assert shares["clear"] > 0.75
    assert 0.05 < shares["watch"] < 0.2
    assert 0.005 < shares["hold_new_orders"] < 0.05
    assert 0 < shares["suspend_supply"] < 0.02
    never = "count(*) FILTER (report_status = 'never') / count(report_status)"
    assert 0.01 < demo.one("rpt_customer_credit", never, "true")[0] < 0.1


@of_many
def test_most_is_paid_in_time(demo: Demo) -> None:
    """Guards against a demo whose customers never pay, or always do."""
    rate = "sum(overdue_amount) / sum(open_amount)"
    assert 0.02 < demo.one("rpt_receivable_ageing", rate, "true")[0] < 0.3


@of_many
def test_most_complaints_are_handled_in_time(demo: Demo) -> None:
    """Guards against complaint figures that are all perfect or all hopeless."""
    december = f"as_of_month = '{DECEMBER}'"
    met = "count(*) FILTER (sla_status = 'met') / count(*) FILTER (sla_status <> 'open')"
    assert 0.8 < demo.one("rpt_complaint", met, december)[0] < 0.97
    valid = "count(*) FILTER (validity = 'valid') / count(*)"
    assert 0.5 < demo.one("rpt_complaint", valid, december)[0] < 0.9
    assert demo.one("rpt_complaint", "count(DISTINCT category)", december) == (4,)


@of_many
def test_targets_are_met_and_missed(demo: Demo) -> None:
    """Guards against targets of one scope alone, and against targets that nobody or everybody meets."""
    told = demo.rows(
        "SELECT scope, period, count(*) FILTER (target_status = 'met') / count(*) FROM rpt_target GROUP BY ALL"
    )
    scopes = {"company", "customer", "product", "category", "salesperson"}
    assert {(scope, period) for scope, period, _ in told} == {
        (scope, period) for scope in scopes for period in ("month", "year_to_date")
    }
    assert all(0.2 < met < 1 for _, _, met in told)


@of_many
def test_visits_have_every_outcome(demo: Demo) -> None:
    """Guards against a plan of which everything is done and works, and against months without visits."""
    columns = ("planned", "completed", "effective", "ineffective", "pending")
    sums = ", ".join(f"sum({name}_count)" for name in columns)
    where = f"period = 'trailing_12_months' AND as_of_month = '{DECEMBER}'"
    planned, completed, effective, ineffective, pending = demo.one(
        "rpt_visit_effectiveness", sums, where
    )
    assert 0.8 * planned < completed < planned
    assert 0.03 * completed < ineffective < effective
    assert 0 < pending < 0.1 * completed
    monthly = "SELECT DISTINCT as_of_month FROM rpt_visit_effectiveness WHERE period = 'month' AND completed_count > 0"
    assert len(demo.rows(monthly)) == len(demo.months)


@of_many
def test_everybody_is_visited_by_their_own_salesperson(demo: Demo) -> None:
    """Guards against a plan full of pairs that come from chance, which no register knows."""
    pairs = demo.rows(
        "SELECT count(*) FILTER (next_visit_on IS NULL AND action = 'keep') / count(*) FROM rpt_visit_plan"
    )
    assert pairs[0][0] < 0.1
    last = demo.one("rpt_visit_plan", "max(last_visited_on)", "true")[0]
    assert date(2024, 12, 1) <= last <= date(2024, 12, 31)
