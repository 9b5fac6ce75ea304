"""Two assets per feed: its ledger, the newest version of every key, and the rows retired from it."""

import dagster as dg
import narwhals as nw

from assets.tables import facts_about, key_of
from metrics import ledger
from schemas.catalogue import FEEDS
from schemas.feed import Feed


def _ledger_asset(feed: Feed) -> dg.AssetsDefinition:
    outs = {
        table.layer: dg.AssetOut(**{k: v for k, v in facts_about(table).items() if k != "owners"})
        for table in (feed.ledger, feed.retired)
    }

    @dg.multi_asset(
        name=f"ledger_{feed.name}",
        outs=outs,
        ins={"rows": dg.AssetIn(key=key_of(feed.accepted))},
        required_resource_keys={"landing"},
        pool="lake",
    )
    def current(context: dg.AssetExecutionContext, rows: nw.LazyFrame) -> tuple[nw.LazyFrame, ...]:
        """Decide between versions: the newest wins, withdrawals end, full deliveries end what they lack."""
        full = context.resources.landing.full_deliveries(feed)
        contested = context.resources.landing.held(ledger.contested_keys(rows, feed.key, full.last))
        statuses = ledger.with_status(
            rows.join(contested, on=feed.key, how="semi"), feed.key, full.last
        ).pipe(ledger.with_month, feed.dated_by)
        retired = statuses.filter(nw.col("status") != "current")
        if feed.is_register:
            return _register(feed, rows, full.each), retired
        alone = rows.join(contested, on=feed.key, how="anti").pipe(ledger.with_month, feed.dated_by)
        decided = statuses.filter(nw.col("status") == "current").drop("status")
        columns = feed.ledger.names
        return nw.concat([alone.select(columns), decided.select(columns)]), retired

    return current


def _register(feed: Feed, rows: nw.LazyFrame, full_deliveries: nw.LazyFrame) -> nw.LazyFrame:
    (key,) = feed.key
    attributes = [column.name for column in feed.columns if not column.key]
    return ledger.versions(rows, key, attributes, full_deliveries)


LEDGER_ASSETS = [_ledger_asset(feed) for feed in FEEDS.values()]
