"""Versions as in the ledger; products that facts alone name: `metrics/registers.py`."""

import narwhals as nw

from assets.tables import Frame, report
from metrics import registers
from schemas.catalogue import TABLES

TABLE = TABLES["dim_product"]


@report(TABLE)
def dim_product(products: Frame, product_spans: Frame) -> Frame:
    """One row per product: its current version; a withdrawn one its last, a sold one that is unknown its id."""
    last = products.filter(
        nw.col("valid_from") == nw.col("valid_from").max().over("product_id")
    ).with_columns(is_registered=nw.col("is_current"))
    by_facts = registers.by_facts(last.drop("is_registered"), product_spans, "product_id")
    return nw.concat([last.select(TABLE.names), by_facts.select(TABLE.names)], how="vertical")
