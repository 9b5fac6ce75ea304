"""Promises 2 and 5 under crashes: killed runs, two runs at once, places that cannot be written."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
import pytest
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.errors import LakeError
from pipelines.home import TEMPLATE, prepare_home
from pipelines.lake import Lake
from pipelines.lake_store import glance
from pipelines.landing import ONLY_NEW, open_landing
from pipelines.lock import alone
from pipelines.requests import COMMAND
from pipelines.run import LAKE, end_killed_runs
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import CUSTOMER_PRODUCT_MONTH
from schemas.state import COMPUTED, DELIVERIES, PUBLISHED_DELIVERIES, QUARANTINE, RESTATEMENT
from tests.company import SETTINGS, Company, customer, line, product
from tests.crash import Holds, Look, Mishap, Run, Told, Trial, left_over, moments, to_do
from tests.lakes import published_file
from tests.mounts import mounted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.table import Table

KILLS, IN_A_ROW = 10, 7  # so many before a run that nobody disturbs


def deliveries(folder: Path, settings: str = SETTINGS) -> Company:
    """A company with its first deliveries, which no run has taken yet."""
    made = Company(folder, settings)
    made.deliver("customers", "2024-01-01", customer(1))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-02-20", line("A", "2024-01-05", 100), line("B", "2024-02-06", 50))
    return made


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return deliveries(tmp_path / "company")


@pytest.fixture(scope="module")
def one_night(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company after the first night; not to be written."""
    made = deliveries(tmp_path_factory.mktemp("night") / "company")
    assert made.run().problems == []
    return made


@pytest.fixture
def later(one_night: Company, tmp_path: Path) -> Company:
    """A company of its own after the first night."""
    shutil.copytree(one_night.folder, tmp_path / "later")  # times stay, and so do deliveries taken
    return Company(tmp_path / "later")


def published(company: Company) -> dict[str, list]:
    return {name: company.table(name) for name in TABLES}


def lake_of(company: Company) -> Lake:
    return Lake(load(company.settings).lake_root)


# --- kills ----------------------------------------------------------------------------------------
def test_ten_killed_runs(tmp_path: Path) -> None:
    """Guards against half a table, a mixed publication, a lost delivery or a blocked night after a power cut."""
    dice, told = random.Random(5), Told()
    trial = Trial(tmp_path)
    waiting: list[float] = []
    for number in range(KILLS):  # of some runs the end comes before their moment
        waiting = waiting or moments(dice, KILLS - told.kills)
        # Sorted, for a run that is killed late leaves little to kill.
        row = sorted(waiting.pop() for _ in range(min(len(waiting), IN_A_ROW)))
        trial.kill(number, row, told, first=number == 1)
        if told.kills >= KILLS:
            break
    assert told.faults == []
    assert told.kills >= KILLS
    assert min(told.looks.values()) > 0


def test_a_delivery_taken_but_not_decided_is_not_lost(later: Company) -> None:
    """Guards against a run killed between a delivery's note and its ledger: nothing is new, and the sale is nowhere."""
    company = later
    company.deliver("sales", "2024-02-29", line("C", "2024-02-07", 7))
    loaded = open_landing(company.settings).load(FEEDS["sales"], "2024-02-29", "2024-02-29", {})
    assert loaded.accepted == 1  # and here the run dies
    assert company.run().months == ["2024-02"]
    assert company.rows("SELECT sum(sales_amount) FROM rpt_concentration WHERE as_of_month = '2024-02' AND period = 'month'") == [(57,)]  # fmt: skip
    assert list(to_do(company)) == []


def test_half_a_run_and_back_again(later: Company) -> None:
    """Guards against rows of a killed run that stay because the next delivery brings back the inputs of before."""
    company = later
    before = published(company)
    lake = lake_of(company)
    company.deliver("sales", "2024-03-30", line("A", "2024-01-05", 900), line("Z", "2024-03-05", 1))
    # A run that writes its reports and dies before it publishes them.
    blocked = company.folder / "kehu.duckdb"
    whole = blocked.rename(company.folder / "aside")
    blocked.mkdir()
    assert len(company.run().problems) == 1
    blocked.rmdir()
    whole.rename(blocked)
    company.deliver("sales", "2024-03-31", line("A", "2024-01-05", 100), line("Z", "", "", deleted="1"))  # fmt: skip
    assert company.run().problems == []
    found = lake.scan(TABLES["rpt_concentration"]).collect()
    assert found["as_of_month"].max() == "2024-02"
    unlike = {name for name, rows in published(company).items() if rows != before[name]}
    assert unlike <= {"rpt_reconciliation"}  # it counts the deliveries as well


