"""All 13 feeds of a random company, taken in any order and some of them again, end as one rebuild."""

from __future__ import annotations

import calendar
import csv
import random
import shutil
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from pipelines.lake import Lake
from schemas.catalogue import FEEDS, TABLES
from schemas.state import QUARANTINE
from tests.company import Company
from tests.random_company import SETTINGS, RandomCompany

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.table import Table

INCIDENTS = 'incidents: {path: "landing/incidents_{date:%Y-%m-%d}.csv"'
GROUPS = 2
NIGHTS = 6


@pytest.mark.parametrize("seed", [4])
def test_any_order_ends_as_one_rebuild(tmp_path: Path, seed: int) -> None:
    """Guards against numbers that depend on which delivery of which feed came first, came late, twice or mended."""
    text = SETTINGS.replace("FISCAL", "4").replace(INCIDENTS, f"{INCIDENTS}, full: true")
    assert "full" in text
    whole, pieces = Company(tmp_path / "whole", text), Company(tmp_path / "pieces", text)
    RandomCompany(seed).deliver(whole)
    assert whole.run().problems == []
    dice = random.Random(seed)
    files = sorted((whole.folder / "landing").iterdir())
    dice.shuffle(files)
    for group in range(GROUPS):
        for path in files[group::GROUPS]:
            shutil.copy2(path, pieces.folder / "landing")
        for path in dice.sample(files[group + 1 :: GROUPS], 3) if group == 0 else []:
            without_some(path, pieces.folder / "landing" / path.name)
        again = "2023-01-01" if group == 1 else None  # all that lies there, known or not
        assert pieces.run(first=again).problems == []
    assert pieces.run().months == []
    for table in TABLES:
        assert pieces.table(table) == whole.table(table), table
    for feed in FEEDS.values():
        for kept in (feed.accepted, feed.ledger, feed.retired):
            assert_same(kept, pieces, whole)
    assert_same(QUARANTINE, pieces, whole)


def without_some(delivery: Path, target: Path) -> None:
    """A delivery as it came before it was mended: every third row is missing."""
    head, *rows = delivery.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = (row for number, row in enumerate(rows) if number % 3)
    target.write_text("".join([head, *kept]), encoding="utf-8")


def assert_same(table: Table, one: Company, other: Company) -> None:
    """The lakes hold the same rows of a table."""
    order = [column.name for column in table.columns if column.kind != "texts"]
    lakes = (Lake(str(company.folder / "lake")) for company in (one, other))
    mine, theirs = (lake.scan(table).collect().sort(order) for lake in lakes)
    assert mine.equals(theirs), (table.path, mine, theirs)


def test_nights_end_as_one_rebuild(tmp_path: Path) -> None:
    """Guards against what a month before the run is taken to stand for: a night reads no further back than it must."""
    text = SETTINGS.replace("FISCAL", "4")
    whole, nights = Company(tmp_path / "whole", text), Company(tmp_path / "nights", text)
    RandomCompany(7).deliver(whole)
    deliver_when_it_happened(whole)
    shutil.copytree(whole.folder / "landing", nights.folder / "landing", dirs_exist_ok=True)
    assert whole.run().problems == []
    days = sorted({path.stem.rsplit("_", 1)[1] for path in (whole.folder / "landing").iterdir()})
    begun: set[str] = set()
    for last in days[1 - 2 * NIGHTS :: 2]:  # all after the first sales
        told = nights.run(last=last)
        assert told.problems == []
        begun.update(told.months[:1])
    assert len(begun) > 2  # most of them in the midst of the history
    for table in TABLES:
        assert nights.table(table) == whole.table(table), table


def deliver_when_it_happened(company: Company) -> None:
    """Each fact of a feed's first delivery comes at the end of the month of its date, as nights bring it; later ones stay late.

    Of several rows of a key the last: another one, of another date, would be a correction of an old month in most nights.
    """
    seen: set[str] = set()
    for path in sorted((company.folder / "landing").iterdir()):
        feed, delivered = path.stem.rsplit("_", 1)
        if feed in seen or FEEDS[feed].is_register:
            continue
        seen.add(feed)
        with path.open(encoding="utf-8", newline="") as file:
            read = csv.DictReader(file)
            rows = [*{tuple(row[name] for name in FEEDS[feed].key): row for row in read}.values()]
        path.unlink()
        dated = sorted(rows, key=lambda row: _came(feed, row, delivered))
        for day, some in groupby(dated, key=lambda row: _came(feed, row, delivered)):
            company.deliver(feed, f"{day}", *some)


def _came(feed: str, row: dict[str, str], delivered: str) -> date:
    day = date.fromisoformat(delivered)
    told = next((row[name] for name in FEEDS[feed].dated_by if row.get(name)), delivered)
    try:
        happened = date.fromisoformat(told[:10])
    except ValueError:
        return day
    end = calendar.monthrange(happened.year, happened.month)[1]
    return min(day, happened.replace(day=end))
