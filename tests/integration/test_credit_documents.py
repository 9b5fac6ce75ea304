"""The written credit reports of whole runs: who gets one, what it says, and what a failure leaves."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from pipelines.documents.gather import credit_reports
from pipelines.documents.monthly import CreditDocuments
from pipelines.errors import PublishError
from pipelines.lake import Lake
from pipelines.settings import load
from tests.company import SETTINGS, Company, customer, line, product

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.documents.report import CreditReport

FEEDS = ("invoices", "payments", "credit_investigations")
SERVICE = SETTINGS.replace(
    "publish:",
    "".join(f'  {feed}: {{path: "landing/{feed}_{{date:%Y-%m-%d}}.csv"}}\n' for feed in FEEDS) + "publish:",
)  # fmt: skip


def invoice(number: int, who: int, day: str, amount: int) -> dict[str, object]:
    return {
        "invoice_id": f"I{number}",
        "customer_id": f"C{who}",
        "invoiced_on": day,
        "amount": amount,
    }


def investigation(number: int, who: int, day: str, **more: object) -> dict[str, object]:
    return {
        "investigation_id": f"R{number}", "customer_id": f"C{who}", "investigated_on": day, "source": "internal",
        "report_kind": "written", **more,
    }  # fmt: skip


def made(folder: Path) -> Company:
    """C1 owes more than its limit; C2 never had a report; C3 has a current one; C4, an individual, is rated D."""
    company = Company(folder, SERVICE)
    company.deliver(
        "customers",
        "2024-01-01",
        customer(1, credit_limit=1000, region="North"),
        customer(2, credit_limit=500),
        customer(3, credit_limit=500),
        customer(4, nature="individual"),
    )
    company.deliver("products", "2024-01-01", product(1))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100), line("B", "2024-06-05", 1))
    company.deliver(
        "invoices", "2024-06-30", invoice(1, 1, "2024-01-05", 800), invoice(2, 1, "2024-06-20", 900)
    )
    company.deliver(
        "payments",
        "2024-06-30",
        {
            "payment_id": "P1",
            "customer_id": "C1",
            "invoice_id": "I1",
            "paid_on": "2024-06-10",
            "amount": 300,
        },
    )
    company.deliver(
        "credit_investigations",
        "2024-06-30",
        investigation(1, 1, "2024-03-15", rating="B", recommended_limit=2500),
        investigation(3, 3, "2024-06-01", rating="A"),
        investigation(4, 4, "2024-06-01", rating="D"),
    )
    return company


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company after its first run."""
    company = made(tmp_path_factory.mktemp("documents") / "company")
    summary = company.run()
    assert summary.problems == []
    assert any(note.startswith("credit reports of 2024-06: 3, ") for note in summary.notes)
    return company


def reports(company: Company, month: str) -> dict[str, CreditReport]:
    """What the reports of a month say, by customer."""
    settings = load(company.settings)
    found = credit_reports(Lake(settings.lake_root), settings, month)
    return {report.customer_id: report for report in found}


def test_who_gets_a_report(company: Company) -> None:
    """A report missing of a customer on hold, or one for everybody, of which nobody reads any."""
    assert list(reports(company, "2024-06")) == ["C1", "C2", "C4"]


def test_what_a_report_says_is_what_the_tables_say(company: Company) -> None:
    """A paper signed by four people with numbers that no table holds."""
    report = reports(company, "2024-06")["C1"]
    (table,) = company.rows(
        "SELECT exposure_amount, headroom_amount, utilisation_rate, dso_days, dso_countback_days, rating, credit_status "
        "FROM rpt_customer_credit WHERE as_of_month = '2024-06' AND customer_id = 'C1'"
    )
    assert table == (
        report.exposure, report.headroom, report.utilisation_rate, report.dso_days, report.dso_countback_days,
        report.rating, report.credit_status,
    )  # fmt: skip
    assert (report.exposure, report.headroom, report.region) == (1400, -400, "North")
    assert sum(amount for _, amount in report.ageing) == report.open_amount == 1400
    history = company.rows("SELECT as_of_month, dso_days FROM rpt_customer_credit WHERE customer_id = 'C1' ORDER BY 1")  # fmt: skip
    assert list(report.dso_history)[-6:] == history
    assert report.dso_history[0] == ("2023-07", None)
    assert report.recommended_limit == 2500
    told = company.rows(
        "SELECT rule_id, sentence_zh FROM rpt_finding WHERE as_of_month = '2024-06' AND subject_id = 'C1' "
        "AND topic = 'credit' ORDER BY 1"
    )
    assert [(finding.rule_id, finding.sentence) for finding in report.findings] == told
    assert [rule for rule, _ in told] == ["credit.over_limit", "credit.report_overdue"]