def test_a_month_that_vanishes_leaves_what_is_published(later: Company) -> None:
    """Guards against a last month that stays published although its only sale was withdrawn and no other month changed."""
    later.deliver("sales", "2024-02-21", line("B", "", "", deleted="1"))
    later.run()
    assert later.rows("SELECT max(as_of_month) FROM rpt_concentration") == [("2024-01",)]
    assert list(to_do(later)) == []


def test_runs_that_were_killed_do_not_run_for_ever(company: Company) -> None:
    """Guards against a UI in which a dead run goes on for ever, and against ending another lake's living run."""
    lake = lake_of(company)
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.GraphDefinition(name="one").to_job()
        dead, alive = (
            instance.create_run_for_job(job, tags={COMMAND: "run", LAKE: mark}, status=dg.DagsterRunStatus.STARTED)
            for mark in (lake.mark, "another")
        )  # fmt: skip
        end_killed_runs(instance, lake)
        running = instance.get_runs(dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES))
        assert [run.run_id for run in running] == [alive.run_id]
        failed = instance.get_run_by_id(dead.run_id)
        assert failed is not None
        assert failed.status == dg.DagsterRunStatus.FAILURE


def test_what_killed_runs_left_is_swept_away(later: Company) -> None:
    """Guards against a disk that fills with copies of deliveries and half-built files, night by night."""
    lake = lake_of(later)
    with lake.scratch() as folder:
        (folder / "0.accepted.parquet").touch()
        (later.folder / ".kehu.duckdb.1.tmp").touch()
        (later.folder / ".kehu.duckdb.1.tmp.wal").touch()
        with alone(lake, lambda _: None):
            published_file(lake, later.folder / "kehu.duckdb")
        assert not folder.exists()
        assert list(left_over(later)) == []
        folder.mkdir()


