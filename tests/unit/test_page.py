"""The manager's page without a browser: bounded however large the company, exact at the cuts, and valid in its charts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pipelines.lake import Lake
from pipelines.page.build import html
from pipelines.page.cells import cell, short, written
from pipelines.page.charts import specs
from pipelines.page.month import Month
from pipelines.page.sections import movers, pareto
from pipelines.settings import Settings
from schemas.catalogue import TABLES

if TYPE_CHECKING:
    from pipelines.page.parts import Chart, Grid

ABC = TABLES["rpt_customer_abc"]
SETTINGS = Settings.model_validate(
    {
        "name": "Large",
        "currency": "EUR",
        "lake": "lake",
        "feeds": {"customers": {"path": "c.csv"}, "sales": {"path": "s.csv"}},
    }
)
CUSTOMERS = 100_000


def ranked(count: int) -> pl.DataFrame:
    """Customers of falling sales in the three tiers, two of whom are equal."""
    at = pl.int_range(1, count + 1)
    sales = (count + 1 - pl.when(at == 3).then(2).otherwise(at)).cast(pl.Int64)
    tier = pl.when(at <= count // 10).then(pl.lit("A")).when(at <= count // 3).then(pl.lit("B"))
    known = pl.select(
        as_of_month=pl.lit("2024-12"),
        period=pl.lit("trailing_12_months"),
        customer_id=pl.format("C{}", at),
        sales_amount=sales.cast(ABC["sales_amount"].dtype),
        rank=pl.when(at == 3).then(2).otherwise(at),
        tier=tier.otherwise(pl.lit("C")),
        movement=pl.lit("stay"),
    )
    share = pl.col("sales_amount").cast(pl.Float64).cum_sum() / pl.col("sales_amount").cast(pl.Float64).sum()  # fmt: skip
    known = known.with_columns(cumulative_share=share.max().over("rank"))
    missing = [pl.lit(None, column.dtype).alias(column.name) for column in ABC.columns if column.name not in known.columns]  # fmt: skip
    return known.with_columns(missing).select(pl.col(c.name).cast(c.dtype) for c in ABC.columns)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    """The month of a company with many customers, of which nothing but the ranking is known."""
    folder = tmp_path_factory.mktemp("page")
    lake = Lake(str(folder / "lake"))
    lake.replace(ABC, ranked(CUSTOMERS).lazy())
    return Month(lake, SETTINGS, "2024-12", folder)


def curve(month: Month) -> dict[str, list[dict[str, Any]]]:
    (chart, *_) = pareto.section(month).blocks
    assert chart.kind == "chart"
    drawn: Chart = chart  # type: ignore[assignment]
    return drawn.data["trailing_12_months"]


def test_the_curve_of_a_hundred_thousand_customers_is_short_and_exact_at_its_cuts(
    month: Month,
) -> None:
    """A page of 100,000 bars never opens; one that leaves some out cuts where no cut is."""
    drawn = curve(month)
    bars = drawn["rows"]
    assert 100 < len(bars) < 700
    assert sum(bar["count"] for bar in bars) == bars[-1]["end"] == CUSTOMERS
    assert [bar["start"] for bar in bars[1:]] == [bar["end"] for bar in bars[:-1]]
    table = ranked(CUSTOMERS)
    for cut, last in zip(drawn["cuts"], (CUSTOMERS // 10, CUSTOMERS // 3), strict=True):
        assert (cut["end"], cut["share"]) == (last, table["cumulative_share"][last - 1])
    assert bars[1] == {
        "tier": "A", "start": 1, "end": 3, "count": 2, "sales": CUSTOMERS - 1.0, "share": table["cumulative_share"][2],
    }  # fmt: skip
    total = sum(bar["sales"] * bar["count"] for bar in bars)
    assert total == pytest.approx(float(table["sales_amount"].sum()), rel=1e-12)


def test_lists_are_short_and_their_totals_are_of_all(month: Month) -> None:
    """Twenty customers whose total passes for that of the company."""
    grids: list[Grid] = [block for block in pareto.section(month).blocks if block.kind == "grid"]  # type: ignore[misc]
    (grid,) = (one for one in grids if one.period == "trailing_12_months")
    assert len(grid.rows) == pareto.TOP
    assert grid.of is not None
    assert grid.of.origin["value"] == str(CUSTOMERS)
    assert grid.total is not None
    totals = [shown.origin["value"] for shown in grid.total.cells if shown.origin]
    assert totals == [str(ranked(CUSTOMERS)["sales_amount"].sum())]


def test_a_page_of_a_hundred_thousand_customers_is_no_larger_than_any(month: Month) -> None:
    """A page that grows with the company until no phone opens it; tables that are empty, and a page that fails on them."""
    page = html(month, "en", 1)
    assert len(page) < 2_000_000
    assert "100,000" in page
    assert html(month, "en", 1, before=page) == page


def test_nobody_moved_is_said(month: Month) -> None:
    """A section without a word where nothing happened."""
    told = [
        block.none
        for block in movers.section(month).blocks
        if block.kind == "grid" and not block.rows
    ]  # type: ignore[union-attr]
    assert ("没有客户。", "No customer.") in told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_chart_is_valid_vega_lite(language: str) -> None:
    """A chart that the browser draws empty for want of a letter: the page itself does not validate, for time."""
    import altair as alt

    for spec in specs().values():
        alt.Chart.from_dict(spec[language], validate=True)


@pytest.mark.parametrize(
    ("table", "column", "value", "text"),
    [
        ("rpt_customer_abc", "sales_amount", Decimal("1234567.895"), "1,234,567.90"),
        ("rpt_customer_abc", "sales_share", 0.12345, "12.3\u00a0%"),
        ("rpt_profitability", "cross_ratio", 2.25, "2.25"),
        ("rpt_profitability", "contribution_ratio", 0.6428571, "0.6429"),
        ("rpt_complaint", "first_response_hours", 24.25, "24.3"),
        ("rpt_customer_credit", "credit_limit", None, "—"),
    ],
)
def test_numbers_are_written_by_their_unit(table: str, column: str, value: Any, text: str) -> None:
    """A share read as an amount, a ratio rounded away."""
    assert written(TABLES[table][column], value) == (text, text)


def test_a_missing_ratio_says_why() -> None:
    """A dash that everybody takes for zero."""
    row = {"utilisation_rate": None, "utilisation_rate_reason": "no_credit"}
    shown = cell(TABLES["rpt_customer_credit"], row, "utilisation_rate")
    assert (shown.text, shown.why) == (("—", "—"), ("信用额度为零，不予赊销", "The credit limit is 0: no credit"))  # fmt: skip
    assert shown.origin["value"] == ""


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        ("4820187.63", "482.02 万", "4.82 M"),
        ("-326753730.9", "-3.27 亿", "-326.75 M"),
        ("999.5", "999.50", "999.50"),
        ("12345678901", "123.46 亿", "12.35 bn"),
    ],
)
def test_large_amounts_are_told_in_the_units_of_the_language(amount: str, zh: str, en: str) -> None:
    """万 is ten thousand: off by one step, a company is ten times as large."""
    assert short(Decimal(amount)) == (zh, en)
