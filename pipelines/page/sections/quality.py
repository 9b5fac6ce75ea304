"""Whether the numbers can be trusted: what was delivered, what was quarantined and why, what balances, what was restated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.page.cells import counted, summed
from pipelines.page.findings import finding_grid, gravest_first
from pipelines.page.grids import Extra, top
from pipelines.page.month import Span
from pipelines.page.parts import NUMBER, Cell, Grid, Head, Row, Section, same
from schemas.catalogue import FEEDS, TABLES
from schemas.state import DELIVERIES, QUARANTINE, RESTATEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pipelines.page.month import Month, Pick
    from pipelines.page.parts import Words

TOP = 20
_ROWS = ("delivered_rows", "accepted_rows", "quarantined_rows")


def section(month: Month) -> Section:
    """From the door to the page."""
    return Section(
        "quality",
        ("数据质量", "Data quality"),
        (
            "本月交付、接收与隔离的行数；对账是否平衡；已结月份有无重述。",
            "Rows delivered, accepted and quarantined in the month; whether all balances; what was restated of closed months.",
        ),
        (_deliveries(month), _reasons(month), _checks(month), _restated(month), _findings(month)),
    )


def _deliveries(month: Month) -> Grid:
    pick = month.pick(DELIVERIES, delivered_on=Span(month.as_of, month.start))
    by_feed = month.frame(pick).group_by("feed").agg(pl.col(_ROWS).sum()).collect()
    sums = {feed: found for feed, *found in by_feed.iter_rows()}
    rows = (
        _counts(pick.but(feed=name), (feed.zh, feed.en), sums.get(name, [0] * len(_ROWS)))
        for name, feed in FEEDS.items()
        if name in month.feeds
    )
    heads = (
        Head(("数据源", "Feed")),
        *(Head((DELIVERIES[name].zh, DELIVERIES[name].en), NUMBER) for name in _ROWS),
    )
    total = _counts(pick, ("合计", "All"), by_feed.select(pl.col(_ROWS).sum()).row(0))
    return Grid(("本月的交付", "Deliveries of the month"), heads, tuple(rows), total=total)


def _counts(pick: Pick, words: Words, sums: Sequence[int]) -> Row:
    cells = (summed(pick, name, total) for name, total in zip(_ROWS, sums, strict=True))
    return Row((Cell(words), *cells))


def _reasons(month: Month) -> Grid:
    pick = month.pick(QUARANTINE, delivered_on=Span(month.as_of, month.start))
    counts = (
        month.frame(pick).select("feed", "reasons").explode("reasons").group_by("feed", "reasons").len()
        .sort(-pl.col("len").cast(pl.Int64), "feed", "reasons").head(TOP).collect()
    )  # fmt: skip
    rows = (
        Row((Cell((FEEDS[feed].zh, FEEDS[feed].en)), Cell(same(reason)), _reason(pick, feed, reason, number)))
        for feed, reason, number in counts.iter_rows()
    )  # fmt: skip
    heads = (
        Head(("数据源", "Feed")),
        Head(("原因", "Reason")),
        Head(("行数", "Rows"), NUMBER),
    )
    return Grid(
        ("隔离的原因", "Why rows were quarantined"), heads, tuple(rows),
        none=("本月没有被隔离的行。", "No row was quarantined this month."),
    )  # fmt: skip


def _reason(pick: Pick, feed: str, reason: str, number: int) -> Cell:
    shown = counted(pick.but(feed=feed), number)
    return Cell(shown.text, {**shown.origin, "of": "reason", "reason": reason})


def _checks(month: Month) -> Grid:
    pick = month.pick("rpt_reconciliation")
    rows = []
    for code, zh, en in pick.table["check_name"].codes:
        own = pick.but(check_name=code)
        balanced = own.but(is_balanced=True)
        rows.append(
            Row((Cell((zh, en)), counted(own, month.count(own)), counted(balanced, month.count(balanced))))
        )  # fmt: skip
    heads = (
        Head(("检查", "Check")),
        Head(("检查数", "Checks"), NUMBER),
        Head(("平衡", "Balanced"), NUMBER),
    )
    return Grid(("对账", "Reconciliation"), heads, tuple(rows))


def _restated(month: Month) -> Grid:
    """The newest first; of a publication the company's net sales before the rest."""
    pick = month.pick(RESTATEMENT)
    sales = (pl.col("table_name") == "rpt_concentration") & (pl.col("measure") == "sales_amount")
    by = [-pl.col("publication"), pl.col("as_of_month"), ~sales]
    columns = (
        "restated_on", "as_of_month", Extra(Head(("报告与度量", "Report and measure")), _measure),
        "old_total", "new_total", "difference", "deliveries",
    )  # fmt: skip
    return top(
        month, pick, ("已结月份的重述", "Closed months restated"), columns, by=by, limit=TOP,
        none=("没有重述。", "Nothing was restated."),
    )  # fmt: skip


def _measure(found: Mapping[str, Any]) -> Cell:
    table = TABLES[found["table_name"]]
    name = found["measure"]
    zh, en = ("行数", "Rows") if name == "rows" else (table[name].zh, table[name].en)
    return Cell((f"{table.zh}：{zh}", f"{table.en}: {en}"))


def _findings(month: Month) -> Grid:
    pick = month.pick("rpt_finding", topic="quality")
    found = month.rows(pick, by=[gravest_first()], limit=TOP)
    return finding_grid(
        month, ("数据中的缺口", "Gaps in the data"), found, of=counted(pick, month.count(pick)),
        none=("没有缺口。", "No gap."),
    )  # fmt: skip
