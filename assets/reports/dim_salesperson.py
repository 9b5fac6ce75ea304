"""The asset `dim_salesperson`."""

import narwhals as nw

from assets.tables import Frame, report
from schemas.catalogue import TABLES


@report(TABLES["dim_salesperson"])
def dim_salesperson(
    customers: Frame, sales: Frame, visits: Frame, reinstatements: Frame, targets: Frame
) -> Frame:
    """One row per salesperson that the register of customers or a fact names."""
    named = [frame.select("salesperson_id") for frame in (customers, sales, visits, reinstatements)]
    targeted = targets.filter(nw.col("scope") == "salesperson").select(salesperson_id="member_id")
    return (
        nw.concat([*named, targeted], how="vertical")
        .filter(~nw.col("salesperson_id").is_null())
        .unique(["salesperson_id"])
    )
