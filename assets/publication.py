"""What readers open: made only when every report of the run passed its checks; noted down last."""

import dagster as dg

from assets.partitions import AS_OF_MONTHS, ONE_PASS
from assets.tables import OWNERS, key_of
from schemas.catalogue import TABLES

# What the summary of a run tells of a step, under this name of its metadata.
NOTES = "notes"


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
    rows = context.resources.publisher.publish()
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), "tables": rows})


@dg.asset(
    key=["published", "postgres"],
    group_name="published",
    kinds={"postgres"},
    owners=OWNERS,
    deps=[duckdb_file],
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    required_resource_keys={"publisher"},
    pool="lake",
)
def postgres_tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The reporting tables in PostgreSQL: what changed is swapped in one transaction; nothing where the settings name none."""
    sent = context.resources.publisher.publish_postgres()
    return dg.MaterializeResult(metadata={"rows sent": sent.rows, NOTES: sent.notes})


@dg.asset(
    key=["published", "credit_reports"],
    group_name="published",
    kinds={"html", "pdf"},
    owners=OWNERS,
    deps=[duckdb_file],
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    required_resource_keys={"credit_documents", "months"},
    pool="lake",
)
def credit_reports(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The written credit reports of the latest as-of month, one document per customer who needs one."""
    written = context.resources.credit_documents.write_latest(context.resources.months.texts)
    return dg.MaterializeResult(
        metadata={
            "reports": written.count,
            "indexes": [str(path) for path in written.indexes],
            NOTES: written.notes,
        }
    )


@dg.asset(
    key=["published", "notices"],
    group_name="published",
    kinds={"notification"},
    owners=OWNERS,
    deps=[duckdb_file],
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    required_resource_keys={"notifier", "months"},
    pool="lake",
)
def notices(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The urgent findings of the latest as-of month, told on each channel that does not know them; none fails the run."""
    told = context.resources.notifier.tell(context.resources.months)
    return dg.MaterializeResult(
        metadata={"told": told.findings, "channels": told.channels, NOTES: told.notes}
    )


@dg.asset(
    key=["published", "months"],
    group_name="published",
    owners=OWNERS,
    deps=[duckdb_file, postgres_tables, credit_reports, notices],
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    required_resource_keys={"publisher", "months"},
    pool="lake",
)
def published_months(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The note of what each month was computed from: until it is made, the next run computes these months again."""
    restated = context.resources.publisher.remember(context.resources.months.texts)
    told = f"closed months restated: {', '.join(restated)} (table restatement of the lake)"
    return dg.MaterializeResult(metadata={"restated": restated, NOTES: [told] if restated else []})


PUBLISHED = [duckdb_file, postgres_tables, credit_reports, notices, published_months]
