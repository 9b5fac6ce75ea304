"""Runs that are killed, and readers that never stop looking.

A company's second round of deliveries is taken again and again from the same state before; each time the run is killed
at another moment, run again undisturbed, and must end as the company whose run nobody disturbed.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
import duckdb
import polars as pl
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from pipelines.cli import main
from pipelines.freshness import calendar_of
from pipelines.lake import Lake
from pipelines.landing import open_landing
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ROLLUPS
from schemas.state import COMPUTED, DELIVERIES, DIGESTS, QUARANTINE
from tests.company import SETTINGS, Company, customer, line, product

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from multiprocessing.synchronize import Event

    from schemas.table import Table

WITH_CREDIT = SETTINGS.replace("publish:", """\
  invoices: {path: "landing/invoices_{date:%Y-%m-%d}.csv"}
  payments: {path: "landing/payments_{date:%Y-%m-%d}.csv"}
publish:""")  # fmt: skip
_LAST = "2024-12-31"
_OF_FEEDS = [table for feed in FEEDS.values() for table in (feed.accepted, feed.ledger, feed.retired)]  # fmt: skip
_LAKE = [*_OF_FEEDS, *ROLLUPS.values(), *TABLES.values(), QUARANTINE, DELIVERIES, COMPUTED, DIGESTS]
# How far Kehu is; it counts commits, and a run that was killed made more of them.
_PROGRESS = (COMPUTED, DIGESTS)
# Written feed by feed: whole for each feed, not for all of them.
_BY_FEED = (QUARANTINE, DELIVERIES)
# A process that has imported all of Kehu once; each run is a fork of it, so that kills meet work and not imports.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.crash", "pipelines.run", "pipelines.definitions"])

_BETWEEN_LOOKS = 0.25  # the run needs the processor too

Parts = dict[str, str]  # the digest of a table's rows by partition
State = dict[str, Parts]


def first_round(company: Company) -> None:
    """What the company knows before: four months, the last of which will vanish."""
    company.deliver("customers", "2024-01-01", *(customer(n, payment_terms_days=30) for n in range(1, 6)))  # fmt: skip
    company.deliver("products", "2024-01-01", product(1), product(2))
    for month in ("01", "02", "03"):
        lines = [line(f"{month}{n}", f"2024-{month}-0{n}", 100 * n, customer_id=f"C{n}") for n in range(1, 6)]  # fmt: skip
        stock = {"product_id": "P1", "stock_on": f"2024-{month}-20", "quantity": 9}
        company.deliver("sales", f"2024-{month}-20", *lines, line("bad", "2024-02-30", 1))
        company.deliver("stock", f"2024-{month}-20", stock)
    company.deliver("sales", "2024-04-20", line("late", "2024-04-02", 77))
    company.deliver("invoices", "2024-03-20", *(_invoice(n, 500 + n) for n in range(1, 5)))
    company.deliver("payments", "2024-03-20", _payment(1, 100))


def second_round(company: Company) -> None:
    """What the killed runs take: corrections of old months, withdrawals, a month that vanishes, new rows of all feeds."""
    company.deliver("customers", "2024-04-21", customer(1, region="North"), customer(9))
    company.deliver("products", "2024-04-21", product(2, standard_cost=7))
    company.deliver("sales", "2024-04-21", line("021", "2024-02-01", 31), line("late", "", "", deleted="1"))  # fmt: skip
    company.deliver("sales", "2024-04-22", line("033", "2024-03-03", "12.5", customer_id="C9"), line("x", "2024-03-09", "y"))  # fmt: skip
    company.deliver("stock", "2024-04-22", {"product_id": "P2", "stock_on": "2024-03-31", "quantity": 3})  # fmt: skip
    company.deliver("invoices", "2024-04-22", _invoice(2, 900), _invoice(5, 70))
    company.deliver("payments", "2024-04-22", _payment(1, 120), _payment(2, 900))


def _invoice(number: int, amount: int) -> dict[str, Any]:
    dates = {"invoiced_on": "2024-01-15", "due_on": "2024-02-01"}
    return {"invoice_id": f"I{number}", "customer_id": f"C{number}", **dates, "amount": amount}


def _payment(number: int, amount: int) -> dict[str, Any]:
    paid = {"customer_id": f"C{number}", "invoice_id": f"I{number}", "paid_on": "2024-03-10"}
    return {"payment_id": f"Z{number}", **paid, "amount": amount}


# --- what a company holds -------------------------------------------------------------------------
class Look:
    """A reader of the lake through Delta; a version that it has read already is not read again."""

    def __init__(self, folder: Path) -> None:
        self._lake = Lake(str(folder / "lake"))
        self._seen: dict[str, tuple[int, Parts]] = {}

    def rows(self) -> State:
        """Digests of all tables as they are now.

        Raises:
            AssertionError: a key occurs twice.
        """
        for table in _LAKE:
            name, delta = "/".join(table.path), self._lake.open(table)
            version = delta.version() if delta else -1
            if version != self._seen.get(name, (-2,))[0]:
                self._seen[name] = (version, _parts(table, pl.scan_delta(delta).collect()) if delta else {})  # fmt: skip
        return {name: parts for name, (_, parts) in self._seen.items()}


def _parts(table: Table, frame: pl.DataFrame) -> Parts:
    key = {*table.key, *({"valid_from"} & {*frame.columns})}
    if table.layer in {
        "ledger",
        "reporting",
        "state",
    }:  # the others keep every version, or are keyed for one use
        assert not frame.select(*key).is_duplicated().any(), f"{table.path}: a key occurs twice"
    frame = frame.select(sorted(frame.columns))
    rows = frame.select(part=pl.col(table.partition) if table.partition else pl.lit(""), row=pl.struct(pl.all()).hash(seed=0))  # fmt: skip
    found = rows.group_by("part").agg(pl.len(), pl.col("row").sum())
    return {f"{part}": f"{count}:{digest}" for part, count, digest in found.iter_rows()}


def published(folder: Path) -> Parts:
    """Digests of all tables of the DuckDB file; none where there is no file yet."""
    target = folder / "kehu.duckdb"
    if not target.exists():
        return {}
    with duckdb.connect(str(target), read_only=True) as connection:
        names = [name for (name,) in connection.execute("SHOW TABLES").fetchall()]
        sums = {name: f"SELECT count(*), sum(hash(t)) FROM {name} t" for name in names}
        return {name: str(connection.execute(sql).fetchone()) for name, sql in sums.items()}


def documents(folder: Path) -> dict[str, bytes]:
    """The written credit reports."""
    report = folder / "report"
    return {f"{p.relative_to(report)}": p.read_bytes() for p in report.rglob("*") if p.is_file()}


class Holds(NamedTuple):
    """All that a company holds for its readers, and which inputs its months were computed from."""

    lake: State
    published: Parts
    documents: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path) -> Holds:
        """What lies in a company's folder."""
        lake = Look(folder).rows()
        del lake["/".join(DIGESTS.path)]
        return cls(lake, published(folder), documents(folder))


