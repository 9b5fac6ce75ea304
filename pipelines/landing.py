"""Taking deliveries in: find them, read them, keep what is good, quarantine what is not.

Every delivery is first read to its end into a folder of its own; only deliveries that could be read whole go
into the lake, all of them in one commit per table. Before that their rows of the table of deliveries are marked as half
taken, and what was delivered is written down last: a run that dies in between leaves deliveries that the next one reads
again, whatever lies there by then; what is offered no more, as the snapshot of another night, leaves the lake.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from metrics.ledger import FullDeliveries
from pipelines.errors import DeliveryError
from pipelines.lake import Lake, one_of
from pipelines.sources.find import find
from pipelines.sources.read import raw_frames
from pipelines.sources.rules import checked
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES, QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pipelines.settings import Settings
    from pipelines.sources.find import Delivery
    from pipelines.sources.read import Raw
    from schemas.feed import Feed

ONLY_NEW = "kehu/only_new"
# The fingerprint of a delivery that is being taken, or that a run which died took by half.
HALF_TAKEN = ""
_SAMPLE = 5


@dataclass
class Loaded:
    """What became of a feed's deliveries in one run."""

    feed: str
    delivered: int = 0
    accepted: int = 0
    quarantined: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unmapped: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    is_away: bool = False


