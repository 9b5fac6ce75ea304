"""Two assets per feed: its ledger, the newest version of every key, and the rows retired from it."""

from typing import Any

import dagster as dg

from assets.ledgers.changes import ledger_of
from assets.partitions import ONE_PASS
from assets.tables import facts_about, key_of
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
        backfill_policy=ONE_PASS,
        required_resource_keys={"landing", "lake"},
        pool="lake",
    )
    def decided_rows(context: dg.AssetExecutionContext) -> tuple[Any, Any]:
        """Decide between versions: the newest wins, withdrawals end, full deliveries end what they lack."""
        full = context.resources.landing.full_deliveries(feed)
        return ledger_of(feed, context.resources.lake, full)

    return decided_rows


LEDGER_ASSETS = [_ledger_asset(feed) for feed in FEEDS.values()]
