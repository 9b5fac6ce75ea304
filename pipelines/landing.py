"""Taking deliveries in: find them, read them, keep what is good, quarantine what is not.

Every delivery is first read to its end into a folder of its own; only deliveries that could be read whole go
into the lake, all of them in one commit per table. Before that their rows of the table of deliveries are marked as half
taken, and what was delivered is written down last: a run that dies in between leaves deliveries that the next one reads
again, whatever lies there by then; what is offered no more, as the snapshot of another night, leaves the lake.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from metrics.ledger import FullDeliveries
from pipelines.clock import refuse_future
from pipelines.errors import DeliveryError
from pipelines.lake import Lake, one_of
from pipelines.sources.find import Delivery, find
from pipelines.sources.staged import Staged, stage, stored, totals
from pipelines.sources.taken import Taken, fingerprint, half_taken
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES, QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from pipelines.settings import Settings
    from schemas.feed import Feed

ONLY_NEW = "kehu/only_new"


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
        since = taken.since(first, last, only_new=only_new)
        found = find(self._settings, feed, first, last, since)
        if not only_new:
            return [taken.beside(delivery, {*delivery.digests}) for delivery in found]
        return [new for delivery in found if (new := taken.new_of(delivery))]

    def _taken(self, feed: Feed) -> Taken:
        return Taken(self._lake, feed, self._settings.feeds[feed.name])

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
        """Take the deliveries of a feed from `first` to `last` into the lake.

        Raises:
            SettingsError: `last` is later than today: Dagster takes any dates that a run's tags name.
        """
        loaded = Loaded(feed.name)
        if feed.name not in self._settings.feeds:
            return loaded
        refuse_future(date.fromisoformat(last), self._settings)
        with self._lake.scratch() as folder:
            staged = []
            offered = self._to_load(feed, first, last, tags, loaded)
            for number, delivery in enumerate(offered):
                try:
                    staged.append(self._stage(feed, delivery, folder / str(number)))
                except DeliveryError as error:
                    loaded.failures.append(f"{feed.name} of {delivery.delivered_on}: {error}")
            if staged:
                self._commit(feed, [*staged, *self._gone(feed, offered, tags, folder)])
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

    def _stage(self, feed: Feed, delivery: Delivery, folder: Path) -> Staged:
        """Read one delivery to its end; of sources that are not asked the lake's own rows are taken once more."""
        kept = self._kept(feed, delivery) if delivery.kept_sources else None
        return stage(feed, delivery, kept, folder, self._settings.calendar.timezone)

    def _kept(self, feed: Feed, delivery: Delivery) -> tuple[pl.LazyFrame, pl.LazyFrame]:
        """Accepted and refused rows of the sources of a delivery that are not asked."""
        day = pl.col("delivered_on") == delivery.delivered_on
        of_sources = day & pl.col("source_no").is_in([*delivery.kept_sources])
        accepted = self._lake.scan(feed.accepted).filter(of_sources)
        refused = self._lake.scan(QUARANTINE).filter(pl.col("feed") == feed.name, of_sources)
        now = pl.col("source_no").replace_strict(delivery.kept_sources, return_dtype=pl.Int64)
        return accepted.with_columns(now), refused.with_columns(now)

    def _gone(
        self, feed: Feed, offered: Sequence[Delivery], tags: Mapping[str, str], folder: Path
    ) -> list[Staged]:
        """The deliveries that were taken by half and are not offered any more: all that stays of them is what was kept."""
        if tags.get(ONLY_NEW) != "true":  # of a range of dates, others are offered another time
            return []
        taken = self._taken(feed)
        days = {*taken.half} - {one.delivered_on for one in offered}
        left = [taken.beside(Delivery(feed, day), set()) for day in sorted(days)]
        return [self._stage(feed, one, folder / f"gone-{one.delivered_on}") for one in left]

    def _commit(self, feed: Feed, staged: Sequence[Staged]) -> None:
        dates = [one.date for one in staged]
        on = one_of("delivered_on", dates)
        of_feed = f"feed = '{feed.name}' AND {on}"
        self._lake.replace(DELIVERIES, self._half_taken(feed, staged), of_feed)
        accepted = stored(staged, "accepted", feed.accepted.schema)
        if not feed.is_register and self._ends_keys(feed, staged, dates):
            self._lake.replace(feed.accepted, accepted, on)  # what it lacks may lie anywhere
        else:
            self._lake.replace(feed.accepted, accepted, on, parts=dates)
        rejected = stored(staged, "rejected", QUARANTINE.schema)
        self._lake.replace(QUARANTINE, rejected, of_feed)
        taken = [one.row(feed) for one in staged if fingerprint(one.delivery)]
        self._lake.replace(DELIVERIES, pl.LazyFrame(taken, schema=DELIVERIES.schema), of_feed)

    def _half_taken(self, feed: Feed, staged: Sequence[Staged]) -> pl.LazyFrame:
        """The rows of these deliveries while they are taken: as they were, but for the fingerprint."""
        known = self._lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name).drop("fingerprint")
        marked = pl.LazyFrame(
            {
                "delivered_on": [one.delivery.delivered_on for one in staged],
                "fingerprint": [half_taken(one.delivery) for one in staged],
            }
        )
        rows = marked.join(known, on="delivered_on", how="left").with_columns(
            pl.col("delivered_rows", "accepted_rows", "quarantined_rows").fill_null(0),
            pl.col("full_sources").fill_null(""),
            feed=pl.lit(feed.name),
            delivered_amounts=pl.col("delivered_amounts").fill_null("{}"),
        )
        return rows.select(DELIVERIES.names).collect().lazy()

    def _ends_keys(self, feed: Feed, staged: Sequence[Staged], dates: list[str]) -> bool:
        """Whether one of these deliveries holds every key of a source, or did so before it was delivered anew."""
        before = self._lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
        full = before.filter(
            pl.col("delivered_on").cast(pl.String).is_in(dates), pl.col("full_sources") != ""
        )
        return any(one.delivery.full_sources for one in staged) or full.collect().height > 0

    def _count(self, feed: Feed, staged: Sequence[Staged], loaded: Loaded) -> None:
        """Compare what was delivered with what the lake now holds of it."""
        loaded.unmapped.update(*(one.unmapped for one in staged))
        loaded.dates = [one.date for one in staged]
        dates = [one.delivery.delivered_on for one in staged]
        accepted = self._lake.scan(feed.accepted).filter(pl.col("delivered_on").is_in(dates))
        rejected = self._lake.scan(QUARANTINE).filter(
            (pl.col("feed") == feed.name) & pl.col("delivered_on").is_in(dates)
        )
        kept, refused = pl.collect_all(
            [
                totals(feed, accepted),
                totals(
                    feed, rejected.with_columns(feed.accepted.from_json("amounts", feed.measures))
                ),
            ]
        )
        delivered = pl.concat([one.totals for one in staged]).sum()
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


def open_landing(settings_path: Path) -> Landing:
    """The landing zone of a settings file."""
    from pipelines.settings import load

    settings = load(settings_path)
    return Landing(settings, Lake(settings.lake_root))
