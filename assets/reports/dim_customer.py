"""Versions: `metrics/ledger.py`; customers that facts alone name: `metrics/registers.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics import ledger, registers
from schemas.catalogue import FEEDS, TABLES

TABLE = TABLES["dim_customer"]
_ATTRIBUTES = [column.name for column in FEEDS["customers"].columns if column.name in TABLE.names][
    1:
]


@report(TABLE)
def dim_customer(
    context: dg.AssetExecutionContext, customers: Frame, customer_spans: Frame
) -> Frame:
    """One row per customer and version; a new version only when a column shown here changes."""
    privacy, lake = context.resources.privacy, context.resources.lake
    attributes = [*_ATTRIBUTES, *privacy.columns]
    # In this process: the key of the pseudonyms leaves it for no other.
    shown = lake.given(privacy.shown(lake.taken(customers)))
    versions = ledger.respan(shown, "customer_id", attributes)
    return registers.dimension(versions, customer_spans, "customer_id", attributes)
