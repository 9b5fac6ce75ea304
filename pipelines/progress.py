"""What a run is doing, told to whoever asked: a bar on a terminal, plain lines elsewhere.

Dagster's own log records carry its events; a listener hears of every step that ends.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STEP_ENDS = {"STEP_SUCCESS": "done", "STEP_FAILURE": "failed", "STEP_SKIPPED": "left out"}
_listeners: list[Callable[[str, str], None]] = []


class _Listening(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is not None and event.event_type_value in _STEP_ENDS:
            for listener in _listeners:
                listener(event.step_key, _STEP_ENDS[event.event_type_value])


@dg.logger
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger that prints nothing."""
    logger = logging.Logger("kehu.progress", logging.DEBUG)  # noqa: LOG001 - Dagster owns it, not the root
    logger.addHandler(_Listening())
    return logger


@contextmanager
def listening(listener: Callable[[str, str], None]) -> Iterator[None]:
    """Call `listener` with the key of each step that ends meanwhile, and how it ended: done, failed, left out."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
