"""What would happen, and how things stand: the commands that write nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from pipelines.channels import channels_of
from pipelines.errors import DeliveryError
from pipelines.freshness import calendar_of
from pipelines.lake import Lake
from pipelines.lake_format import must_be_current
from pipelines.lake_store import glance
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.state import DELIVERIES

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from pipelines.settings import Settings
    from pipelines.sources.find import Delivery

_HEAD = 1000


@dataclass
class FeedCheck:
    """What the next run would find of a feed: its new deliveries, and the head of the last of them."""

    dates: list[date] = field(default_factory=list)
    rows: int = 0
    quarantined: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    problem: str = ""


def check(settings_path: Path) -> tuple[dict[str, FeedCheck], list[str]]:
    """Read the settings and the head of each feed's newest delivery; writes nothing.

    Raises:
        SettingsError: the settings file is wrong.
    """
    settings = load(settings_path)
    faults = channels_of(settings.notify)[1]
    return {name: _check(settings, name) for name in settings.feeds}, faults


def _check(settings: Settings, name: str) -> FeedCheck:
    from pipelines.clock import yesterday
    from pipelines.landing import Landing

    found = FeedCheck()
    landing = Landing(settings, Lake(settings.lake_root))
    with glance() as folder:
        try:
            deliveries = landing.new_deliveries(FEEDS[name], yesterday(settings), folder)
            found.dates = [delivery.delivered_on for delivery in deliveries]
            if deliveries:
                _read_head(settings, deliveries[-1], found, folder)
        except DeliveryError as error:
            found.problem = str(error)
    return found


def _read_head(settings: Settings, delivery: Delivery, found: FeedCheck, folder: Path) -> None:
    from pipelines.sources.read import raw_frames
    from pipelines.sources.rules import checked

    for raw in raw_frames(delivery, folder):
        head = raw.frame.head(_HEAD)
        with raw.reading():
            rows = checked(delivery.feed, head, raw.formats, settings.calendar.timezone)
            reasons = rows.select("_reasons").collect()["_reasons"]
        found.rows += reasons.len()
        found.quarantined += int((reasons.list.len() > 0).sum())
        for reason, count in reasons.explode().drop_nulls().value_counts().iter_rows():
            found.reasons[reason] = found.reasons.get(reason, 0) + count
        found.unmapped = sorted({*found.unmapped, *raw.unmapped})


@dataclass(frozen=True)
class FeedStatus:
    """What has been taken in of a feed so far."""

    feed: str
    last_delivery: date
    deliveries: int
    accepted: int
    quarantined: int


@dataclass(frozen=True)
class Status:
    """How the lake stands."""

    feeds: list[FeedStatus]
    months: list[str]
    stale: list[str]
    findings: dict[str, int]


def open_findings(lake: Lake, months: list[str]) -> dict[str, int]:
    """How many findings hold in the latest of the as-of months, by severity, the gravest first."""
    counts = (
        lake.scan(TABLES["rpt_finding"])
        .filter(pl.col("as_of_month").is_in(months[-1:]))
        .group_by("severity")
        .len()
        .collect()
    )
    found = dict(counts.iter_rows())
    gravest_first = reversed(TABLES["rpt_finding"]["severity"].code_values)
    return {severity: found[severity] for severity in gravest_first if severity in found}


def status(settings_path: Path) -> Status:
    """Last delivery and quarantine per feed, as-of months, those out of date, and the open findings.

    Raises:
        SettingsError: the settings file is wrong.
        LakeError: the lake has another format than this version of Kehu's.
    """
    settings = load(settings_path)
    lake = Lake(settings.lake_root)
    must_be_current(lake)
    rows = (
        lake.scan(DELIVERIES)
        .group_by("feed")
        .agg(
            pl.col("delivered_on").max(),
            pl.len(),
            pl.col("accepted_rows").sum(),
            pl.col("quarantined_rows").sum(),
        )
        .sort("feed")
        .collect()
    )
    calendar = calendar_of(lake, settings)
    return Status(
        [FeedStatus(*row) for row in rows.iter_rows()],
        calendar.months,
        calendar.stale(lake),
        open_findings(lake, calendar.months),
    )
