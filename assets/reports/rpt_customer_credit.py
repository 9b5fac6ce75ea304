"""Measures: `metrics/credit.py`, `metrics/dso.py`, by the rollup `credit_at` in `assets/rollups/credit.py`."""

from assets.tables import Frame, report
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_customer_credit"]


@report(TABLE)
def rpt_customer_credit(credit_at: Frame) -> Frame:
    """One row per as-of month and customer that exists at its end."""
    return credit_at
