"""What readers open: made only when every report of the run passed its checks; noted down before the page, which tells of it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.partitions import AS_OF_MONTHS, ONE_PASS
from assets.tables import FRESH, OWNERS, key_of
from schemas.catalogue import TABLES

# What the summary of a run tells of a step, under this name of its metadata.
NOTES = "notes"
CLOSED = "closed_months_stand"
_PUBLISHED: dict[str, Any] = {
    "group_name": "published",
    "owners": OWNERS,
    "partitions_def": AS_OF_MONTHS,
    "backfill_policy": ONE_PASS,
    "pool": "lake",
    "freshness_policy": FRESH,
}


STAGED = dg.AssetKey(["published", "staged"])
# Where readers look, and where what they will see is judged.
_PLACES = ("duckdb", "postgres")


def _check_name(place: str, table: str) -> str:
    return f"{place}__{table}"


def _lines(outcomes: dict[str, str]) -> list[dg.TableRecord]:
    return [dg.TableRecord({"expectation": one, "outcome": told}) for one, told in outcomes.items()]


@dg.multi_asset(
    name="published__staged",
    specs=[
        dg.AssetSpec(
            STAGED,
            deps=[key_of(table) for table in TABLES.values()],
            description="What is about to be published, beside what is: judged as its readers will see it.",
            kinds={"duckdb", "postgres", "greatexpectations"},
            group_name="published",
            owners=OWNERS,
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _check_name(place, name),
            asset=STAGED,
            # The step itself ends where one fails: Dagster warns of blocking checks that have nothing to judge.
            blocking=False,
            description=f"Every expectation of {name}, by its name, as readers of {place} will see it.",
        )
        for place in _PLACES
        for name in TABLES
    ],
    can_subset=True,  # a place that the settings do not name is not judged
    partitions_def=AS_OF_MONTHS,
    backfill_policy=ONE_PASS,
    pool="lake",
    required_resource_keys={"publisher", "months"},
)
def staged(
    context: dg.AssetExecutionContext,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    """The new DuckDB file and the rows for PostgreSQL; one expectation that fails keeps the whole run from readers."""
    verdicts = context.resources.publisher.verdicts
    for verdict in verdicts:
        yield dg.AssetCheckResult(
            asset_key=STAGED,
            check_name=_check_name(verdict.place, verdict.table),
            passed=not verdict.faults,
            description="; ".join(verdict.faults),
            metadata={"expectations": dg.MetadataValue.table(_lines(verdict.outcomes))},
        )
    context.resources.publisher.refuse_failed()
    yield dg.MaterializeResult(
        asset_key=STAGED, metadata={"expectations": sum(len(v.results) for v in verdicts)}
    )


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "duckdb"],
    kinds={"duckdb"},
    deps=[STAGED],
    required_resource_keys={"publisher", "months"},
    **_PUBLISHED,
)
def duckdb_file(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The DuckDB file with all reporting tables, what changed written anew, swapped in whole."""
    rows = context.resources.publisher.publish()
    return dg.MaterializeResult(metadata={"rows written": rows})


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
    check_specs=[
        dg.AssetCheckSpec(
            CLOSED,
            asset=["published", "months"],
            description="No month that was closed is other than it was published. A warning: late data is no fault.",
        )
    ],
    required_resource_keys={"publisher", "months"},
    **_PUBLISHED,
)
def published_months(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The note of what each month was computed from: until it is made, the next run computes these months again."""
    months = context.resources.months
    restated = context.resources.publisher.remember(months.texts, months.scope)
    told = f"closed months restated: {', '.join(restated)} (table restatement of the lake)"
    return dg.MaterializeResult(
        metadata={"restated": restated, NOTES: [told] if restated else []},
        check_results=[
            dg.AssetCheckResult(
                check_name=CLOSED,
                passed=not restated,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"restated": restated},
            )
        ],
    )


@dg.asset(  # type: ignore[untyped-decorator]
    key=["published", "manager_page"],
    kinds={"html"},
    deps=[published_months, credit_reports],
    required_resource_keys={"manager_page"},
    **_PUBLISHED,
)
def manager_page(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The manager's page of the newest as-of month; a run that finds it behind what is published writes it again."""
    written = context.resources.manager_page.write()
    return dg.MaterializeResult(metadata={"page": str(written)} if written else {})


PUBLISHED = [
    staged,
    duckdb_file,
    postgres_tables,
    credit_reports,
    notices,
    published_months,
    manager_page,
]
