"""What readers open: made only when every report of the run passed its checks."""

import dagster as dg

from assets.partitions import AS_OF_MONTHS, ONE_PASS
from assets.tables import OWNERS, key_of
from schemas.catalogue import TABLES


@dg.asset(
    key=["published", "duckdb"],
    group_name="published",
    kinds={"duckdb"},
    owners=OWNERS,
    deps=[key_of(table) for table in TABLES.values()],
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    required_resource_keys={"publisher", "months"},
    pool="lake",
)
def duckdb_file(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The DuckDB file with all reporting tables, swapped in whole."""
    rows = context.resources.publisher.publish(context.resources.months.texts)
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), "tables": rows})


PUBLISHED = [duckdb_file]
