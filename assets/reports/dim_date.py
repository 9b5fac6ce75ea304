"""Calendar and fiscal year, quarter and month of each day: computed here."""

import dagster as dg
import narwhals as nw

from assets.tables import Frame, report
from schemas.catalogue import TABLES

# 1970-01-01 was one: three days after a Monday. Engines do not agree on the number of a Sunday.
_THURSDAY = 3


@report(TABLES["dim_date"])
def dim_date(context: dg.AssetExecutionContext) -> Frame:
    """One row per day from the first day of the first as-of month to the last day of the last one."""
    months = context.resources.months
    starts = months.fiscal_year_starts
    month, year = nw.col("calendar_month"), nw.col("calendar_year")
    fiscal_month = (month - starts + 12) % 12 + 1
    ends_next_year = (month >= starts) if starts > 1 else nw.lit(value=False)
    return (
        months.days()
        .with_columns(
            calendar_year=nw.col("date").dt.year(), calendar_month=nw.col("date").dt.month()
        )
        .with_columns(
            calendar_quarter=(month - 1) // 3 + 1,
            fiscal_month=fiscal_month,
            fiscal_quarter=(fiscal_month - 1) // 3 + 1,
            fiscal_year=nw.when(ends_next_year).then(year + 1).otherwise(year),
            as_of_month=nw.col("date").dt.to_string("%Y-%m"),
            is_month_end=_ends_month(),
            day_of_month=nw.col("date").dt.day(),
            day_of_week=(nw.col("day") + _THURSDAY) % 7 + 1,
        )
    )


def _ends_month() -> nw.Expr:
    """The day after is the first of a month."""
    return nw.col("date").dt.offset_by("1d").dt.day() == 1
