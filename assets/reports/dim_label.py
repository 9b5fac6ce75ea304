"""Words of tables, columns and codes: `schemas/labels.py`."""

import dagster as dg

from assets.tables import Frame, report
from schemas.catalogue import TABLES
from schemas.labels import label_frame


@report(TABLES["dim_label"])
def dim_label(context: dg.AssetExecutionContext) -> Frame:
    """One row per table, column or code, with its words in both languages."""
    return context.resources.lake.given(label_frame(context.resources.privacy.columns).lazy())
