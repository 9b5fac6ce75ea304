"""One run at a time writes a lake: the second waits for the first, and says so.

An advisory lock of the operating system, which ends with its process however that ends. It lies beside a lake that is
a folder; for a lake in an object store it lies in this machine's temporary folder and keeps apart the runs of one machine.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from pipelines.errors import LakeError
from pipelines.lake_format import migrate
from pipelines.restatement import note_what_was_published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipelines.lake import Lake

# Longer than a rebuild of many years takes; a night that finds the lake taken so long is worth a look.
PATIENCE_SECONDS = 2 * 60 * 60


@contextmanager
def alone(
    lake: Lake, say: Callable[[str], None], patience: float = PATIENCE_SECONDS
) -> Iterator[None]:
    """Hold the lake for the block, in the format of this version; within a process that holds it already, at once.

    `say` hears once that it waits, and for which process.

    Raises:
        LakeError: the place cannot be written, the other run did not end within `patience` seconds, or the lake's format is
            none that this version can bring to its own.
    """
    path = lock_file(lake)
    lock = FileLock(path, is_singleton=True, thread_local=False, on_acquired=_sign)
    is_held = lock.is_locked
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _take(lock, f"the lake {lake.root}", say, patience)
    except OSError as error:
        raise LakeError(f"{path}: cannot be written ({error}); nothing was done") from error
    try:
        if not is_held:
            migrate(lake)
            lake.sweep()
            note_what_was_published(lake)
        yield
    finally:
        lock.release()


def lock_file(lake: Lake) -> Path:
    """Where the lock of a lake lies."""
    if lake.is_local:
        return Path(f"{lake.root.rstrip('/')}.lock")
    return Path(tempfile.gettempdir()) / f"kehu-{lake.mark}.lock"


def _take(lock: FileLock, what: str, say: Callable[[str], None], patience: float) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for {_holder(lock)}, which is writing {what}")
        try:
            lock.acquire(timeout=patience, poll_interval=0.2)
        except Timeout:
            raise LakeError(
                f"{what}: {_holder(lock)} has been writing it for {patience / 60:,.0f} minutes; "
                "nothing was done. Run again when it has ended."
            ) from None


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _holder(lock: FileLock) -> str:
    process = Path(lock.lock_file).read_text(encoding="ascii").strip()
    return f"the run of process {process}" if process else "another run"
