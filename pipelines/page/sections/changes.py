"""What changed since last month: findings that are new or cleared, and who bought more or less than a year earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.documents.numbers import count_text
from pipelines.page.cells import counted
from pipelines.page.findings import FINDING, finding_grid, gravest_first, identity
from pipelines.page.grids import customers, listing
from pipelines.page.month import PERIODS
from pipelines.page.parts import NUMBER, Cell, Grid, Head, Note, Row, Section, same
from schemas.rules import TOPICS, URGENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.page.month import Month, Pick
    from pipelines.page.parts import Block, Words

TOP = 8
_COLUMNS = ("sales_amount", "prior_year_amount", "growth_rate", "gross_margin_rate")
_SIDES: tuple[tuple[Words, int], ...] = (
    (("比上年同期减少最多的客户", "Customers down the most on a year earlier"), 1),
    (("比上年同期增加最多的客户", "Customers up the most on a year earlier"), -1),
)


def section(month: Month) -> Section:
    """Findings first: somebody has to act on them."""
    return Section(
        "changes",
        ("本月变化", "What changed this month"),
        (
            "本月新出现与已消除的事项，以及与上年同期相比销售变化最大的客户。",
            "What came up and what cleared since last month, and whose purchases changed most on a year earlier.",
        ),
        (_topics(month), _urgent(month), *_swings(month)),
    )


def _topics(month: Month) -> Grid:
    rows = (Row((Cell((zh, en)), *_counts(month, month.pick(FINDING, topic=topic)))) for topic, zh, en in TOPICS)  # fmt: skip
    number = (("现有", "Now"), ("新增", "New"), ("已消除", "Cleared"))
    heads = (Head(("主题", "Topic")), *(Head(words, NUMBER) for words in number))
    total = Row((Cell(("合计", "All")), *_counts(month, month.pick(FINDING))))
    return Grid(("需要处理的事项", "Findings to act on"), heads, tuple(rows), total=total)


def _counts(month: Month, pick: Pick) -> Iterator[Cell]:
    """How many findings hold, how many of them did not last month, and how many held then alone."""
    before = pick.but(as_of_month=month.earlier(1))
    yield counted(pick, month.count(pick))
    for what, one, other in (("new", pick, before), ("cleared", before, pick)):
        number = _only_in(month, one, other).select(pl.len()).collect().item()
        origin = {"of": what, "table": FINDING.name, "key": pick.key, "before": before.key}
        yield Cell(same(count_text(number)), {**origin, "value": str(number)})


def _only_in(month: Month, one: Pick, other: Pick) -> pl.LazyFrame:
    mine, theirs = (month.frame(pick).with_columns(identity=identity()) for pick in (one, other))
    return mine.join(theirs, on="identity", how="anti")


def _urgent(month: Month) -> Grid:
    pick = month.pick(FINDING, severity=URGENT)
    new = _only_in(month, pick, pick.but(as_of_month=month.earlier(1)))
    found = new.sort(gravest_first(), "finding_id").collect().to_dicts()
    return finding_grid(
        month,
        ("本月新增的暂停事项", "New holds and suspensions"),
        found,
        none=("本月没有新增的暂停事项。", "No new hold or suspension this month."),
    )


def _swings(month: Month) -> Iterator[Block]:
    for period in PERIODS:
        pick = month.pick("rpt_customer_performance", period=period)
        if not month.frame(pick).filter(pl.col("prior_year_amount") != 0).head(1).collect().height:
            yield Note(
                ("没有上年同期的销售可比。", "There are no sales a year earlier to compare with."),
                period=period,
            )
            continue
        yield from (_swing(month, pick, caption, sign) for caption, sign in _SIDES)


def _swing(month: Month, pick: Pick, caption: Words, sign: int) -> Grid:
    change = (pl.col("sales_amount") - pl.col("prior_year_amount")) * sign
    rows = month.frame(pick).filter(change < 0).sort(change, "customer_id").head(TOP)
    found = rows.collect().to_dicts()
    who = customers(month.names(one["customer_id"] for one in found))
    return listing(
        caption, pick.table, found, (who, *_COLUMNS), none=("没有客户。", "No customer."),
        period=pick.where["period"],
    )  # fmt: skip
