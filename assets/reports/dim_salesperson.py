"""Salespeople have no register: those that other records name are gathered here."""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, report
from schemas.catalogue import TABLES


@report(TABLES["dim_salesperson"])
def dim_salesperson(
    context: dg.AssetExecutionContext,
    customers: Frame,
    salesperson_month: Frame,
    sales: Frame,
    visits: Frame,
    reinstatements: Frame,
    targets: Frame,
) -> Frame:
    """One row per salesperson that the register of customers or a fact names."""
    # Of lines up to the run's last month, the names are summed up already.
    later = sales.filter(nw.col("month") > nw.lit(context.resources.months.last))
    frames = (customers, salesperson_month, later, visits, reinstatements)
    named = [frame.select("salesperson_id") for frame in frames]
    targeted = targets.filter(nw.col("scope") == "salesperson").select(salesperson_id="member_id")
    return (
        nw.concat([*named, targeted], how="vertical")
        .filter(~nw.col("salesperson_id").is_null())
        .unique(["salesperson_id"])
    )
