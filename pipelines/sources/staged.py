"""One delivery read to its end into a folder of its own: what is good, what is refused, and what both add up to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from pipelines.sources.read import raw_frames
from pipelines.sources.rules import checked
from pipelines.sources.taken import fingerprint
from schemas.state import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pipelines.sources.find import Delivery
    from pipelines.sources.read import Raw
    from schemas.feed import Feed


@dataclass(frozen=True)
class Staged:
    """One delivery that was read to its end: its rows lie in `folder`. `unmapped`: columns that the settings pass over."""

    delivery: Delivery
    folder: Path
    totals: pl.DataFrame
    unmapped: frozenset[str]

    @property
    def date(self) -> str:
        """The date of the delivery, YYYY-MM-DD."""
        return self.delivery.delivered_on.isoformat()

    def row(self, feed: Feed) -> dict[str, Any]:
        """This delivery's row of the table of deliveries."""
        told = self.totals.row(0, named=True)
        amounts = {name: str(told[name] or 0) for name in feed.measures}
        return {
            "feed": feed.name,
            "delivered_on": self.delivery.delivered_on,
            "fingerprint": fingerprint(self.delivery),
            "delivered_rows": told["rows"],
            "accepted_rows": _height(self.folder, "accepted"),
            "quarantined_rows": _height(self.folder, "rejected"),
            "delivered_amounts": json.dumps(amounts),
            "full_sources": ",".join(str(number) for number in self.delivery.full_sources),
        }


def stage(
    feed: Feed,
    delivery: Delivery,
    kept: tuple[pl.LazyFrame, pl.LazyFrame] | None,
    folder: Path,
    timezone: str,
) -> Staged:
    """Read one delivery, split by the rules, in one pass over each file.

    `kept`: accepted and refused rows of the delivery that stay, of sources that are not asked.

    Raises:
        DeliveryError: a part cannot be read.
    """
    folder.mkdir()
    sums, unmapped = [_none(feed)], set()
    for number, raw in enumerate(raw_frames(delivery, folder)):
        unmapped |= raw.unmapped
        rows = checked(feed, raw.frame, raw.formats, timezone)
        rows = rows.with_columns(
            delivered_on=pl.lit(delivery.delivered_on),
            source_file=pl.lit(raw.part.name),
            source_row=pl.col("_row").cast(pl.Int64),
            source_no=pl.lit(raw.part.source_no, pl.Int64),
        )
        good = pl.col("_reasons").list.len() == 0
        accepted = rows.filter(good).select(feed.accepted.names)
        rejected = rows.filter(~good).select(_quarantined(feed))
        sums.append(_read(raw, accepted, rejected, totals(feed, rows), folder, number))
    if kept is not None:
        sums.append(_keep(feed, *kept, folder))
    return Staged(delivery, folder, pl.concat(sums).sum(), frozenset(unmapped))


def stored(staged: Sequence[Staged], half: str, schema: pl.Schema) -> pl.LazyFrame:
    """The rows of one half, accepted or rejected, of all these deliveries."""
    files = [path for one in staged for path in sorted(one.folder.glob(f"*.{half}.parquet"))]
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=schema)


def totals(feed: Feed, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row: how many rows, and the sum of each amount."""
    return rows.select(
        pl.len().cast(pl.Int64).alias("rows"), *(pl.col(name).sum() for name in feed.measures)
    )


def _none(feed: Feed) -> pl.DataFrame:
    return totals(feed, pl.LazyFrame(schema=feed.accepted.schema)).collect()


def _read(
    raw: Raw,
    accepted: pl.LazyFrame,
    rejected: pl.LazyFrame,
    sums: pl.LazyFrame,
    folder: Path,
    number: int,
) -> pl.DataFrame:
    """Both halves to disk and the totals, in one pass: the plan up to the split is shared."""
    with raw.reading():
        return pl.collect_all(
            [
                _sink(accepted, folder / f"{number}.accepted.parquet"),
                _sink(rejected, folder / f"{number}.rejected.parquet"),
                sums,
            ],
            engine="streaming",
        )[2]


def _keep(feed: Feed, accepted: pl.LazyFrame, rejected: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    """The same of rows that the lake has."""
    amounts = feed.accepted.from_json("amounts", feed.measures)
    *_, good, refused = pl.collect_all(
        [
            _sink(accepted, folder / "kept.accepted.parquet"),
            _sink(rejected.select(QUARANTINE.names), folder / "kept.rejected.parquet"),
            totals(feed, accepted),
            totals(feed, rejected.with_columns(amounts)),
        ],
        engine="streaming",
    )
    return pl.concat([good, refused])


def _quarantined(feed: Feed) -> list[pl.Expr]:
    amounts = [pl.col(name).cast(pl.String).alias(name) for name in feed.measures]
    as_json = pl.struct(*amounts).struct.json_encode() if amounts else pl.lit("{}")
    key = pl.struct(*(pl.col(name).cast(pl.String).alias(name) for name in feed.key))
    return [
        pl.lit(feed.name).alias("feed"),
        *(pl.col(name) for name in ("delivered_on", "source_file", "source_row", "source_no")),
        key.struct.json_encode().alias("key"),
        pl.col("_reasons").alias("reasons"),
        pl.col("_raw").struct.json_encode().alias("raw_row"),
        as_json.alias("amounts"),
    ]


def _sink(frame: pl.LazyFrame, target: Path) -> pl.LazyFrame:
    return frame.sink_parquet(target, compression="lz4", lazy=True)


def _height(folder: Path, half: str) -> int:
    files = sorted(folder.glob(f"*.{half}.parquet"))
    return int(pl.scan_parquet(files).select(pl.len()).collect().item()) if files else 0
