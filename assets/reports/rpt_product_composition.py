"""Measures: `metrics/product_composition.py`, the rule of ABC in `metrics/abc.py`, attainment in `metrics/targets.py`."""

import dagster as dg

from assets.tables import Frame, report
from metrics.product_composition import product_composition
from schemas.catalogue import TABLES

TABLE = TABLES["rpt_product_composition"]


@report(TABLE)
def rpt_product_composition(
    context: dg.AssetExecutionContext, product_period: Frame, targets: Frame
) -> Frame:
    """One row per as-of month, period and product with a line in it or a target."""
    months, cuts = context.resources.months, context.resources.policy.abc
    return product_composition(
        product_period,
        months.trailing(targets, 1),
        cuts.hundredths_a,
        cuts.hundredths_b,
        has_targets="targets" in months.feeds,
    )
