"""What readers open: made only when every report of the run passed its checks; noted down last."""

from typing import Any

import dagster as dg

from assets.partitions import AS_OF_MONTHS, ONE_PASS
from assets.tables import OWNERS, key_of
from schemas.catalogue import TABLES

# What the summary of a run tells of a step, under this name of its metadata.
NOTES = "notes"
_PUBLISHED: dict[str, Any] = {
    "group_name": "published",
    "owners": OWNERS,
    "partitions_def": AS_OF_MONTHS,
    "backfill_policy": ONE_PASS,
    "pool": "lake",
}


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "duckdb"],
    kinds={"duckdb"},
    deps=[key_of(table) for table in TABLES.values()],
    required_resource_keys={"publisher", "months"},
    **_PUBLISHED,
)
def duckdb_file(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The DuckDB file with all reporting tables, swapped in whole."""
    rows = context.resources.publisher.publish()
    return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), "tables": rows})


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "postgres"],
    kinds={"postgres"},
    deps=[duckdb_file],
    required_resource_keys={"publisher"},
    **_PUBLISHED,
)
def postgres_tables(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The reporting tables in PostgreSQL: what changed is swapped in one transaction; nothing where the settings name none."""
    sent = context.resources.publisher.publish_postgres()
    return dg.MaterializeResult(metadata={"rows sent": sent.rows, NOTES: sent.notes})


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "credit_reports"],
    kinds={"html", "pdf"},
    deps=[duckdb_file],
    required_resource_keys={"credit_documents", "months"},
    **_PUBLISHED,
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


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "notices"],
    kinds={"notification"},
    deps=[duckdb_file],
    required_resource_keys={"notifier", "months"},
    **_PUBLISHED,
)
def notices(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The urgent findings of the latest as-of month, told on each channel that does not know them; none fails the run."""
    told = context.resources.notifier.tell(context.resources.months)
    return dg.MaterializeResult(
        metadata={"told": told.findings, "channels": told.channels, NOTES: told.notes}
    )


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "months"],
    deps=[duckdb_file, postgres_tables, credit_reports, notices],
    required_resource_keys={"publisher", "months"},
    **_PUBLISHED,
)
def published_months(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The note of what each month was computed from: until it is made, the next run computes these months again."""
    restated = context.resources.publisher.remember(context.resources.months.texts)
    told = f"closed months restated: {', '.join(restated)} (table restatement of the lake)"
    return dg.MaterializeResult(metadata={"restated": restated, NOTES: [told] if restated else []})


PUBLISHED = [duckdb_file, postgres_tables, credit_reports, notices, published_months]