# --- processes ------------------------------------------------------------------------------------
def _command(settings: str, said: str) -> None:
    """`kehu run` in a process group of its own."""
    os.setsid()
    out = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.pop("DAGSTER_HOME", None)
    sys.argv = ["kehu", "run", "--settings", settings, "--to", _LAST]
    main()


class Run:
    """A run of the command in its own process."""

    def __init__(self, company: Company) -> None:
        self._said = company.folder / "said.txt"
        self._process = _PROCESSES.Process(target=_command, args=(str(company.settings), str(self._said)))  # fmt: skip
        self.started = time.monotonic()
        self._process.start()

    def end(self) -> int | None:
        """Wait for the run's own end; its exit status."""
        self._process.join()
        return self._process.exitcode

    def kill(self, after: float) -> bool:
        """Kill the whole group some seconds after its start; false where it ended before."""
        self._process.join(max(0.0, self.started + after - time.monotonic()))
        if self._process.exitcode is not None or self._process.pid is None:
            return False
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join()
        return True

    @property
    def said(self) -> str:
        """What it printed."""
        return self._said.read_text(encoding="utf-8")

    @property
    def reached(self) -> str:
        """The layer of the last step that it ended."""
        done = [row.split()[1] for row in self.said.splitlines() if row.startswith("done: ")]
        return done[-1].split("_")[0] if done else "begin"


def _read(folder: Path, kind: str, known: tuple[Any, Any], stop: Event, told: Path) -> None:
    """Look until told to stop; write down how often, and everything that no reader should see."""
    looks, faults, look = 0, set(), Look(folder)
    while not stop.wait(_BETWEEN_LOOKS):
        looks += 1
        try:
            found = look.rows() if kind == "lake" else published(folder)
            faults |= set(_faults(found, *known) if kind == "lake" else _unknown(found, known))
        except Exception as error:  # noqa: BLE001 - any error at all is what a reader must not see
            faults.add(f"{kind}: {type(error).__name__}: {error}")
    told.write_text(json.dumps({"looks": looks, "faults": sorted(faults)}), encoding="utf-8")


def _unknown(found: Parts, known: tuple[Parts, Parts]) -> list[str]:
    return [] if found in known else [f"the DuckDB file is neither as before nor as after: {found}"]


def _faults(found: State, before: State, after: State) -> Iterator[str]:
    """Tables that are neither as before nor as after; months that vanish go in a commit of their own."""
    for table in (table for table in _LAKE if table not in _PROGRESS):
        name = "/".join(table.path)
        now, old, new = found[name], before[name], after[name]
        if table in _BY_FEED:
            good = all(now.get(part) in (old.get(part), new.get(part)) for part in {*now, *old, *new})  # fmt: skip
        else:
            vanishing = {part: rows for part, rows in old.items() if part not in new}
            good = now in (old, new, {**vanishing, **new}, {k: old[k] for k in old if k in new})
        if not good:
            yield f"{name} is neither as before nor as after: {now}, not {old} or {new}"


