"""Measures: `metrics/complaints.py`, states in `metrics/complaint_states.py`."""

import dagster as dg

from assets.rollups import carried
from assets.tables import Frame, report
from metrics.complaints import complaints as handled
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_complaint"]


@report(TABLE)
def rpt_complaint(
    context: dg.AssetExecutionContext, complaints: Frame, complaint_events: Frame
) -> Frame:
    """One row per as-of month and complaint that was received in the trailing 12 months or is not closed at as_of."""
    months, targets = context.resources.months, context.resources.policy.complaints
    return handled(
        *carried.complaints(context, complaints, complaint_events),
        months.calendar(),
        targets.response_hours,
        targets.resolution_hours,
        has_events="complaint_events" in months.feeds,
    )