class Landing:
    """The landing zone of one company: its settings' sources on one side, its lake on the other."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    # --- what lies there --------------------------------------------------------------------------
    def pending(
        self,
        first: date | None,
        last: date,
        *,
        only_new: bool,
        feeds: Collection[str] | None = None,
    ) -> dict[str, list[date]]:
        """The dates of each feed's deliveries from `first` to `last`; `only_new`: of those not taken yet.

        `feeds`: which feeds are looked at; all of the settings unless told.

        A feed that cannot be asked is pending on the last date: its asset will say what is wrong. A feed whose ledger was
        not decided from all its accepted rows, because a run died in between, is pending on no date.
        """
        pending = {}
        for name in self._settings.feeds if feeds is None else feeds:
            try:
                found = self._found(FEEDS[name], first, last, only_new=only_new)
                days = [delivery.delivered_on for delivery in found]
            except DeliveryError:
                days = [last]
            if days or not self._is_decided(FEEDS[name]):
                pending[name] = days
        return pending

    def _is_decided(self, feed: Feed) -> bool:
        """Whether the ledger and the retired rows were made from the accepted rows as they are."""
        lake = self._lake
        made_from = [lake.made_from(one) for one in (feed.ledger, feed.retired)]
        changed = [lake.changed(feed.accepted, version) for version in made_from]
        return changed == [[], []] or lake.version(feed.accepted) is None

    def new_deliveries(self, feed: Feed, last: date) -> list[Delivery]:
        """The deliveries of a feed up to `last` that were not taken yet.

        Raises:
            DeliveryError: the feed cannot be asked.
        """
        return self._found(feed, None, last, only_new=True)

    def _found(
        self, feed: Feed, first: date | None, last: date, *, only_new: bool
    ) -> list[Delivery]:
        taken = self._taken(feed)
        since = _first_unknown(taken) if only_new and taken and first is None else first
        deliveries = find(self._settings, feed, first, last, since)
        if not only_new:
            return deliveries
        return [delivery for delivery in deliveries if not _is_taken(delivery, taken)]

    def _taken(self, feed: Feed) -> dict[date, str]:
        rows = self._lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
        return dict(rows.select("delivered_on", "fingerprint").collect().iter_rows())

    def full_deliveries(self, feed: Feed) -> FullDeliveries:
        """Which deliveries of a feed held every key of a source, and which keys they hold in quarantined rows."""
        each = (
            self._lake.scan(DELIVERIES)
            .filter((pl.col("feed") == feed.name) & (pl.col("full_sources") != ""))
            .select(
                source_no=pl.col("full_sources").str.split(",").cast(pl.List(pl.Int64)),
                full_on=pl.col("delivered_on"),
            )
            .explode("source_no")
            .collect()  # one row per full delivery
            .lazy()
        )
        mentioned = (
            self._lake.scan(QUARANTINE)
            .filter(pl.col("feed") == feed.name)
            .rename({"delivered_on": "full_on"})
            .join(each, on=["source_no", "full_on"], how="semi")
            .select("source_no", "full_on", *feed.accepted.from_json("key", feed.key))
            .drop_nulls()
        )
        return FullDeliveries(self._lake.given(each), self._lake.given(mentioned))

    # --- taking it in -----------------------------------------------------------------------------
    def load(self, feed: Feed, first: str, last: str, tags: Mapping[str, str]) -> Loaded:
        """Take the deliveries of a feed from `first` to `last` into the lake."""
        loaded = Loaded(feed.name)
        if feed.name not in self._settings.feeds:
            return loaded
        with self._lake.scratch() as folder:
            staged = []
            offered = self._to_load(feed, first, last, tags, loaded)
            for number, delivery in enumerate(offered):
                try:
                    staged.append(self._stage(feed, delivery, folder / str(number), loaded))
                except DeliveryError as error:
                    loaded.failures.append(f"{feed.name} of {delivery.delivered_on}: {error}")
            if staged:
                self._commit(feed, staged, self._gone(feed, offered, tags))
                self._count(feed, staged, loaded)
        return loaded

    def _to_load(
        self, feed: Feed, first: str, last: str, tags: Mapping[str, str], loaded: Loaded
    ) -> list[Delivery]:
        try:
            return self._found(
                feed,
                date.fromisoformat(first),
                date.fromisoformat(last),
                only_new=tags.get(ONLY_NEW) == "true",
            )
        except DeliveryError as error:
            loaded.failures.append(f"{feed.name}: {error}")
            loaded.is_away = error.passes
            return []

    def _stage(self, feed: Feed, delivery: Delivery, folder: Path, loaded: Loaded) -> _Staged:
        """Read one delivery to its end, split by the rules, in one pass over each file."""
        folder.mkdir()
        totals = []
        for number, raw in enumerate(raw_frames(delivery)):
            loaded.unmapped |= raw.unmapped
            rows = checked(feed, raw.frame, raw.formats, self._settings.calendar.timezone)
            origin = {
                "delivered_on": pl.lit(delivery.delivered_on),
                "source_file": pl.lit(raw.part.name),
                "source_row": pl.col("_row").cast(pl.Int64),
                "source_no": pl.lit(raw.part.source_no, pl.Int64),
            }
            rows = rows.with_columns(**origin)
            good = pl.col("_reasons").list.len() == 0
            accepted = rows.filter(good).select(feed.accepted.names)
            rejected = rows.filter(~good).select(_quarantined(feed))
            totals.append(_run_all(raw, accepted, rejected, _totals(feed, rows), folder, number))
        return _Staged(delivery, folder, pl.concat(totals).sum() if totals else None)

    def _gone(self, feed: Feed, offered: Sequence[Delivery], tags: Mapping[str, str]) -> list[str]:
        """The dates of deliveries that were taken by half and are not offered any more."""
        if tags.get(ONLY_NEW) != "true":  # of a range of dates, others are offered another time
            return []
        half = {day for day, told in self._taken(feed).items() if told == HALF_TAKEN}
        return [day.isoformat() for day in sorted(half - {one.delivered_on for one in offered})]

    def _commit(self, feed: Feed, staged: Sequence[_Staged], gone: Sequence[str]) -> None:
        dates = [*(one.date for one in staged), *gone]
        on = one_of("delivered_on", dates)
        of_feed = f"feed = '{feed.name}' AND {on}"
        self._lake.replace(DELIVERIES, self._half_taken(feed, dates), of_feed)
        accepted = _scan(staged, "accepted", feed.accepted.schema)
        if not feed.is_register and self._ends_keys(feed, staged, dates):
            self._lake.replace(feed.accepted, accepted, on)  # what it lacks may lie anywhere
        else:
            self._lake.replace(feed.accepted, accepted, on, parts=dates)
        rejected = _scan(staged, "rejected", QUARANTINE.schema)
        self._lake.replace(QUARANTINE, rejected, of_feed)
        rows = pl.LazyFrame([one.row(feed) for one in staged], schema=DELIVERIES.schema)
        self._lake.replace(DELIVERIES, rows, of_feed)

    def _half_taken(self, feed: Feed, dates: Sequence[str]) -> pl.LazyFrame:
        """The rows of these deliveries while they are taken: as they were, but for the fingerprint."""
        known = self._lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
        days = pl.LazyFrame({"delivered_on": [date.fromisoformat(day) for day in dates]})
        rows = days.join(known, on="delivered_on", how="left").with_columns(
            pl.col("delivered_rows", "accepted_rows", "quarantined_rows").fill_null(0),
            pl.col("full_sources").fill_null(""),
            feed=pl.lit(feed.name),
            delivered_amounts=pl.col("delivered_amounts").fill_null("{}"),
            fingerprint=pl.lit(HALF_TAKEN),
        )
        return rows.collect().lazy()

    def _ends_keys(self, feed: Feed, staged: Sequence[_Staged], dates: list[str]) -> bool:
        """Whether one of these deliveries holds every key of a source, or did so before it was delivered anew."""
        before = self._lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
        full = before.filter(
            pl.col("delivered_on").cast(pl.String).is_in(dates), pl.col("full_sources") != ""
        )
        return any(one.delivery.full_sources for one in staged) or full.collect().height > 0

    def _count(self, feed: Feed, staged: Sequence[_Staged], loaded: Loaded) -> None:
        """Compare what was delivered with what the lake now holds of it."""
        loaded.dates = [one.date for one in staged]
        dates = [one.delivery.delivered_on for one in staged]
        accepted = self._lake.scan(feed.accepted).filter(pl.col("delivered_on").is_in(dates))
        rejected = self._lake.scan(QUARANTINE).filter(
            (pl.col("feed") == feed.name) & pl.col("delivered_on").is_in(dates)
        )
        kept, refused = pl.collect_all(
            [
                _totals(feed, accepted),
                _totals(
                    feed, rejected.with_columns(feed.accepted.from_json("amounts", feed.measures))
                ),
            ]
        )
        delivered = pl.concat([one.totals for one in staged if one.totals is not None]).sum()
        loaded.delivered = delivered["rows"][0]
        loaded.accepted = kept["rows"][0]
        loaded.quarantined = refused["rows"][0]
        for name in delivered.columns:
            came, kept_, refused_ = (frame[name][0] or 0 for frame in (delivered, kept, refused))
            if came != kept_ + refused_:
                loaded.lost.append(
                    f"{name}: delivered {came}, accepted {kept_}, quarantined {refused_}"
                )
        reasons = rejected.select(pl.col("reasons").explode().value_counts()).unnest("reasons")
        loaded.reasons.update(dict(reasons.collect().iter_rows()))


@dataclass(frozen=True)
class _Staged:
    """One delivery that was read to its end: its rows lie in `folder`."""

    delivery: Delivery
    folder: Path
    totals: pl.DataFrame | None

    @property
    def date(self) -> str:
        return self.delivery.delivered_on.isoformat()

    def row(self, feed: Feed) -> dict[str, Any]:
        """This delivery's row of the table of deliveries."""
        totals = {} if self.totals is None else self.totals.row(0, named=True)
        amounts = {name: str(totals.get(name) or 0) for name in feed.measures}
        return {
            "feed": feed.name,
            "delivered_on": self.delivery.delivered_on,
            "fingerprint": self.delivery.fingerprint,
            "delivered_rows": totals.get("rows", 0),
            "accepted_rows": _height(self.folder, "accepted"),
            "quarantined_rows": _height(self.folder, "rejected"),
            "delivered_amounts": json.dumps(amounts),
            "full_sources": ",".join(str(number) for number in self.delivery.full_sources),
        }


