"""Promises 2 and 5 under crashes: killed runs, two runs at once, places that cannot be written."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl
import pytest
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES

from pipelines.errors import LakeError
from pipelines.lake import Lake
from pipelines.landing import open_landing
from pipelines.lock import alone
from pipelines.run import COMMAND, LAKE, end_killed_runs
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.state import COMPUTED
from tests.company import SETTINGS, Company, customer, line, product
from tests.crash import Told, Trial, left_over, moments, to_do

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
KILLS = [3, 3, 2, 2]  # in a row, before a run that nobody disturbs


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path / "company")
    made.deliver("customers", "2024-01-01", customer(1))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-02-20", line("A", "2024-01-05", 100), line("B", "2024-02-06", 50))
    return made


def published(company: Company) -> dict[str, list]:
    return {name: company.table(name) for name in TABLES}


def lake_of(company: Company) -> Lake:
    return Lake(load(company.settings).lake_root)


def kehu(company: Company, *prefix: str) -> subprocess.Popen[str]:
    env = {k: v for k, v in os.environ.items() if k not in ("DAGSTER_HOME", "KEHU_SETTINGS")}
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "pipelines.cli", "run", "--settings", str(company.settings), "--to", "2024-12-31"],
        cwd=ROOT, env={**env, "COLUMNS": "200"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


# --- kills ----------------------------------------------------------------------------------------
def test_ten_killed_runs(tmp_path: Path) -> None:
    """Guards against half a table, a mixed publication, a lost delivery or a blocked night after a power cut."""
    dice, told = random.Random(5), Told()
    trial = Trial(tmp_path)
    waiting = moments(dice, sum(KILLS))
    for number, count in enumerate(KILLS):
        row = [waiting.pop() for _ in range(count)]
        trial.kill(number, row, told, first=number == 1)
    assert told.faults == []
    assert told.kills >= 6  # a run may end before its moment comes
    assert min(told.looks.values()) > 0


def test_a_delivery_taken_but_not_decided_is_not_lost(company: Company) -> None:
    """Guards against a run killed between a delivery's note and its ledger: nothing is new, and the sale is nowhere."""
    company.run()
    company.deliver("sales", "2024-02-29", line("C", "2024-02-07", 7))
    loaded = open_landing(company.settings).load(FEEDS["sales"], "2024-02-29", "2024-02-29", {})
    assert loaded.accepted == 1  # and here the run dies
    assert company.run().months == ["2024-02"]
    assert company.rows("SELECT sum(sales_amount) FROM rpt_concentration WHERE as_of_month = '2024-02' AND period = 'month'") == [(57,)]  # fmt: skip
    assert list(to_do(company)) == []


def test_half_a_run_and_back_again(company: Company) -> None:
    """Guards against rows of a killed run that stay because the next delivery brings back the inputs of before."""
    company.run()
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


def test_a_month_that_vanishes_leaves_what_is_published(company: Company) -> None:
    """Guards against a last month that stays published although its only sale was withdrawn and no other month changed."""
    company.deliver("sales", "2024-03-31", line("C", "2024-03-05", 5))
    company.run()
    company.deliver("sales", "2024-04-01", line("C", "", "", deleted="1"))
    company.run()
    assert company.rows("SELECT max(as_of_month) FROM rpt_concentration") == [("2024-02",)]
    assert list(to_do(company)) == []


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


def test_what_killed_runs_left_is_swept_away(company: Company) -> None:
    """Guards against a disk that fills with copies of deliveries and half-built files, night by night."""
    with lake_of(company).scratch() as folder:
        (folder / "0.accepted.parquet").touch()
        (company.folder / ".kehu.duckdb.1.tmp").touch()
        (company.folder / ".kehu.duckdb.1.tmp.wal").touch()
        company.run()
        assert not folder.exists()
        assert list(left_over(company)) == []
        folder.mkdir()


# --- two at once ----------------------------------------------------------------------------------
def test_the_second_run_waits_and_says_for_whom(company: Company) -> None:
    """Guards against two runs that interleave on one lake, and against a second one that hangs without a word."""
    with alone(lake_of(company), lambda _: None):
        second = kehu(company)
        assert second.stdout is not None
        first_line = second.stdout.readline()
        assert first_line == f"waiting for the run of process {os.getpid()}, which is writing the lake {company.folder}/lake\n"  # fmt: skip
        assert second.poll() is None
        assert not (company.folder / "lake").exists()
        status = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "status", "--settings", str(company.settings)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert status.returncode == 0  # looking never waits
        assert not (company.folder / "lake").exists()
    out, _ = second.communicate(timeout=120)
    assert second.returncode == 0, out
    assert "waiting" not in out  # once is enough


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
def ended(company: Company) -> tuple[int, str]:
    """Exit status and all that a run said."""
    run = kehu(company)
    out, err = run.communicate(timeout=120)
    assert "Traceback" not in out + err
    return run.returncode, out + err


def test_a_lake_that_cannot_be(company: Company, tmp_path: Path) -> None:
    """Guards against a traceback, or a good end, where the lake's place is none."""
    (tmp_path / "file").touch()
    text = company.settings.read_text(encoding="utf-8")
    company.settings.write_text(text.replace("./lake", str(tmp_path / "file" / "lake")), encoding="utf-8")  # fmt: skip
    status, said = ended(company)
    assert status == 1
    (told,) = said.splitlines()
    assert told.startswith(f"{tmp_path}/file/lake.lock: cannot be written (")


def test_a_landing_folder_that_vanished(company: Company) -> None:
    """Guards against a share that is not mounted and passes for a night without news."""
    company.run()
    landing = company.folder / "landing"
    landing.rename(company.folder / "away")
    problems = company.run().problems
    assert f"sales: {landing}: there is no such folder" in problems
    assert len(problems) == 4  # one for each feed
    (company.folder / "away").rename(landing)
    assert company.run().problems == []
    assert list(to_do(company)) == []


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
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(LakeError, match=rf"{tmp_path}/state/computed: cannot be written \(.*too large"):  # fmt: skip
            lake.replace(COMPUTED, long)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert lake.scan(COMPUTED).collect().equals(before.collect())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with little room."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:  # fmt: skip
        pytest.skip("this user may not mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("full", ["lake", "all"])
def test_a_full_disk(tmp_path: Path, disk: Path, full: str) -> None:
    """Guards against a run that ends well on a full disk, and against tables that stay wrong when there is room again."""
    settings = SETTINGS.replace("./lake", f"{disk}/lake") if full == "lake" else SETTINGS
    company = Company(disk / "company" if full == "all" else tmp_path / "company", settings)
    whole = Company(tmp_path / "whole")
    for one in (company, whole):
        one.deliver("customers", "2024-01-01", customer(1))
        one.deliver("products", "2024-01-01", product(1))
        one.deliver("sales", "2024-02-20", line("A", "2024-01-05", 100), line("B", "2024-02-06", 50))  # fmt: skip
    whole.run()
    status, said = ended(company)
    assert status == 1
    assert f"{disk}/" in said
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
    assert ended(company)[0] == 0
    assert published(company) == published(whole)
    assert list(to_do(company)) == []
