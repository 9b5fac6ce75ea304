"""The format of a lake: how its tables are laid out, and how an older lake becomes one of this version of Kehu.

The lake says its format in `state/format`; one that says none is of 0.2.0 or before (format 1). Every step from a format to the next
one may be taken again: a migration that was killed is taken up where it stood. A change of stored tables needs a step here; of
columns that lack without one, `Lake.scan` says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import LakeError
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES, DIGESTS, FORMAT

if TYPE_CHECKING:
    from pipelines.lake import Lake


def _read_by_what_changed(lake: Lake) -> None:
    """1 -> 2: what a night reads must not grow with the history.

    Accepted rows lay in a folder for each date of delivery, ten years of them in as many files as days; retired rows lay in no
    folders of months; digests were kept by month alone, and are made anew.
    """
    for feed in FEEDS.values():
        lake.relay(feed.accepted)
        lake.relay(feed.retired)
    if lake.open(DIGESTS) is not None:
        lake.replace(DIGESTS, pl.LazyFrame(schema=DIGESTS.schema))


MIGRATIONS = [_read_by_what_changed]
CURRENT = len(MIGRATIONS) + 1


def migrate(lake: Lake) -> None:
    """Bring the lake to the format of this version of Kehu; only for who holds it alone.

    Raises:
        LakeError: a newer version of Kehu wrote the lake, or one that is too old; it stands as it was.
    """
    found = format_of(lake)
    for number, step in enumerate(MIGRATIONS[found - 1 :], start=found + 1):
        step(lake)
        _say(lake, number)
    if lake.open(FORMAT) is None:  # a lake that is only about to be
        _say(lake, CURRENT)


def must_be_current(lake: Lake) -> None:
    """For who only looks: a lake of another format is not read.

    Raises:
        LakeError: the lake has another format than this version's, and what to do.
    """
    found = format_of(lake)
    if found < CURRENT:
        raise LakeError(
            f"{lake.root}: the lake has format {found}, of an older version of Kehu; the next run, or `kehu upkeep`, "
            f"brings it to format {CURRENT}"
        )


def format_of(lake: Lake) -> int:
    """The lake's format; that of this version where nothing has been written yet.

    Raises:
        LakeError: a newer version of Kehu wrote the lake, or one that is too old.
    """
    if lake.open(FORMAT) is None:
        return _of_old(lake)
    found = int(lake.scan(FORMAT).collect().item())
    if found > CURRENT:
        raise LakeError(
            f"{lake.root}: the lake has format {found}, this version of Kehu knows formats up to {CURRENT}. "
            "A newer version wrote it: use that one. Nothing was done."
        )
    return found


def _of_old(lake: Lake) -> int:
    """The format of a lake that says none; its tables must have the columns of 0.2.0, or scanning them says what to do."""
    tables = (
        DELIVERIES,
        *(t for feed in FEEDS.values() for t in (feed.accepted, feed.ledger, feed.retired)),
    )
    there = [table for table in tables if lake.open(table) is not None]
    for table in there:
        lake.scan(table)
    return 1 if there else CURRENT


def _say(lake: Lake, number: int) -> None:
    lake.replace(FORMAT, pl.LazyFrame([{"version": number}], schema=FORMAT.schema))