class Readers:
    """Two processes that read everything, over and over: one the lake, one the DuckDB file."""

    def __init__(self, folder: Path, before: Holds, after: Holds) -> None:
        self._stop = _PROCESSES.Event()
        self._told = {kind: folder / f"{kind}.json" for kind in ("lake", "published")}
        self._processes = [
            _PROCESSES.Process(target=_read, args=(folder, kind, (getattr(before, kind), getattr(after, kind)), self._stop, told))
            for kind, told in self._told.items()
        ]  # fmt: skip
        for process in self._processes:
            process.start()

    def end(self) -> tuple[Counter[str], list[str]]:
        """How often each looked, and what it saw that it should not have seen."""
        self._stop.set()
        looks, faults = Counter[str](), []
        for process, (kind, told) in zip(self._processes, self._told.items(), strict=True):
            process.join()
            result = json.loads(told.read_text(encoding="utf-8"))
            looks[kind] += result["looks"]
            faults += result["faults"]
        return looks, faults


# --- the trial ------------------------------------------------------------------------------------
@dataclass
class Told:
    """What a number of kills did."""

    kills: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    looks: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Trial:
    """One company in two rounds of deliveries, and what it holds after each when nobody disturbs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        whole = Company(folder / "whole", WITH_CREDIT)
        self.empty = Holds.of(whole.folder)
        first_round(whole)
        self._undisturbed(whole)
        self.before = Holds.of(whole.folder)
        shutil.copytree(whole.folder, folder / "before")
        second_round(whole)
        self.seconds = self._undisturbed(whole)
        self.after = Holds.of(whole.folder)

    def _undisturbed(self, company: Company) -> float:
        run = Run(company)
        assert run.end() == 0, run.said
        return time.monotonic() - run.started

    def kill(self, number: int, moments: list[float], told: Told, *, first: bool) -> None:
        """Take a round, killed at these fractions of an undisturbed run's time, then let it end.

        `first`: the first round, on an empty lake; else the second.
        """
        company = self._company(f"{number:04}", first=first)
        before, after = (self.empty, self.before) if first else (self.before, self.after)
        readers = Readers(company.folder, before, after)
        for moment in moments:
            run = Run(company)
            if run.kill(moment * self.seconds):
                told.kills += 1
                told.reached[run.reached] += 1
        last = Run(company)
        status = last.end()
        looks, faults = readers.end()
        told.looks += looks
        told.faults += [f"{number} {moments}: {fault}" for fault in [*faults, *_wrong(company, after, status, last)]]  # fmt: skip
        shutil.rmtree(company.folder)

    def _company(self, name: str, *, first: bool) -> Company:
        """A company before the round, with the very files that nobody disturbed took."""
        folder = self._folder / name
        if first:
            company = Company(folder, WITH_CREDIT)
            source = self._folder / "before"
        else:
            shutil.copytree(self._folder / "before", folder)
            company = Company(folder, WITH_CREDIT)
            source = self._folder / "whole"
        shutil.copytree(source / "landing", folder / "landing", dirs_exist_ok=True)
        return company


def _wrong(company: Company, after: Holds, status: int | None, run: Run) -> Iterator[str]:
    """In what the company is not as if nobody had disturbed it."""
    if status != 0:
        yield f"the run after it ended with {status}: {run.said}"
    for name, mine, whole in zip(Holds._fields, Holds.of(company.folder), after, strict=True):
        unlike = [key for key in {*mine, *whole} if mine.get(key) != whole.get(key)]
        if unlike:
            yield f"{name} differs: {sorted(unlike)}"
    yield from to_do(company)
    yield from left_over(company)


def to_do(company: Company) -> Iterator[str]:
    """What a further run would do."""
    from datetime import date

    settings = load(company.settings)
    pending = open_landing(company.settings).pending(None, date.fromisoformat(_LAST), only_new=True)
    stale = calendar_of(Lake(settings.lake_root), settings.fingerprint).stale(Lake(settings.lake_root))  # fmt: skip
    if pending or stale:
        yield f"a further run has something to do: {pending}, {stale}"


def left_over(company: Company) -> Iterator[str]:
    """What killed runs left behind."""
    mark = Lake(load(company.settings).lake_root).mark
    here = [*company.folder.glob(".*.tmp*"), *company.folder.glob("report/**/.*")]
    yield from (f"left over: {path}" for path in [*here, *Path(tempfile.gettempdir()).glob(f"kehu-{mark}-*")])  # fmt: skip
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        running = instance.get_runs(dg.RunsFilter(statuses=NOT_FINISHED_STATUSES))
        yield from (f"runs for ever: {run.job_name}" for run in running)


def moments(dice: random.Random, count: int) -> list[float]:
    """Fractions of a run's time, one in each of `count` equal parts, shuffled: no part of a run is missed."""
    found = [(number + dice.random()) / count for number in range(count)]
    dice.shuffle(found)
    return found
