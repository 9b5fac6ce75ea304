"""Two assets per feed: its ledger, the newest version of every key, and the rows retired from it."""

from collections.abc import Callable

import dagster as dg
import narwhals as nw

from assets.tables import Frame, facts_about, key_of
from metrics import ledger
from schemas.catalogue import FEEDS
from schemas.feed import Feed


def _ledger_asset(feed: Feed) -> dg.AssetsDefinition:
    outs = {
        str(table.layer): dg.AssetOut(**facts_about(table, [feed.accepted]))
        for table in (feed.ledger, feed.retired)
    }

    @dg.multi_asset(
        name=f"ledger_{feed.name}",
        outs=outs,
        # Read whole, by hand; of an input of all partitions Dagster lists every day since 1990, in every run.
        deps=[dg.AssetDep(key_of(feed.accepted), partition_mapping=dg.LastPartitionMapping())],
        required_resource_keys={"landing", "lake"},
        pool="lake",
    )
    def decided_rows(context: dg.AssetExecutionContext) -> tuple[Frame, Frame]:
        """Decide between versions: the newest wins, withdrawals end, full deliveries end what they lack."""
        lake = context.resources.lake
        full = context.resources.landing.full_deliveries(feed)
        return decided(feed, nw.from_native(lake.scan(feed.accepted)), full, lake.held)

    return decided_rows


def decided(
    feed: Feed, rows: Frame, full: ledger.FullDeliveries, held: Callable[[Frame], Frame]
) -> tuple[Frame, Frame]:
    """The ledger of a feed and the rows retired from it, by all its accepted rows.

    `held`: computes a frame once. Contested keys are few, and two tables are split by them.
    """
    contested = held(ledger.contested_keys(rows, feed.key, full))
    versions = (
        rows.join(contested, on=feed.key, how="semi")
        .pipe(ledger.with_fate, feed.key, full)
        .pipe(ledger.with_month, feed.dated_by)
    )
    if feed.is_register:
        return _register(feed, rows, versions, full)
    alone = rows.join(contested, on=feed.key, how="anti").pipe(ledger.with_month, feed.dated_by)
    current = versions.filter(nw.col("fate") == "current")
    columns = feed.ledger.names
    return (
        nw.concat([alone.select(columns), current.select(columns)], how="vertical"),
        versions.filter(nw.col("fate") != "current").with_columns(status="fate"),
    )


def _register(
    feed: Feed, rows: Frame, delivered: Frame, full: ledger.FullDeliveries
) -> tuple[Frame, Frame]:
    """The versions of a register, and the rows that begin no current one.

    A delivery that repeats what is known is superseded from the start: the row that first said it stays.
    """
    (key,) = feed.key
    attributes = [column.name for column in feed.columns if not column.key]
    versions = ledger.versions(rows, key, attributes, full)
    origin = [key, "delivered_on", "source_file", "source_row"]
    begun = versions.filter(nw.col("is_current")).select(*origin)
    gone = nw.col("fate") == "withdrawn"
    status = nw.when(gone).then(nw.lit("withdrawn")).otherwise(nw.lit("superseded"))
    retired = delivered.join(begun, on=origin, how="anti").with_columns(status=status)
    return versions, retired


LEDGER_ASSETS = [_ledger_asset(feed) for feed in FEEDS.values()]
