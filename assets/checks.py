"""Blocking checks: one per table from its declaration, and the balance that gates publication. A warning: who is late."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg
import narwhals as nw
import polars as pl

from assets.tables import Frame, Lake, key_of
from schemas.catalogue import FEEDS, TABLES
from schemas.reports.dim_customer import PERSONAL
from schemas.table import Table

_SAMPLE = 5
_SMALL = 250_000


def _schema_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(table),
        name="as_declared",
        blocking=True,
        description="Types, NULLs, ranges, codes and keys are what the table's declaration says.",
        required_resource_keys={"lake", "months"},
    )
    def as_declared(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        lake = context.resources.lake
        frame, rows = _written(lake, table, context.resources.months.texts)
        parts = lake.split(nw.from_native(frame), table.key, rows)
        faults = [*_against_declaration(table, frame), *_repeated_keys(table, parts)]
        return dg.AssetCheckResult(passed=not faults, metadata={"faults": faults[:_SAMPLE]})

    return as_declared


def _written(lake: Lake, table: Table, months: list[str]) -> tuple[pl.LazyFrame, int]:
    """What the run wrote of a table, and how many rows: the run's months, or the parts of a ledger's last commit.

    In memory where it is small: pandera asks a lazy frame dozens of times, which costs more than a small one's rows.
    """
    counts, version = lake.row_counts(table), lake.version(table)
    by_month = table.partition == "as_of_month"
    changed = months if by_month else lake.changed(table, version - 1 if version else None)
    frame = lake.scan(table)
    if changed is not None and table.partition:
        frame = frame.filter(pl.col(table.partition).is_in(changed))
        counts = {part: rows for part, rows in counts.items() if part in changed}
    rows = sum(counts.values())
    return frame.collect().lazy() if rows <= _SMALL else frame, rows


def _against_declaration(table: Table, frame: pl.LazyFrame) -> list[str]:
    """What pandera finds, one sentence each; it streams the values and keeps only failures."""
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    try:
        with config_context(validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            table.pandera().validate(frame, lazy=True)
    except SchemaErrors as errors:
        return _sentences(errors)
    return []


def _sentences(errors: Any) -> list[str]:
    found = errors.failure_cases.group_by("column", "check").agg(
        pl.len(), pl.col("failure_case").first()
    )
    return [
        f"{column}: {check} failed in {count} rows"
        + ("" if column in PERSONAL else f", first: {case}")
        for column, check, count, case in found.sort("column", "check").iter_rows()
    ]


def _repeated_keys(table: Table, parts: Iterable[Frame]) -> Iterator[str]:
    for part in parts:
        counts = part.group_by(*table.key).agg(count=nw.len()).filter(nw.col("count") > 1)
        for *key, count in counts.head(_SAMPLE).collect().iter_rows():
            yield f"{', '.join(table.key)} {', '.join(map(str, key))}: {count} times"


def _balanced() -> dg.AssetChecksDefinition:
    table = TABLES["rpt_reconciliation"]

    @dg.asset_check(
        asset=key_of(table),
        name="balanced",
        blocking=True,
        description="Every count and amount is found again. A break blocks publication.",
        required_resource_keys={"lake", "months"},
    )
    def balanced(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        broken = (
            context.resources.lake.scan(table)
            .filter(
                pl.col("as_of_month").is_in(context.resources.months.texts) & ~pl.col("is_balanced")
            )
            .sort("as_of_month", "check_name", "subject")
            .collect()  # normally no row at all
        )
        return dg.AssetCheckResult(
            passed=broken.is_empty(),
            metadata={
                "breaks": broken.height,
                "first": [_break(row) for row in broken.head(_SAMPLE).to_dicts()],
            },
        )

    return balanced


def _break(row: dict[str, object]) -> str:
    return (
        f"{row['as_of_month']} {row['check_name']} {row['subject']}: "
        f"rows expected {row['expected_rows']}, found {row['actual_rows']}; "
        f"amount expected {row['expected_amount']}, found {row['actual_amount']}"
    )


EXPECTED_DELIVERY = "expected_delivery"


def feed_key(feed: str) -> dg.AssetKey:
    """The asset key of a feed's accepted rows."""
    return key_of(FEEDS[feed].accepted)


@dg.multi_asset_check(
    name="punctuality",
    specs=[
        dg.AssetCheckSpec(
            EXPECTED_DELIVERY, asset=feed_key(feed), description="The delivery of the day before came by its hour."
        )
        for feed in FEEDS
    ],
    can_subset=True,
    required_resource_keys={"punctuality"},
)  # fmt: skip
def expected_deliveries(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """One warning for each feed whose delivery is missed."""
    late = {one.feed: str(one) for one in context.resources.punctuality()}
    for key in context.selected_asset_check_keys:
        feed = key.asset_key.path[-1]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=feed not in late,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"failures": [late[feed]] if feed in late else []},
        )


EXPECTED = dg.AssetSelection.checks(
    *(dg.AssetCheckKey(feed_key(f), EXPECTED_DELIVERY) for f in FEEDS)
)
_CHECKED = [*(feed.ledger for feed in FEEDS.values()), *TABLES.values()]
CHECKS = [*(_schema_check(table) for table in _CHECKED), _balanced(), expected_deliveries]
