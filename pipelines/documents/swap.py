"""A folder that is exchanged as a whole: readers see the old one or the new one, never a half."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HERE = -100  # AT_FDCWD: paths count from the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE


@contextmanager
def swapped_in(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder`, which takes its place when the block ends well.

    A run that fails leaves the old folder alone; one that is killed also leaves the temporary one, until the next.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder.parent)
    building = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    building.mkdir()
    try:
        yield building
        _put(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Put right what killed runs left beside a folder's siblings; one run at a time swaps folders there."""
    for left in parent.glob(".*.tmp"):
        shutil.rmtree(left)
    for aside in parent.glob(".*.old"):
        folder = parent / aside.name[1:].rsplit(".", 2)[0]
        if folder.exists():
            shutil.rmtree(aside)
        else:  # killed between the two renames
            aside.rename(folder)


def _put(building: Path, folder: Path) -> None:
    """Let `building` become `folder`; what was there is then at `building`."""
    if not folder.exists():
        building.rename(folder)
    elif not _exchange(building, folder):
        _step_aside(building, folder)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; false where the system or the file system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    failed = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), ctypes.c_uint(_EXCHANGE))
    return not failed


def _step_aside(building: Path, folder: Path) -> None:
    """Two renames: the old folder is whole at every moment, for an instant under another name."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(aside)
    try:
        building.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