def test_what_killed_looks_left_is_swept_away(later: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Guards against rows of databases that stay after a check was killed, and against taking them from one at work."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with glance() as new, glance() as old:
        os.utime(old, (0, 0))
        lake_of(later).sweep()
        assert (new.exists(), old.exists()) == (True, False)


# --- killed between two commits -------------------------------------------------------------------
def killed_at(company: Company, table: Table, last: str = "2024-12-31") -> None:
    """A night that is killed in the midst of its write of a table."""
    run = Run(company, mishap=Mishap("kill", table), last=last)
    assert run.end() == -signal.SIGKILL, run.said


def test_half_a_delivery_and_back_again(later: Company, one_night: Company) -> None:
    """Guards against rows of a half-taken delivery that stay for ever because what is delivered next is what was known before."""
    later.deliver("sales", "2024-02-20", line("A", "2024-01-05", 900))
    killed_at(later, QUARANTINE)
    shutil.copy2(one_night.folder / "landing/sales_2024-02-20.csv", later.folder / "landing")
    assert later.run().problems == []
    assert Holds.of(later.folder).lake == Holds.of(one_night.folder).lake
    assert list(to_do(later)) == []


def test_half_a_delivery_that_is_gone(later: Company, one_night: Company) -> None:
    """Guards against nights that publish nothing until the feed delivers again, because the file of a half-taken day is gone."""
    path = later.deliver("sales", "2024-02-29", line("A", "2024-01-05", 900))
    killed_at(later, QUARANTINE)
    path.unlink()
    assert later.run().problems == []
    assert Holds.of(later.folder).lake == Holds.of(one_night.folder).lake
    assert list(to_do(later)) == []


def test_half_a_delivery_of_a_feed_that_cannot_be_asked(later: Company) -> None:
    """Guards against half a delivery that passes for gone because its folder is away for a night."""
    later.deliver("sales", "2024-02-29", line("C", "2024-02-07", 7))
    killed_at(later, QUARANTINE)
    landing = later.folder / "landing"
    away = landing.rename(later.folder / "away")
    later.run()
    assert later.rows("SELECT count(*) FROM rpt_concentration WHERE sales_amount = 57") == [(0,)]
    half = lake_of(later).scan(FEEDS["sales"].accepted).collect()
    assert "C" in half["order_id"].to_list()
    away.rename(landing)
    assert later.run().problems == []
    assert list(to_do(later)) == []


def test_half_a_snapshot_and_the_next_night(tmp_path: Path) -> None:
    """Guards against a register that is read whole each night, taken by half: known by no delivery, it blocks every publication to come."""
    template = "landing/customers_{date:%Y-%m-%d}.csv"
    company = deliveries(tmp_path / "company", SETTINGS.replace(template, "landing/customers_2024-01-01.csv"))  # fmt: skip
    killed_at(company, QUARANTINE, last="2024-03-01")
    open_landing(company.settings).load(FEEDS["customers"], "2024-03-02", "2024-03-02", {ONLY_NEW: "true"})  # fmt: skip
    for table in (FEEDS["customers"].accepted, DELIVERIES):
        rows = lake_of(company).scan(table)
        rows = rows.filter(pl.col("feed") == "customers") if table is DELIVERIES else rows
        assert rows.collect()["delivered_on"].to_list() == [date(2024, 3, 2)]


def test_a_publication_that_was_not_noted_to_its_end(later: Company) -> None:
    """Guards against a restatement that names deliveries as its cause which were published before."""
    nothing = pl.LazyFrame(schema=PUBLISHED_DELIVERIES.schema)
    lake_of(later).replace(PUBLISHED_DELIVERIES, nothing, made_from=0)  # as the run before left it
    later.deliver("sales", "2024-02-29", line("C", "2024-01-07", 7))
    assert later.run().problems == []
    told = lake_of(later).scan(RESTATEMENT).collect()
    assert set(told["deliveries"]) == {"sales 2024-02-29"}


# --- two at once ----------------------------------------------------------------------------------
def test_the_second_run_waits_and_says_for_whom(later: Company) -> None:
    """Guards against two runs that interleave on one lake, and against a second one that hangs without a word."""
    later.deliver("sales", "2024-02-29", line("C", "2024-02-07", 7))
    before = Look(later.folder).rows()
    with alone(lake_of(later), lambda _: None):
        second = Run(later)
        while not second.said:
            time.sleep(0.05)
        assert second.said == f"waiting for the run of process {os.getpid()}, which is writing the lake {later.folder}/lake\n"  # fmt: skip
        assert second.is_running
        status = CliRunner().invoke(app, ["status", "--settings", str(later.settings)])
        assert status.exit_code == 0  # looking never waits
        assert Look(later.folder).rows() == before
    assert second.end() == 0, second.said
    assert second.said.count("waiting") == 1  # once is enough
    assert list(to_do(later)) == []


def test_whoever_waits_too_long_says_so(company: Company) -> None:
    """Guards against a run that waits for ever for one that hangs."""
    lake, said, caught = lake_of(company), [], []
    other = subprocess.Popen(["flock", f"{lake.root}.lock", "cat"], stdin=subprocess.PIPE)
    try:
        while subprocess.run(["flock", "-n", f"{lake.root}.lock", "true"], check=False).returncode == 0:  # fmt: skip
            pass
        with pytest.raises(LakeError, match="another run has been writing it") as caught, alone(lake, said.append, 0.1):  # fmt: skip
            pass
    finally:
        other.communicate()
    assert said == [f"waiting for another run, which is writing the lake {lake.root}"]
    assert "Run again" in str(caught.value)


def test_a_run_of_dagsters_own_waits_too(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards against a run from the UI that writes while the command does."""
    from pipelines.resources import lake, settings

    monkeypatch.setenv("KEHU_SETTINGS", str(company.settings))
    with dg.build_resources({"settings": settings, "lake": lake}):
        held = subprocess.run(["flock", "-n", f"{lake_of(company).root}.lock", "true"], check=False)
        assert held.returncode == 1
    ended = subprocess.run(["flock", "-n", f"{lake_of(company).root}.lock", "true"], check=False)
    assert ended.returncode == 0


# --- places that cannot be written or read --------------------------------------------------------
def ended(company: Company, mishap: Mishap | None = None) -> tuple[int | None, str]:
    """Exit status and all that a run said."""
    run = Run(company, mishap=mishap)
    status = run.end()
    assert "Traceback" not in run.said
    return status, run.said


def test_a_lake_that_cannot_be(company: Company, tmp_path: Path) -> None:
    """Guards against a traceback, or a good end, where the lake's place is none."""
    (tmp_path / "file").touch()
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text.replace("./lake", str(tmp_path / "file" / "lake")), encoding="utf-8")  # fmt: skip
    status, said = ended(company)
    assert status == 1
    (told,) = said.splitlines()
    assert told.startswith(f"{tmp_path}/file/lake.lock: cannot be written (")


def test_a_landing_folder_that_vanished(later: Company) -> None:
    """Guards against a share that is not mounted and passes for a night without news."""
    landing = later.folder / "landing"
    landing.rename(later.folder / "away")
    problems = later.run().problems
    assert f"sales: {landing}: there is no such folder" in problems
    assert len(problems) == 4  # one for each feed
    (later.folder / "away").rename(landing)
    assert later.run().problems == []
    assert list(to_do(later)) == []


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """The system refuses to write a file of more bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_write_that_fails_leaves_the_table(tmp_path: Path) -> None:
    """Guards against a table that is gone, or half there, after a write that the system refused."""
    lake = Lake(str(tmp_path))
    row = {"inputs": "x", "publication": 1, "delivered_up_to": date(2024, 1, 31), "totals": "{}"}
    before = pl.LazyFrame([{"as_of_month": "2024-01", **row}], schema=COMPUTED.schema)
    lake.replace(COMPUTED, before)
    months = pl.LazyFrame(
        [{"as_of_month": f"{n}", **row} for n in range(20_000)], schema=COMPUTED.schema
    )
    long = months.with_columns(inputs=pl.col("as_of_month").hash().cast(pl.String))
    told = rf"{tmp_path}/state/computed: cannot be written \(.*too large"
    with no_file_beyond(4096), pytest.raises(LakeError, match=told):
        lake.replace(COMPUTED, long)
    assert lake.scan(COMPUTED).collect().equals(before.collect())


def test_parts_that_cannot_be_written_leave_the_table(tmp_path: Path) -> None:
    """The same of a table whose parts are written as files of their own, and against files that nobody names or removes."""
    lake = Lake(str(tmp_path))
    sold = {"product_id": "P", "sales_amount": Decimal(1)}
    rows = [{"fact_month": "2024-01", "customer_id": f"{n}", **sold} for n in range(20_000)]
    before = pl.LazyFrame(rows[:1], schema=CUSTOMER_PRODUCT_MONTH.schema)
    lake.replace(CUSTOMER_PRODUCT_MONTH, before)
    files = {*tmp_path.rglob("*.parquet")}
    long = pl.LazyFrame(rows, schema=CUSTOMER_PRODUCT_MONTH.schema)
    told = rf"^{tmp_path}/rollups/customer_product_month: cannot be written \(.*too large"
    with no_file_beyond(4096), pytest.raises(LakeError, match=told):
        lake.replace(CUSTOMER_PRODUCT_MONTH, long, parts=["2024-01"])
    assert lake.scan(CUSTOMER_PRODUCT_MONTH).collect().equals(before.collect())
    assert {*tmp_path.rglob("*.parquet")} == files


def test_half_a_home_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards against a home whose dagster.yaml, cut off by a full disk or a kill, passes for the user's own for ever."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with no_file_beyond(10), pytest.raises(OSError, match="too large"):
        prepare_home(tmp_path / "kehu.yaml")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    prepare_home(tmp_path / "kehu.yaml")
    assert (tmp_path / ".dagster/dagster.yaml").read_bytes() == TEMPLATE.read_bytes()


def test_a_full_disk(tmp_path: Path, one_night: Company) -> None:
    """Guards against a run that ends well on a full disk, and against tables that stay wrong when there is room again."""
    disk, small = tmp_path / "disk", ("-t", "tmpfs", "-o", "size=700k", "tmpfs")
    with mounted(disk, *small):
        company = deliveries(disk / "company")
        status, said = ended(company)  # all that the company has lies on the full disk
        assert (status, f"{disk}/" in said) == (1, True)
        subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
        lake = company.folder / "lake"
        with mounted(lake, *small):
            status, said = ended(company)  # the lake alone
            assert (status, f"{lake}/" in said) == (1, True)
        assert ended(company)[0] == 0
        assert published(company) == published(one_night)
        assert list(to_do(company)) == []


# --- one night and all that can befall it ---------------------------------------------------------
def test_one_night_after_the_other_goes_wrong(later: Company) -> None:
    """Guards against half a night, a traceback or a good end on a disk mounted read-only after a fault, without memory, or beside another writer."""
    lake, sales = later.folder / "lake", FEEDS["sales"].ledger
    later.deliver("sales", "2024-02-29", line("C", "2024-02-07", 7))
    before = Look(later.folder).rows()
    with mounted(lake, "--bind", "-o", "ro", str(lake)):
        status, said = ended(later)
    assert (status, one_line(said, "Read-only")) == (1, True)
    assert f"{lake}/state/deliveries: cannot be written (" in said
    assert Look(later.folder).rows() == before

    status, said = ended(later, Mishap("memory", sales))
    assert status != 0
    assert Look(later.folder).rows()["ledger/sales"] == before["ledger/sales"]

    status, said = ended(later, Mishap("rival", sales, times=99))
    assert (status, one_line(said, "another writer")) == (1, True)
    assert f"{lake}/ledger/sales: another writer was first; nothing of it was written. Run again." in said  # fmt: skip

    status, said = ended(
        later, Mishap("rival", sales)
    )  # a retry helps, and none of the rival's rows stay
    assert status == 0, said
    assert later.rows("SELECT sum(sales_amount) FROM rpt_concentration WHERE as_of_month = '2024-02' AND period = 'month'") == [(57,)]  # fmt: skip
    assert list(to_do(later)) == []


def one_line(said: str, words: str) -> bool:
    """Whether a run says this once."""
    return sum(words in text for text in said.splitlines()) == 1
