"""The manager's page as runs leave it: of the least company, of one that restated, lost and mended."""

from __future__ import annotations

import pytest

from pipelines.lake import Lake
from pipelines.page.manager_page import ManagerPage
from pipelines.settings import load
from tests.browser import browser, opened
from tests.company import SETTINGS, Company, customer, line
from tests.page_numbers import Tables, told, wrong


@pytest.fixture(scope="module")
def least(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company of sales and customers alone, with one month of history, told in English."""
    feeds = [line for line in SETTINGS.splitlines() if not line.startswith(("  products", "  stock"))]  # fmt: skip
    company = Company(
        tmp_path_factory.mktemp("least") / "company", "\n".join([*feeds, "language: en", ""])
    )
    company.deliver("customers", "2024-01-01", customer(1), customer(2))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100), line("B", "2024-01-06", 50, customer_id="C2"))  # fmt: skip
    assert company.run().problems == []
    return company


def test_what_is_not_supplied_is_said(least: Company) -> None:
    """An empty chart says that all is well where nothing is known; a first month compared with nothing."""
    told_in = {
        "credit": "No invoices, payments, credit investigations or incidents are supplied.",
        "visits": "No visits are supplied.",
        "complaints": "No complaints are supplied.",
        "products": "No stock is supplied",
        "changes": "There are no sales a year earlier to compare with.",
        "quality": "Nothing was restated.",
    }
    with browser() as chromium, opened(chromium, least.folder, "en") as page:
        for section, words in told_in.items():
            assert words in page.inner_text(f"#{section}")
        assert page.locator("#credit .chart, #visits .chart, #complaints .chart").count() == 0
        assert page.locator(".strip .mark").count() == 0
        assert wrong(page, Tables(least.folder)) == []


def test_a_page_that_is_lost_or_in_the_way_is_mended(least: Company) -> None:
    """A page of last month that stays for ever, because the months count as done."""
    path = least.folder / "report" / "index.html"
    before = path.read_bytes()
    path.unlink()
    path.mkdir()
    (problem,) = least.run().problems
    assert f"{path}: the manager's page could not be written" in problem
    path.rmdir()
    (path.parent / ".index.html.1.tmp").write_text("of a killed run", encoding="utf-8")
    summary = least.run()
    assert (summary.problems, summary.months) == ([], [])
    assert path.read_bytes() == before
    assert {left.name for left in path.parent.iterdir()} == {"index.html", "quality"}
    settings = load(least.settings)
    assert not ManagerPage(settings, Lake(settings.lake_root)).is_behind()


def test_a_run_tells_what_it_restated(least: Company) -> None:
    """A page that is written before its own run's restatements are known tells them a month late."""
    least.deliver("sales", "2024-02-10", line("C", "2024-01-20", 30), line("D", "2024-02-05", 7))
    assert least.run().problems == []
    with browser() as chromium, opened(chromium, least.folder, "en") as page:
        assert "sales 2024-02-10" in page.inner_text("#quality")
        assert wrong(page, Tables(least.folder)) == []
        assert {cell["table"] for cell in told(page)} >= {"restatement"}