def _first_unknown(taken: Mapping[date, str]) -> date:
    """The first date of which it is not known what was delivered."""
    half = [day for day, told in taken.items() if told == HALF_TAKEN]
    return min(half) if half else max(taken) + timedelta(days=1)


def _is_taken(delivery: Delivery, taken: Mapping[date, str]) -> bool:
    """Whether the same content is there already; a snapshot's may have been read on an earlier date."""
    if delivery.is_snapshot:
        earlier = [day for day in taken if day <= delivery.delivered_on]
        return bool(earlier) and taken[max(earlier)] == delivery.fingerprint
    return taken.get(delivery.delivered_on) == delivery.fingerprint


def _totals(feed: Feed, rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select(
        pl.len().cast(pl.Int64).alias("rows"), *(pl.col(name).sum() for name in feed.measures)
    )


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


def _run_all(
    raw: Raw,
    accepted: pl.LazyFrame,
    rejected: pl.LazyFrame,
    totals: pl.LazyFrame,
    folder: Path,
    number: int,
) -> pl.DataFrame:
    """Both halves to disk and the totals, in one pass: the plan up to the split is shared."""
    with raw.reading():
        return pl.collect_all(
            [
                _sink(accepted, folder / f"{number}.accepted.parquet"),
                _sink(rejected, folder / f"{number}.rejected.parquet"),
                totals,
            ],
            engine="streaming",
        )[2]


def _sink(frame: pl.LazyFrame, target: Path) -> pl.LazyFrame:
    sink = frame.sink_parquet(target, compression="lz4", lazy=True)
    if sink is None:  # pragma: no cover - polars returns a frame for lazy=True
        raise DeliveryError(f"{target}: polars wrote nothing")
    return sink


def _scan(staged: Sequence[_Staged], half: str, schema: pl.Schema) -> pl.LazyFrame:
    files = [path for one in staged for path in sorted(one.folder.glob(f"*.{half}.parquet"))]
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=schema)


def _height(folder: Path, half: str) -> int:
    files = sorted(folder.glob(f"*.{half}.parquet"))
    return int(pl.scan_parquet(files).select(pl.len()).collect().item()) if files else 0


def open_landing(settings_path: Path) -> Landing:
    """The landing zone of a settings file."""
    from pipelines.settings import load

    settings = load(settings_path)
    return Landing(settings, Lake(settings.lake_root))
