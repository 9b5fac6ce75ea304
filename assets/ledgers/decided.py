"""The ledger of a feed and the rows retired from it, by accepted rows: of all keys, or of some whose rows are all there."""

import narwhals as nw

from assets.tables import Frame, Lake
from metrics import ledger
from schemas.feed import Feed


def decided(
    feed: Feed, rows: Frame, full: ledger.FullDeliveries, lake: Lake, count: int
) -> tuple[Frame, Frame]:
    """The ledger of a feed and the rows retired from it; `count`: how many `rows` there are, about.

    Contested keys are few: they are held, and split two tables.
    """
    if feed.is_register:
        (key,) = feed.key
        versions = ledger.versions(rows, key, attributes(feed), full)
        return versions, retired_members(feed, rows, versions)
    portions = lake.split(rows, feed.key, count)
    contested = nw.concat(
        [lake.held(ledger.contested_keys(portion, feed.key, full)) for portion in portions],
        how="vertical",
    )
    versions = (
        rows.join(contested, on=feed.key, how="semi")
        .pipe(ledger.with_fate, feed.key, full)
        .pipe(ledger.with_month, feed.dated_by)
    )
    alone = rows.join(contested, on=feed.key, how="anti").pipe(ledger.with_month, feed.dated_by)
    current = versions.filter(nw.col("fate") == "current")
    columns = feed.ledger.names
    return (
        nw.concat([alone.select(columns), current.select(columns)], how="vertical"),
        versions.filter(nw.col("fate") != "current").with_columns(status="fate"),
    )


def attributes(feed: Feed) -> list[str]:
    """What a register says of a member."""
    return [column.name for column in feed.columns if not column.key]


def retired_members(feed: Feed, rows: Frame, versions: Frame) -> Frame:
    """The rows of a register that begin no current version: one that withdraws its member, any other is superseded.

    A delivery that repeats what is known is superseded from the start: the row that first said it stays.
    """
    gone = nw.col("deleted").fill_null(value=False)
    status = nw.when(gone).then(nw.lit("withdrawn")).otherwise(nw.lit("superseded"))
    begun = versions.filter(nw.col("is_current"))
    return (
        rows.join(begun.select(place(feed)), on=place(feed), how="anti")
        .with_columns(status=status)
        .pipe(ledger.with_month, feed.dated_by)
    )


def place(feed: Feed) -> list[str]:
    """The columns that tell one accepted row of a register from all others."""
    return [*feed.key, "delivered_on", "source_file", "source_row"]
