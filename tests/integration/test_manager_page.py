"""The manager's page in a real browser: every number that of the tables, in both languages, at any width, and nothing from elsewhere."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from pipelines.demo import write_demo
from tests.browser import browser, drawn, opened
from tests.company import run_settings
from tests.page_numbers import Tables, rightly_shown, told, untold, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

SECTIONS = [
    "figures", "changes", "pareto", "composition", "movers", "products", "credit", "visits", "complaints", "quality",
]  # fmt: skip
NASTY = '<script>alert(1)</script> "&amp;" =1+1 </table>'
PERIODS = ("month", "year_to_date", "trailing_12_months")
WIDTHS = (390, 1280)
DECEMBER = "as_of_month = '2024-12'"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company, one customer of which has a name that no page should trust."""
    folder = tmp_path_factory.mktemp("page") / "demo"
    settings = write_demo(folder, 10, 13)
    register = min(folder.glob("landing/customers_*.csv"))
    rows = register.read_text(encoding="gb18030").splitlines()
    fields = rows[1].split(",")
    fields[1] = '"' + NASTY.replace('"', '""') + '"'
    register.write_text("\n".join([rows[0], ",".join(fields), *rows[2:], ""]), encoding="gb18030")
    summary = run_settings(settings, None, "2024-12-31")
    assert summary.problems == []
    assert summary.page == str(folder / "report" / "index.html")
    return folder


@pytest.fixture(scope="module")
def chromium(
    demo: Path,
) -> Iterator[Browser]:  # its loop runs in this thread: no run of Dagster's can follow
    """One browser for the file."""
    with browser() as opened:
        yield opened


@pytest.fixture
def page(demo: Path, chromium: Browser) -> Iterator[Page]:
    """The demo's page; it may say nothing, and ask for nothing."""
    with opened(chromium, demo, "zh") as page:
        yield page


def switch(page: Page, language: str, period: str) -> None:
    """Press the two switches."""
    page.click(f"button[data-set-language={language}]")
    page.click(f"button[data-set-period={period}]")
    drawn(page, f"{language} {period}")


