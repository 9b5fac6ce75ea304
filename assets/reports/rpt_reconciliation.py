"""The asset `rpt_reconciliation`."""

import dagster as dg
import narwhals as nw

from assets.reconciliation import BALANCE, WHOLE_SALES, reconciliation
from assets.tables import Frame, report
from schemas.catalogue import FEEDS, TABLES

_LEDGERS = [table for feed in FEEDS.values() for table in (feed.ledger, feed.retired)]
_REPORTS = [*(TABLES[name] for name, _ in WHOLE_SALES), TABLES[BALANCE]]


@report(TABLES["rpt_reconciliation"], deps=[*_LEDGERS, *_REPORTS])
def rpt_reconciliation(context: dg.AssetExecutionContext) -> Frame:
    """One row per as-of month, check and subject: both sides of a count, and whether they are equal."""
    months = context.resources.months
    rows = reconciliation(context.resources.lake, months.texts)
    return nw.from_native(rows.lazy()).with_columns(month=_month(nw.col("as_of_month")))


def _month(text: nw.Expr) -> nw.Expr:
    year, month = text.str.slice(0, 4).cast(nw.Int32), text.str.slice(5, 2).cast(nw.Int32)
    return year * 12 + month - 1
