"""Runs that are killed, and readers that never stop looking.

A company's nights in the midst of its history are taken again and again from the same state before; each time they are
killed at other moments, run again undisturbed, and must end as those of the company that nobody disturbed.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import dagster as dg
import duckdb
import polars as pl
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

from assets import retries
from pipelines.cli import main
from pipelines.freshness import calendar_of
from pipelines.lake import Lake
from pipelines.landing import open_landing
from pipelines.page.manager_page import ManagerPage
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ROLLUPS
from schemas.state import (
    COMPUTED,
    DELIVERIES,
    DIGESTS,
    FIRST_FACTS,
    PUBLISHED_DELIVERIES,
    QUARANTINE,
    RESTATEMENT,
)
from tests.company import SETTINGS, Company, customer, line, product

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from multiprocessing.synchronize import Event

    from deltalake import DeltaTable

    from schemas.table import Table

WITH_CREDIT = SETTINGS.replace("publish:", """\
  invoices: {path: "landing/invoices_{date:%Y-%m-%d}.csv"}
  payments: {path: "landing/payments_{date:%Y-%m-%d}.csv"}
publish:""")  # fmt: skip
_LAST = "2024-12-31"
_OF_FEEDS = [table for feed in FEEDS.values() for table in (feed.accepted, feed.ledger, feed.retired)]  # fmt: skip
# How far Kehu is: no reader's business, and whole by itself.
_PROGRESS = (COMPUTED, DIGESTS, FIRST_FACTS, DELIVERIES, PUBLISHED_DELIVERIES, RESTATEMENT)
_LAKE = [*_OF_FEEDS, *ROLLUPS.values(), *TABLES.values(), QUARANTINE, *_PROGRESS]
# What tells of commits or publications: a company whose nights were killed made more of those, or fewer of these.
_OF_RUNS = {DIGESTS.path, FIRST_FACTS.path, COMPUTED.path, RESTATEMENT.path}
# A process that has imported all of Kehu once; each run is a fork of it, so that kills meet work and not imports.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    ["tests.crash", "pipelines.run", "pipelines.definitions", "pipelines.page.build"]
)

# Another program than Kehu, which writes every row of a table twice.
_RIVAL = """
import sys, pyarrow, deltalake
rows = deltalake.DeltaTable(sys.argv[1]).to_pyarrow_table()
deltalake.write_deltalake(sys.argv[1], pyarrow.concat_tables([rows, rows]), mode="overwrite")
"""
_MUCH = 1_000_000_000  # numbers
_BETWEEN_LOOKS = 0.25  # the run needs the processor too

Parts = dict[str, str]  # the digest of a table's rows by partition
State = dict[str, Parts]


def first_night(company: Company) -> None:
    """What the company knows before: four months, the last of which will vanish."""
    company.deliver("customers", "2024-01-01", *(customer(n, payment_terms_days=30) for n in range(1, 20)))  # fmt: skip
    company.deliver("products", "2024-01-01", *(product(n) for n in range(1, 9)))
    for month in ("01", "02", "03"):
        lines = [line(f"{month}{n}", f"2024-{month}-0{n}", 100 * n, customer_id=f"C{n}") for n in range(1, 10)]  # fmt: skip
        stock = {"product_id": "P1", "stock_on": f"2024-{month}-20", "quantity": 9}
        company.deliver("sales", f"2024-{month}-20", *lines, line("bad", "2024-02-30", 1))
        company.deliver("stock", f"2024-{month}-20", stock)
    company.deliver("sales", "2024-02-21", line("again", "2024-02-11", 40), line("gone", "2024-02-12", 41))  # fmt: skip
    company.deliver("sales", "2024-04-20", line("last", "2024-04-02", 77))
    company.deliver("invoices", "2024-03-20", *(_invoice(n, 500 + n) for n in range(1, 19)))
    company.deliver("payments", "2024-03-20", *(_payment(n, 100) for n in range(1, 9)))


def second_night(company: Company) -> None:
    """Late lines, corrections, withdrawals, a month that vanishes, one line that moves between months, a delivery that comes anew."""
    company.deliver("customers", "2024-04-21", customer(1, region="North"), customer(20))
    company.deliver("products", "2024-04-21", product(2, standard_cost=7))
    company.deliver("sales", "2024-04-21", line("021", "2024-02-01", 31), line("last", "", "", deleted="1"))  # fmt: skip
    company.deliver("sales", "2024-04-22", line("033", "2024-03-03", "12.5", customer_id="C20"), line("x", "2024-03-09", "y"))  # fmt: skip
    company.deliver("sales", "2024-02-21", line("again", "2024-03-11", 44))
    company.deliver("stock", "2024-04-22", {"product_id": "P2", "stock_on": "2024-03-31", "quantity": 3})  # fmt: skip
    company.deliver("invoices", "2024-04-22", _invoice(2, 900), _invoice(19, 70))
    company.deliver("payments", "2024-04-22", _payment(1, 120), _payment(9, 900))


def third_night(company: Company, first: Path) -> None:
    """The delivery of before again, from the folder `first`, a withdrawal of what came last night, a new month."""
    shutil.copy2(first / "sales_2024-02-21.csv", company.folder / "landing")
    company.deliver("customers", "2024-04-23", customer(2, deleted="1"), customer(1, region="South"))  # fmt: skip
    company.deliver("sales", "2024-04-23", line("033", "", "", deleted="1"), line("new", "2024-04-09", 5, customer_id="C3"))  # fmt: skip
    company.deliver("payments", "2024-04-23", _payment(9, 0))


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
        self._open: dict[str, DeltaTable] = {}
        self._seen: dict[str, tuple[int, Parts]] = {}

    def rows(self) -> State:
        """Digests of all tables as they are now.

        Raises:
            AssertionError: a key occurs twice.
        """
        return {"/".join(table.path): self._now(table) for table in _LAKE}

    def _now(self, table: Table) -> Parts:
        name = "/".join(table.path)
        delta = self._open.get(name) or self._lake.open(table)
        if delta is None:
            return {}
        self._open[name] = delta
        delta.update_incremental()
        if delta.version() != self._seen.get(name, (-1,))[0]:
            self._seen[name] = delta.version(), _parts(table, pl.scan_delta(delta).collect())
        return self._seen[name][1]


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
    """The written credit reports and the manager's page; what the door said is told by run, and of each run another."""
    report = folder / "report"
    found = {p.relative_to(report): p for p in report.rglob("*") if p.is_file()}
    return {f"{at}": path.read_bytes() for at, path in found.items() if at.parts[0] != "quality"}


