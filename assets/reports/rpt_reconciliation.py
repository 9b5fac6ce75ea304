"""Both sides of each check: `assets/reconciliation.py`."""

import dagster as dg
import narwhals as nw

from assets.reconciliation import BALANCE, WHOLE_SALES, reconciliation
from assets.tables import Frame, report
from metrics.periods import number_of_month
from schemas.catalogue import FEEDS, TABLES

_LEDGERS = [table for feed in FEEDS.values() for table in (feed.ledger, feed.retired)]
_REPORTS = [*(TABLES[name] for name, _ in WHOLE_SALES), TABLES[BALANCE]]


@report(TABLES["rpt_reconciliation"], deps=[*_LEDGERS, *_REPORTS])
def rpt_reconciliation(context: dg.AssetExecutionContext) -> Frame:
    """One row per as-of month, check and subject: both sides of a count, and whether they are equal."""
    months = context.resources.months
    before = None if months.is_from_start else months.before().texts[0]
    rows = reconciliation(context.resources.lake, months.feeds, months.texts, before)
    month = number_of_month(nw.col("as_of_month"))
    return context.resources.lake.given(rows.lazy()).with_columns(month=month)
