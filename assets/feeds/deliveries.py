"""One asset per feed: its accepted rows, partitioned by the date on which they were delivered."""

from typing import Any, Protocol

import dagster as dg

from assets.partitions import DELIVERY_DATES, ONE_PASS
from assets.retries import TRIES, another_try, trying_again
from assets.tables import facts_about, key_of
from schemas.catalogue import FEEDS
from schemas.feed import Feed

_REASONS = 10
FIRST_DATE = "kehu/from"
LAST_DATE = "kehu/to"


class Loaded(Protocol):
    """What became of a feed's deliveries in one run."""

    delivered: int
    accepted: int
    quarantined: int
    reasons: Any
    unmapped: set[str]
    failures: list[str]
    dates: list[str]
    lost: list[str]
    is_away: bool


def _feed_asset(feed: Feed) -> dg.AssetsDefinition:
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

    @dg.asset(  # type: ignore[untyped-decorator]
        **facts_about(feed.accepted, []),
        partitions_def=DELIVERY_DATES,
        backfill_policy=ONE_PASS,
        check_specs=checks,
        required_resource_keys={"landing"},
        pool="lake",
    )
    def accepted(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """Read, check and keep the deliveries of the run's dates; quarantine what breaks the contract."""
        first, last = _dates(context)
        with trying_again():
            loaded = context.resources.landing.load(feed, first, last, context.run.tags)
        if loaded.is_away and context.retry_number < TRIES:
            raise another_try()
        for day in loaded.dates if not context.has_partition_key_range else ():
            context.log_event(dg.AssetMaterialization(asset_key=context.asset_key, partition=day))
        return dg.MaterializeResult(
            metadata=_metadata(loaded), check_results=[_nothing_lost(loaded), _readable(loaded)]
        )

    return accepted


def _dates(context: dg.AssetExecutionContext) -> tuple[str, str]:
    """The partitions of the run; a run that names none says its dates in its tags.

    A run over partitions costs two events a day and feed, deliveries or not; most days of a long range have none.
    """
    if context.has_partition_key_range:
        return context.partition_key_range.start, context.partition_key_range.end
    return context.run.tags[FIRST_DATE], context.run.tags[LAST_DATE]


def _metadata(loaded: Loaded) -> dict[str, Any]:
    return {
        "dagster/row_count": loaded.accepted,
        "delivered": loaded.delivered,
        "quarantined": loaded.quarantined,
        "deliveries": len(loaded.dates),
        "columns not mapped": sorted(loaded.unmapped),
    }


def _nothing_lost(loaded: Loaded) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="nothing_lost",
        passed=not loaded.lost,
        metadata={
            **_metadata(loaded),
            "reasons": dict(loaded.reasons.most_common(_REASONS)),
            "lost": loaded.lost,
        },
    )


def _readable(loaded: Loaded) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name="deliveries_readable",
        passed=not loaded.failures,
        metadata={"failures": loaded.failures},
    )


FEED_ASSETS = [_feed_asset(feed) for feed in FEEDS.values()]