class Holds(NamedTuple):
    """All that a company holds for its readers, and what it knows of its runs."""

    lake: State
    published: Parts
    documents: dict[str, bytes]
    runs: State

    @classmethod
    def of(cls, folder: Path) -> Holds:
        """What lies in a company's folder."""
        lake = Look(folder).rows()
        runs = {name: lake.pop(name) for name in ("/".join(path) for path in _OF_RUNS)}
        written = documents(folder)
        return cls(lake, published(folder), written, runs)


# --- processes ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Mishap:
    """What befalls a run where it first writes the table `at`.

    `kind`: "kill"; "memory", it needs more than the kernel gives; "rival", another process writes the table meanwhile, `times` times.
    """

    kind: str
    at: Table
    times: int = 1


def _command(arguments: list[str], said: str, mishap: Mishap | None) -> None:
    """`kehu` in a process group of its own."""
    os.setsid()
    out = os.open(said, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.pop("DAGSTER_HOME", None)
    os.environ["COLUMNS"] = "200"
    sys.argv = ["kehu", *arguments]
    if mishap:
        _prepare(mishap)
    main()


def _prepare(mishap: Mishap) -> None:
    """Have the mishap befall this process."""
    retries._SECONDS = 0.0
    replace, left = Lake.replace, [mishap.times]

    def befallen(lake: Lake, table: Table, frame: pl.LazyFrame, *rest: Any, **more: Any) -> None:
        if table == mishap.at:
            frame = frame.map_batches(lambda rows: _befall(mishap, lake, left, rows), schema=frame.collect_schema())  # fmt: skip
        replace(lake, table, frame, *rest, **more)

    Lake.replace = befallen  # type: ignore[method-assign]


def _befall(mishap: Mishap, lake: Lake, left: list[int], rows: pl.DataFrame) -> pl.DataFrame:
    """In the midst of a write: what it writes is being computed, and is not committed."""
    if mishap.kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if mishap.kind == "memory":
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (used * resource.getpagesize(),) * 2)
        pl.zeros(_MUCH, eager=True)
    if mishap.kind == "rival" and left[0]:
        left[0] -= 1
        subprocess.run([sys.executable, "-c", _RIVAL, lake.uri(mishap.at)], check=True)
    return rows


