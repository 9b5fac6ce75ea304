"""What the commands show: a progress bar on a terminal, plain lines elsewhere, and the summary."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import rich.console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipelines.look import FeedCheck, Status
    from pipelines.run import Summary

_REASONS = 3


class Console:
    """Standard output, for people."""

    def __init__(self) -> None:
        self._out = rich.console.Console(file=_own_stdout(), highlight=False, soft_wrap=True)

    @contextmanager
    def working(self) -> Iterator[Callable[[str, str], None]]:
        """Show what is being done while the block runs; yields a listener for the steps."""
        if not self._out.is_terminal:
            yield lambda step, end: self._out.print(f"{end}: {_named(step)}")
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._out, transient=True) as progress:
            task = progress.add_task("reading settings", total=None)
            yield lambda step, _: progress.update(task, description=_named(step), advance=1)

    def say(self, line: str) -> None:
        """A line about the run as a whole."""
        self._out.print(line)

    def summary(self, summary: Summary) -> None:
        """What came in, what was quarantined, which months were computed, where the tables lie."""
        if summary.feeds:
            self._out.print(_feeds(summary))
        for line in _lines(summary):
            self._out.print(line)

    def check(self, feeds: dict[str, FeedCheck], notes: list[str]) -> None:
        """What the next run would take, and what the head of it looks like."""
        table = _table("feed", "new deliveries", "rows read", "quarantined", text="what was found")
        for name, found in feeds.items():
            table.add_row(
                name, str(len(found.dates)), str(found.rows), str(found.quarantined), _found(found)
            )
        self._out.print(table)
        for line in notes:
            self._out.print(line)

    def status(self, status: Status) -> None:
        """Last delivery per feed, quarantine, months, open findings."""
        table = _table("feed", "last delivery", "deliveries", "accepted", "quarantined")
        for feed in status.feeds:
            counts = (f"{n:,}" for n in (feed.deliveries, feed.accepted, feed.quarantined))
            table.add_row(feed.feed, feed.last_delivery.isoformat(), *counts)
        self._out.print(table)
        self._out.print(f"months: {_span(status.months)}")
        self._out.print(f"out of date: {_span(status.stale)}")
        self._out.print(_findings(status.findings, status.months))


def _own_stdout() -> TextIO:
    """Standard output under a descriptor of its own: Dagster sends that of the process to a file during steps."""
    try:
        descriptor = os.dup(sys.stdout.fileno())
    except (OSError, io.UnsupportedOperation):  # not a file: a test or a notebook reads it
        return sys.stdout
    return os.fdopen(descriptor, "w", encoding=sys.stdout.encoding, buffering=1)


def _found(found: FeedCheck) -> str:
    if found.problem:
        return f"PROBLEM {found.problem}"
    span = f"{found.dates[0]} to {found.dates[-1]}" if found.dates else "nothing new"
    unmapped = f"not mapped: {', '.join(found.unmapped)}" if found.unmapped else ""
    return "; ".join(part for part in (span, _reasons(found.reasons), unmapped) if part)


def _span(months: list[str]) -> str:
    return f"{months[0]} to {months[-1]} ({len(months)})" if months else "none"


def _table(*names: str, text: str = "") -> Table:
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name == "feed" else "right")
    if text:
        table.add_column(text)
    return table


def _reasons(reasons: dict[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda item: -item[1])[:_REASONS]
    return ", ".join(f"{reason} {count:,}" for reason, count in most)


def _findings(findings: dict[str, int], months: list[str]) -> str:
    counts = ", ".join(f"{count:,} {severity}" for severity, count in findings.items())
    return f"findings at the end of {months[-1]}: {counts}" if counts else "findings: none"


def _named(step: str) -> str:
    return step.replace("__", " ")


def _feeds(summary: Summary) -> Table:
    table = _table("feed", "rows in", "accepted", "quarantined", text="reasons")
    for name, feed in summary.feeds.items():
        counts = (f"{n:,}" for n in (feed.delivered, feed.accepted, feed.quarantined))
        table.add_row(name, *counts, _reasons(feed.reasons))
    return table


def _lines(summary: Summary) -> Iterator[str]:
    for name, feed in summary.feeds.items():
        if feed.unmapped:
            yield f"{name}: columns not mapped, ignored: {', '.join(feed.unmapped)}"
    yield from summary.notes
    did = "computed" if summary.is_finished else "begun, the next run computes them anew"
    yield f"months {did}: {_span(summary.months)}"
    if summary.findings:
        yield _findings(summary.findings, summary.months)
    yield f"lake: {summary.lake}"
    if summary.duckdb:
        yield f"published: {summary.duckdb}"
    if summary.page:
        yield f"look at: {summary.page}"
    yield from (f"PROBLEM {problem}" for problem in summary.problems)
    yield f"{'failed' if summary.problems else 'done'} in {summary.seconds:.1f} s"