def test_every_number_is_that_of_the_tables(demo: Path, page: Page) -> None:
    """A number on the page that no table holds: the first time somebody finds one, nobody believes the rest."""
    assert wrong(page, Tables(demo)) == []
    cells = told(page)
    assert len(cells) > 1500
    assert {cell["table"] for cell in cells} >= {
        "rpt_concentration", "rpt_finding", "rpt_customer_performance", "rpt_class_composition", "rpt_customer_abc",
        "rpt_profitability", "rpt_customer_credit", "rpt_receivable_ageing", "rpt_visit_plan", "rpt_visit_effectiveness",
        "rpt_complaint", "rpt_complaint_summary", "rpt_reconciliation", "deliveries", "quarantine",
    }  # fmt: skip
    assert untold(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_seen_is_the_value_rounded(page: Page, language: str) -> None:
    """The right value in an attribute that nobody sees, and 万 taken for M before everybody's eyes."""
    switch(page, language, "month")
    numbers = [cell for cell in told(page) if cell["number"] or "of" in cell]
    assert len(numbers) > 1000
    assert [cell for cell in numbers if not rightly_shown(cell)] == []


def charts(page: Page) -> Any:
    """The rows of the charts by name, period and data set."""
    return json.loads(page.text_content("#charts") or "")["data"]


def test_the_charts_show_the_numbers_of_the_tables(demo: Path, page: Page) -> None:
    """A picture that tells another story than the table beneath it."""
    data = charts(page)
    tables = Tables(demo)
    course = tables.ask("SELECT as_of_month, sales_amount::DOUBLE FROM rpt_concentration WHERE period = 'month' ORDER BY 1")  # fmt: skip
    assert [(row["month"], row["sales"]) for row in data["course"][""]["rows"]] == course
    buckets = ("not_due", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_91_120", "overdue_over_120")  # fmt: skip
    sums = ", ".join(f"sum({name}_amount)::DOUBLE" for name in buckets)
    (owed,) = tables.ask(f"SELECT {sums} FROM rpt_receivable_ageing WHERE {DECEMBER}")
    assert tuple(row["amount"] for row in data["ageing"][""]["rows"]) == owed
    due = tables.ask(
        "SELECT salesperson_id, count(*) FILTER (next_visit_on <= '2024-12-31'), count(*) FILTER (next_visit_on > '2024-12-31') "
        f"FROM rpt_visit_plan WHERE {DECEMBER} AND action <> 'remove' AND next_visit_on <= '2025-01-31' GROUP BY 1"
    )
    visits = data["visits"][""]["rows"]
    assert {(row["who"], row["late"], row["soon"]) for row in visits} == set(due)
    for period in PERIODS:
        _same_by_period(tables, data, period)


def _same_by_period(tables: Tables, data: Any, period: str) -> None:
    at = f"{DECEMBER} AND period = '{period}'"
    curve = data["pareto"][period]
    ranked = tables.ask(f"SELECT tier, count(*), any_value(sales_amount)::DOUBLE, any_value(cumulative_share) FROM rpt_customer_abc WHERE {at} AND tier <> 'N' GROUP BY rank, tier ORDER BY rank")  # fmt: skip
    assert [tuple(bar[name] for name in ("tier", "count", "sales", "share")) for bar in curve["rows"]] == ranked  # fmt: skip
    ends = tables.ask(f"SELECT tier, max(cumulative_share) FROM rpt_customer_abc WHERE {at} AND tier IN ('A', 'B') GROUP BY 1 ORDER BY 1")  # fmt: skip
    assert [(cut["tier"], cut["share"]) for cut in curve["cuts"]] == ends
    dots = tables.ask(f"SELECT member_id, turnover_retail, gross_margin_rate, sales_amount::DOUBLE, cross_ratio FROM rpt_profitability WHERE {at} AND quadrant IS NOT NULL")  # fmt: skip
    names = ("id", "turnover", "margin", "sales", "cross")
    assert {tuple(dot[name] for name in names) for dot in data["products"][period]["rows"]} == set(dots)  # fmt: skip
    (medians,) = tables.ask(f"SELECT median(turnover_retail), median(gross_margin_rate) FROM rpt_profitability WHERE {at} AND quadrant IS NOT NULL")  # fmt: skip
    (cut,) = data["products"][period]["cuts"]
    assert cut["turnover"] >= medians[0]
    assert cut["margin"] >= medians[1]
    for dimension in ("nature", "stage", "seniority", "volume_class", "region", "industry", "salesperson"):  # fmt: skip
        bars = tables.ask(f"SELECT sales_amount::DOUBLE, key_account_amount::DOUBLE, customer_count FROM rpt_class_composition WHERE {at} AND dimension = '{dimension}'")  # fmt: skip
        shown = data[f"composition-{dimension}"][period]["rows"]
        assert sorted((bar["sales"], bar["key"], bar["customers"]) for bar in shown) == sorted(bars)
    kinds = tables.ask(f"SELECT sum(sla_met_count)::INT, sum(sla_breached_count)::INT FROM rpt_complaint_summary WHERE {at} GROUP BY category")  # fmt: skip
    assert sorted((bar["met"], bar["breached"]) for bar in data["complaints"][period]["rows"]) == sorted(kinds)  # fmt: skip


def test_both_languages_at_every_width_without_sliding_sideways(page: Page) -> None:
    """A page that slides sideways under the thumb, or that keeps half of its words in the language of before."""
    titles = {"zh": "关键数字", "en": "Key figures"}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for language, title in titles.items():
            for period in PERIODS:
                switch(page, language, period)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.inner_text("#figures h2") == title
            assert [one.get_attribute("id") for one in page.locator("section").all()] == SECTIONS
            assert page.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[language]
            other = {"zh": "en", "en": "zh"}[language]
            assert page.locator(f".{other}").locator("visible=true").count() == 0
            axes = page.locator("#pareto svg").text_content() or ""
            assert ("净销售额" in axes, "Net sales" in axes) == (language == "zh", language == "en")


def test_charts_are_told_to_those_who_cannot_see_them(page: Page) -> None:
    """A picture without words, a table without headings, a switch that only a mouse can reach."""
    shown = page.locator(".chart").locator("visible=true")
    assert shown.count() == 13
    for chart in shown.all():
        assert chart.get_attribute("role") == "graphics-document"
        assert chart.get_attribute("aria-label") == chart.get_attribute("data-zh")
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("thead th:not([scope=col])").count() == 0
        assert table.locator("tbody tr > :first-child:not(th[scope=row])").count() == 0
    page.focus("button[data-set-language=en]")
    page.keyboard.press("Enter")
    drawn(page, "en trailing_12_months")
    assert page.get_attribute("button[data-set-language=en]", "aria-pressed") == "true"


def test_on_paper_everything_is_unfolded(page: Page) -> None:
    """A print that keeps its tables folded, or that carries the buttons."""
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf())).pages)
    hidden = page.locator("#figures details td").first
    assert hidden.is_hidden()
    assert str(hidden.text_content()).strip() in text
    assert "English" not in text


def test_names_are_text_and_nothing_else(demo: Path, page: Page) -> None:
    """A customer whose name runs as a program on the director's desk."""
    assert page.locator("#pareto th", has_text=NASTY).count() >= 1
    text = (demo / "report" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "</table> " not in text


def test_the_written_reports_are_one_click_away(demo: Path, page: Page) -> None:
    """A link into nowhere on the page that everybody opens first."""
    links = [link.get_attribute("href") or "" for link in page.locator("#credit a").all()]
    assert links
    assert [link for link in links if not (demo / "report" / link).is_file()] == []