def test_changes_are_told_against_what_the_last_author_saw(company: Company) -> None:
    """Compared with the month in which the last report was written, or with last month, a fall is told too small.

    Written on 15 March: its author saw the end of February, when 800 were open and not due for want of terms of 30 days
    from 5 January: due on 4 February, so 25 days overdue.
    """
    report = reports(company, "2024-06")["C1"]
    assert report.compared_with == date(2024, 2, 29)
    changes = {change.label: (change.before, change.after) for change in report.changes}
    assert changes["信用敞口"] == ("800.00", "1,400.00")
    assert changes["信用评级"] == ("—", "B")
    assert reports(company, "2024-06")["C2"].compared_with is None


def test_names_of_individuals_stay_at_home(company: Company) -> None:
    """The one document that leaves the house with a name on it."""
    assert reports(company, "2024-06")["C4"].customer_name is None
    folder = company.folder / "report" / "credit" / "2024-06"
    assert "Customer 4" not in (folder / "C4.html").read_text(encoding="utf-8")
    pages = PdfReader(BytesIO((folder / "C4.pdf").read_bytes())).pages
    assert "Customer4" not in re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def test_only_the_latest_month_is_written_unless_asked(company: Company) -> None:
    """A backfill of ten years that sets ten thousand PDFs; and a past month that cannot be had at all."""
    folder = company.folder / "report" / "credit"
    assert [path.name for path in folder.iterdir()] == ["2024-06"]
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "credit-reports",
        "--settings",
        str(company.settings),
    ]
    asked = subprocess.run(
        [*command, "2024-05", "2024-02"], capture_output=True, text=True, check=True
    )
    assert asked.stdout.splitlines() == [
        f"credit reports of 2024-05: 3, {folder}/2024-05/index.html",
        f"credit reports of 2024-02: 3, {folder}/2024-02/index.html",
    ]
    wrong = subprocess.run([*command, "2023-05"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr) == (
        1,
        "2023-05: not an as-of month; there are 2024-01 to 2024-06\n",
    )


def test_a_company_without_feeds_of_credit_writes_none(tmp_path: Path) -> None:
    """An empty folder of reports says that all is well where nothing is known."""
    company = Company(tmp_path / "company")
    company.deliver("customers", "2024-01-01", customer(1, credit_limit=5))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100))
    assert company.run().problems == []
    assert not (company.folder / "report" / "credit").exists()


def test_reports_that_cannot_be_written_are_written_by_the_next_run(tmp_path: Path) -> None:
    """Tables that are published and reports that never come, because the months count as done."""
    company = made(tmp_path / "company")
    (company.folder / "report").mkdir()
    (company.folder / "report" / "credit").write_text("in the way", encoding="utf-8")
    (problem,) = company.run().problems
    assert "report/credit/2024-06: the credit reports could not be written" in problem
    assert company.rows("SELECT count(*) FROM rpt_customer_credit WHERE as_of_month = '2024-06'") == [(4,)]  # fmt: skip
    (company.folder / "report" / "credit").unlink()
    assert company.run().problems == []
    assert (company.folder / "report" / "credit" / "2024-06" / "index.html").is_file()
    assert company.run().months == []


def test_a_month_that_is_not_reported_is_named(tmp_path: Path) -> None:
    """A typing error answered with an empty folder."""
    company = Company(tmp_path / "company")
    settings = load(company.settings)
    with pytest.raises(PublishError, match="2024-01: not an as-of month; there are none: run the company first"):  # fmt: skip
        CreditDocuments(settings, Lake(settings.lake_root)).write(["2024-01"])


def test_a_customer_of_whom_the_register_told_later_has_its_name(tmp_path: Path) -> None:
    """A report to sign without a name, because the customer, withdrawn since, has a blank row as well."""
    company = made(tmp_path / "company")
    for path in (company.folder / "landing").glob("customers_*"):
        path.unlink()
    company.deliver("customers", "2024-03-01", customer(1, credit_limit=1000))
    company.deliver("customers", "2024-06-10", customer(1, deleted="yes"))
    assert company.run().problems == []
    for month in ("2024-02", "2024-05", "2024-06"):
        assert reports(company, month)["C1"].customer_name == "Customer 1"
