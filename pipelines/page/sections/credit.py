"""Who may be given credit: the state of receivables, and the customers that are flagged, with why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import polars as pl

from metrics.credit import has_receivables
from pipelines.documents.monthly import tells_of_credit
from pipelines.documents.names import file_name
from pipelines.page.cells import cell, counted, head, named, summed
from pipelines.page.findings import FINDING
from pipelines.page.grids import BLANK, Extra, listing
from pipelines.page.parts import NUMBER, PROSE, Cell, Chart, Grid, Head, Note, Row, Section
from schemas.catalogue import TABLES
from schemas.reports.rpt_receivable_ageing import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.page.month import Month, Rows
    from pipelines.page.parts import Block

TOP = 25
# The gravest first.
_FLAGGED = ("suspend_supply", "hold_new_orders", "watch")
_OWED = TABLES["rpt_receivable_ageing"]


def section(month: Month) -> Section:
    """Ageing and status of all, then the flagged."""
    absent = Note(
        (
            "没有提供发票、收款、信用调查或信用事件数据。",
            "No invoices, payments, credit investigations or incidents are supplied.",
        )
    )
    blocks = tuple(_blocks(month)) if tells_of_credit(month.feeds) else (absent,)
    return Section(
        "credit",
        ("信用预警", "Credit flags"),
        ("应收款的账龄，以及应停、应看的客户及其原因。", "How old the receivables are, and which customers to stop or watch, with why."),
        blocks,
    )  # fmt: skip


def _blocks(month: Month) -> list[Block]:
    owing: list[Block] = [_ageing(month)] if has_receivables(month.feeds) else []
    return [*owing, _statuses(month), _flagged(month)]


def _ageing(month: Month) -> Chart:
    pick = month.pick(_OWED)
    sums = [(bucket, month.total(pick, bucket.column)) for bucket in BUCKETS]
    rows = [
        Row((Cell((bucket.zh, bucket.en)), summed(pick, bucket.column, amount)))
        for bucket, amount in sums
    ]
    open_amount = summed(pick, "open_amount", month.total(pick, "open_amount"))
    total = Row((Cell(("未收款合计", "All open")), open_amount))
    heads = (Head(("账龄", "Age")), Head(("金额", "Amount"), NUMBER))
    title = ("应收款账龄", "Ageing of receivables")
    bars = [
        {"zh": bucket.zh, "en": bucket.en, "at": at, "amount": float(amount)}
        for at, (bucket, amount) in enumerate(sums)
    ]
    told = ("各账龄未收金额的条形图", "Bars: open amounts by age")
    return Chart(
        "ageing", "ageing", title, told, {"": {"rows": bars}}, (Grid(title, heads, tuple(rows), total=total),)
    )  # fmt: skip


def _statuses(month: Month) -> Grid:
    pick = month.pick("rpt_customer_credit")
    rows = []
    for status, zh, en in reversed(pick.table["credit_status"].codes):
        own = pick.but(credit_status=status)
        exposure = summed(own, "exposure_amount", month.total(own, "exposure_amount"))
        rows.append(Row((Cell((zh, en), mark=status), counted(own, month.count(own)), exposure)))
    heads = (
        head(pick.table, "credit_status"),
        Head(("客户数", "Customers"), NUMBER),
        head(pick.table, "exposure_amount"),
    )
    return Grid(("各信用状态的客户", "Customers by credit status"), heads, tuple(rows))


def _flagged(month: Month) -> Grid:
    pick = month.pick("rpt_customer_credit", credit_status=_FLAGGED)
    order = pl.col("credit_status").replace_strict(
        {status: at for at, status in enumerate(_FLAGGED)}, return_dtype=pl.Int8
    )
    found = month.rows(pick, by=[order, -pl.col("exposure_amount")], limit=TOP)
    ids = tuple(one["customer_id"] for one in found)
    names, owed, why = month.names(ids), _owed(month, ids), _reasons(month, ids)
    who = Extra(
        Head(("客户", "Customer")),
        lambda one: named(
            names, one["customer_id"], link=_report(month, one["customer_id"])
        ),
    )  # fmt: skip
    columns = (
        who, "credit_status", "exposure_amount", "credit_limit", "utilisation_rate",
        _from_ageing("overdue_amount", owed), _from_ageing("oldest_overdue_days", owed),
        Extra(Head(("原因", "Why"), PROSE), lambda one: why.get(one["customer_id"], BLANK)),
    )  # fmt: skip
    return listing(
        ("应停、应看的客户", "Customers to stop or watch"),
        pick.table,
        found,
        columns,
        of=counted(pick, month.count(pick)),
        none=("没有客户被标记。", "No customer is flagged."),
    )


def _owed(month: Month, ids: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    found: Rows = month.rows(month.pick(_OWED, customer_id=ids))
    return {one["customer_id"]: one for one in found}


def _from_ageing(
    column: str, owed: Mapping[str, Mapping[str, Any]]
) -> Extra:  # fmt: skip
    """A column of the ageing: its key is the same as that of the credit."""

    def shown(one: Mapping[str, Any]) -> Cell:
        known = owed.get(one["customer_id"])
        if known is None:
            return BLANK
        found = cell(_OWED, known, column)
        return replace(found, origin={"table": _OWED.name, **found.origin})

    return Extra(head(_OWED, column), shown)


def _reasons(month: Month, ids: tuple[str, ...]) -> dict[str, Cell]:
    """By customer, the sentences of its findings."""
    pick = month.pick(FINDING, topic="credit", subject_type="customer", subject_id=ids)
    told: dict[str, tuple[list[str], list[str]]] = {}
    for one in month.rows(pick):
        zh, en = told.setdefault(one["subject_id"], ([], []))
        zh.append(one["sentence_zh"])
        en.append(one["sentence_en"])
    return {who: Cell(("\n".join(zh), "\n".join(en))) for who, (zh, en) in told.items()}


def _report(month: Month, customer_id: str) -> str:
    """The written credit report beside the page, where there is one."""
    path = f"credit/{month.text}/{file_name(customer_id)}.html"
    return quote(path) if (month.folder / path).is_file() else ""
