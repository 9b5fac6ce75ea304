"""The asset `dim_label`."""

import narwhals as nw

from assets.tables import Frame, report
from schemas.catalogue import TABLES
from schemas.labels import label_frame


@report(TABLES["dim_label"])
def dim_label() -> Frame:
    """One row per table, column or code, with its words in both languages."""
    return nw.from_native(label_frame().lazy())