class Run:
    """The command in its own process."""

    def __init__(
        self,
        company: Company,
        *,
        upkeep: bool = False,
        mishap: Mishap | None = None,
        last: str = _LAST,
    ) -> None:
        self._said = company.folder / "said.txt"
        settings = ["--settings", str(company.settings)]
        arguments = ["upkeep", *settings] if upkeep else ["run", *settings, "--to", last]
        self._process = _PROCESSES.Process(target=_command, args=(arguments, str(self._said), mishap))  # fmt: skip
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
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it leads no group yet, or ended just now
            self._process.kill()
        self._process.join()
        return self._process.exitcode == -signal.SIGKILL

    @property
    def said(self) -> str:
        """What it printed."""
        return self._said.read_text(encoding="utf-8") if self._said.exists() else ""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    @property
    def reached(self) -> str:
        """The layer of the last step that it ended."""
        done = [row.split()[1] for row in self.said.splitlines() if row.startswith("done: ")]
        return done[-1].split("_")[0] if done else "begin"


def _read(folder: Path, kind: str, known: list[Any], stop: Event, told: Path) -> None:
    """Look until told to stop; write down how often, and everything that no reader should see."""
    looks, faults, look = 0, set(), Look(folder)
    while not stop.wait(_BETWEEN_LOOKS):
        looks += 1
        try:
            found = look.rows() if kind == "lake" else published(folder)
            faults |= set(_faults(found, known) if kind == "lake" else _unknown(found, known))
        except Exception as error:  # noqa: BLE001 - any error at all is what a reader must not see
            faults.add(f"{kind}: {type(error).__name__}: {error}")
    told.write_text(json.dumps({"looks": looks, "faults": sorted(faults)}), encoding="utf-8")


def _unknown(found: Parts, known: list[Parts]) -> list[str]:
    return [] if found in known else [f"the DuckDB file is as after no night: {found}"]


def _faults(found: State, known: list[State]) -> Iterator[str]:
    """Tables that are as after no night; months that vanish go in a commit of their own."""
    for table in (table for table in _LAKE if table not in _PROGRESS):
        name = "/".join(table.path)
        now, nights = found[name], [state[name] for state in known]
        if table is QUARANTINE:  # written feed by feed: whole for each
            parts = {part for one in (now, *nights) for part in one}
            good = all(now.get(part) in [night.get(part) for night in nights] for part in parts)
        else:
            good = now in nights or any(now in _between(*two) for two in itertools.combinations(nights, 2))  # fmt: skip
        if not good:
            yield f"{name} is as after no night: {now}, not one of {nights}"


def _between(old: Parts, new: Parts) -> tuple[Parts, Parts]:
    vanishing = {part: rows for part, rows in old.items() if part not in new}
    return {**vanishing, **new}, {part: rows for part, rows in old.items() if part in new}


