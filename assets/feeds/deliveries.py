"""One asset per feed: its accepted rows, partitioned by the date on which they were delivered."""

import dagster as dg

from assets.partitions import DELIVERY_DATES, ONE_PASS
from assets.tables import facts_about, key_of
from schemas.catalogue import FEEDS
from schemas.feed import Feed


def _feed_asset(feed: Feed) -> dg.AssetsDefinition:
    facts = facts_about(feed.accepted)
    del facts["io_manager_key"]
    checks = [
        dg.AssetCheckSpec(
            "nothing_lost", asset=key_of(feed.accepted), blocking=True,
            description="Rows and amounts delivered = accepted + quarantined.",
        ),
        dg.AssetCheckSpec(
            "deliveries_readable", asset=key_of(feed.accepted),
            description="No delivery failed. A failed one is loaded by no part; all others stand.",
        ),
    ]  # fmt: skip

    @dg.asset(
        **facts,
        partitions_def=DELIVERY_DATES,
        backfill_policy=ONE_PASS,
        check_specs=checks,
        required_resource_keys={"landing"},
        pool="lake",
    )
    def accepted(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Read, check and keep the deliveries of the run's dates; quarantine what breaks the contract."""
        dates = context.partition_key_range
        return _result(
            context.resources.landing.load(feed, dates.start, dates.end, context.run.tags)
        )

    return accepted


def _result(loaded: "object") -> dg.MaterializeResult:
    raise NotImplementedError


FEED_ASSETS = [_feed_asset(feed) for feed in FEEDS.values()]
