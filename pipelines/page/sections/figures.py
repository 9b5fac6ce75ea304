"""Where we stand: the month's key figures beside last month and the prior year, and net sales month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.credit import has_receivables
from pipelines.documents.monthly import tells_of_credit
from pipelines.page.grids import listing
from pipelines.page.measures import LAST_MONTH, PRIOR_YEAR, Measure
from pipelines.page.parts import Chart, Figure, Section, Strip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month
    from pipelines.page.parts import Words

_STOPPED = ("hold_new_orders", "suspend_supply")
_SHOWN_MONTHS = 24
_YEAR = 12


def section(month: Month) -> Section:
    """Key figures, then the course of net sales."""
    return Section(
        "figures",
        ("关键数字", "Key figures"),
        ("当月与上月、上年同期相比。", "The month beside the last one and the same month a year earlier."),
        (Strip(tuple(_figures(month))), _course(month)),
    )  # fmt: skip


def _figures(month: Month) -> Iterator[Figure]:
    yield from _sales(month)
    yield from _target(month)
    if has_receivables(month.feeds):
        yield _overdue(month)
    if tells_of_credit(month.feeds):
        stopped = Measure(month.pick("rpt_customer_credit", credit_status=_STOPPED), of="count")
        yield _figure(month, ("暂停订单或供货的客户", "Customers on hold or suspended"), stopped)
    if "complaints" in month.feeds:
        open_now = Measure(month.pick("rpt_complaint", is_closed=False), of="count")
        yield _figure(month, ("未结投诉", "Open complaints"), open_now)


def _sales(month: Month) -> Iterator[Figure]:
    company = {"level": "company", "period": "month"}
    sales = month.pick("rpt_concentration", period="month")
    yield _figure(
        month, ("净销售额，当月", "Net sales, month"), Measure(sales, "sales_amount"), year=True
    )
    yield _figure(
        month,
        ("净销售额，年初至今", "Net sales, year to date"),
        Measure(sales.but(period="year_to_date"), "sales_amount"),
        last=False,
        year=True,
    )
    margin = Measure(month.pick("rpt_profitability", **company), "gross_margin_rate")
    yield _figure(month, ("毛利率，当月", "Gross margin, month"), margin, year=True)
    buyers = Measure(sales, "customer_count")
    yield _figure(month, ("当月有交易的客户", "Customers who traded"), buyers, year=True)


def _target(month: Month) -> Iterator[Figure]:
    """The company's attainment for the year to date, the month's beside it; nothing without a target."""
    target = month.pick("rpt_target", scope="company", period="year_to_date")
    if not month.count(target):
        return
    _, of_month = Measure(target.but(period="month"), "attainment_rate").at(month, month.text)
    yield _figure(
        month,
        ("目标达成率，年初至今", "Target attained, year to date"),
        Measure(target, "attainment_rate"),
        beside=((("当月", "month"), of_month),),
    )


def _overdue(month: Month) -> Figure:
    owed = month.pick("rpt_receivable_ageing")
    _, open_now = Measure(owed, "open_amount", "sum").at(month, month.text)
    return _figure(
        month,
        ("逾期金额", "Overdue"),
        Measure(owed, "overdue_amount", "sum"),
        beside=((("未收款", "open"), open_now),),
    )


def _figure(
    month: Month, words: Words, measure: Measure, *, last: bool = True, year: bool = False,
    beside: tuple = (),
) -> Figure:  # fmt: skip
    _, shown = measure.at(month, month.text)
    compared = [measure.compared(month, 1, LAST_MONTH)] if last else []
    compared += [measure.compared(month, _YEAR, PRIOR_YEAR)] if year else []
    return Figure(words, shown, tuple(one for one in compared if one), beside)


def _course(month: Month) -> Chart:
    pick = month.pick("rpt_concentration", period="month")
    months = tuple(month.months[-_SHOWN_MONTHS:])
    found = month.rows(pick.but(as_of_month=months))
    title = ("各月净销售额", "Net sales by month")
    columns = ("as_of_month", "sales_amount", "customer_count", "key_account_share")
    grid = listing(title, pick.table, found, columns)
    points = [
        {
            "month": one["as_of_month"],
            "sales": float(one["sales_amount"]),
            "now": one["as_of_month"] == month.text,
        }
        for one in found
    ]
    told = (
        f"至多 {_SHOWN_MONTHS} 个月的各月净销售额柱形图，本月为深色",
        f"Bars: net sales of each of up to {_SHOWN_MONTHS} months, the latest dark",
    )
    return Chart("course", "course", title, told, {"": {"rows": points}}, (grid,))