class Readers:
    """Two processes that read everything, over and over: one the lake, one the DuckDB file."""

    def __init__(self, folder: Path, known: list[Holds]) -> None:
        self._stop = _PROCESSES.Event()
        self._told = {kind: folder / f"{kind}.json" for kind in ("lake", "published")}
        self._processes = [
            _PROCESSES.Process(target=_read, args=(folder, kind, [getattr(one, kind) for one in known], self._stop, told))
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
    """One company in three nights, and what it holds after each when nobody disturbs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        whole = Company(folder / "whole", WITH_CREDIT)
        self.known = [Holds.of(whole.folder)]
        self.seconds = 0.0
        for number, night in enumerate((first_night, second_night, self._third)):
            night(whole)
            shutil.copytree(whole.folder / "landing", folder / f"landing{number}")
            self.seconds = self._undisturbed(whole)
            self.known.append(Holds.of(whole.folder))
            if number == 0:
                shutil.copytree(whole.folder, folder / "before")

    def _third(self, company: Company) -> None:
        third_night(company, self._folder / "landing0")

    def _undisturbed(self, company: Company) -> float:
        run = Run(company)
        assert run.end() == 0, run.said
        return time.monotonic() - run.started

    @cached_property
    def _seconds_of_upkeep(self) -> float:
        """How long a lake is tidied when nobody disturbs it."""
        shutil.copytree(self._folder / "before", self._folder / "tidied")
        run = Run(Company(self._folder / "tidied", WITH_CREDIT), upkeep=True)
        assert run.end() == 0, run.said
        return time.monotonic() - run.started

    def kill(
        self,
        number: int,
        moments: list[float],
        told: Told,
        *,
        first: bool = False,
        upkeep: bool = False,
    ) -> None:
        """Take nights, killed at these fractions of an undisturbed run's time, then let them end.

        `first`: the first night, on an empty lake; else the second and, from half of the kills on, the third. `upkeep`: every other
        process is one that tidies the lake, killed at that fraction of its own time.
        """
        company = self._company(f"{number:04}", first=first)
        known = self.known[:2] if first else self.known[1:]
        readers = Readers(company.folder, known)
        try:
            for place, moment in enumerate(moments):
                if not first and place >= len(moments) // 2:
                    self._land(company, 2)
                tidies = upkeep and place % 2 == 1
                run = Run(company, upkeep=tidies)
                if run.kill(moment * (self._seconds_of_upkeep if tidies else self.seconds)):
                    told.kills += 1
                    told.reached[run.reached] += 1
            last = Run(company)
            status = last.end()
        finally:
            looks, faults = readers.end()
        told.looks += looks
        told.faults += [f"{number} {moments}: {fault}" for fault in [*faults, *_wrong(company, known[-1], status, last)]]  # fmt: skip
        shutil.rmtree(company.folder)

    def _company(self, name: str, *, first: bool) -> Company:
        """A company before the night, with the very files that nobody disturbed took."""
        folder = self._folder / name
        if not first:
            shutil.copytree(self._folder / "before", folder)
        company = Company(folder, WITH_CREDIT)
        self._land(company, 0 if first else 1)
        return company

    def _land(self, company: Company, night: int) -> None:
        landed = self._folder / f"landing{night}"
        shutil.copytree(landed, company.folder / "landing", dirs_exist_ok=True)


def _wrong(company: Company, whole: Holds, status: int | None, run: Run) -> Iterator[str]:
    """In what the company is not as if nobody had disturbed it."""
    if status != 0:
        yield f"the run after it ended with {status}: {run.said}"
    mine = Holds.of(company.folder)
    for name in ("lake", "published"):
        held, wanted = getattr(mine, name), getattr(whole, name)
        unlike = [key for key in {*held, *wanted} if held.get(key) != wanted.get(key)]
        if unlike:
            yield f"{name} differs: {sorted(unlike)}"
    computed = "/".join(COMPUTED.path)
    if mine.runs[computed] == whole.runs[computed]:  # as many publications
        restated = "/".join(RESTATEMENT.path)
        if mine.runs[restated] != whole.runs[restated]:
            yield "restatements differ"
        if mine.documents != whole.documents:
            yield "the manager's page or a credit report differs"
    yield from _page(company)
    yield from to_do(company)
    yield from left_over(company)


def _page(company: Company) -> Iterator[str]:
    """Whether the manager's page tells what the lake holds."""
    settings = load(company.settings)
    page = ManagerPage(settings, Lake(settings.lake_root))
    before = page.path.read_bytes()
    page.write()
    if page.path.read_bytes() != before:
        yield "the manager's page tells another state than the lake's"


def to_do(company: Company) -> Iterator[str]:
    """What a further run would do."""
    from datetime import date

    settings = load(company.settings)
    pending = open_landing(company.settings).pending(None, date.fromisoformat(_LAST), only_new=True)
    stale = calendar_of(Lake(settings.lake_root), settings).stale(Lake(settings.lake_root))  # fmt: skip
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
