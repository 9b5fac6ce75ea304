"""Another try for what may pass by itself: another writer was first, a database is away.

A mistake of the user's is told at once and never tried again: it is the same the second time.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIES = 2
_SECONDS = 5.0


def another_try() -> dg.RetryRequested:
    """What a step raises to be tried again in a moment; after `TRIES` times it fails."""
    return dg.RetryRequested(max_retries=TRIES, seconds_to_wait=_SECONDS)


@contextmanager
def trying_again() -> Iterator[None]:
    """Have the step tried again if an error says of itself that it `passes`; all others stay what they are."""
    try:
        yield
    except Exception as error:
        if getattr(error, "passes", False):
            raise another_try() from error
        raise
