"""The asset `dim_customer`."""

import dagster as dg
import narwhals as nw

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
    shown = customers.with_columns(customer_name=_name(context.resources.privacy.publish))
    versions = ledger.respan(shown, "customer_id", _ATTRIBUTES)
    return registers.dimension(versions, customer_spans, "customer_id", _ATTRIBUTES)


def _name(published: list[str]) -> nw.Expr:
    """The name of an individual is personal: NULL unless the settings publish it."""
    name = nw.col("customer_name")
    if "customer_name" in published:
        return name
    individual = (nw.col("nature") == "individual").fill_null(value=False)
    return nw.when(~individual).then(name)
