"""Upkeep and migration: files change, rows do not; readers, old versions and what months were computed from stand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties
from typer.testing import CliRunner

from pipelines import lake_format
from pipelines.cli import app
from pipelines.definitions import defs
from pipelines.errors import LakeError
from pipelines.lake import Lake
from pipelines.lock import alone
from pipelines.look import status
from pipelines.upkeep import upkeep
from schemas.catalogue import FEEDS, TABLES
from schemas.state import COMPUTED, DELIVERIES, DIGESTS, FORMAT, QUARANTINE
from tests.company import Company, customer, line, product
from tests.crash import Look, State, to_do
from tests.mounts import mounted

if TYPE_CHECKING:
    from schemas.table import Table

ROOT = Path(__file__).parents[2]
DAY = 24 * 60 * 60
TIMES = {"timestamp", "modificationTime", "deletionTimestamp"}
SALES = FEEDS["sales"].accepted


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a company that took deliveries in two nights; not to be written."""
    made = Company(tmp_path_factory.mktemp("nights") / "company")
    made.deliver("customers", "2024-01-01", customer(1), customer(2))
    made.deliver("products", "2024-01-01", product(1))
    for month in ("01", "02"):
        lines = (line(month, f"2024-{month}-05", 100), line("bad", "2024-02-30", 1))
        made.deliver("sales", f"2024-{month}-20", *lines)
        assert made.run(last=f"2024-{month}-28").problems == []
    return made.folder


@pytest.fixture
def company(two_nights: Path, tmp_path: Path) -> Company:
    shutil.copytree(
        two_nights, tmp_path / "company"
    )  # modification times stay, and so do the deliveries taken
    return Company(tmp_path / "company")


def lake_of(company: Company) -> Lake:
    return Lake(str(company.folder / "lake"))


def rows(company: Company) -> State:
    """Digests of all rows of the lake."""
    return Look(company.folder).rows()


def files(lake: Lake, table: Table) -> int:
    """Of how many files a table consists."""
    delta = lake.open(table)
    return len(delta.file_uris()) if delta else 0


def aged(place: Path, days: int) -> None:
    """Make a table, or a lake, as if all that was done to it had been done so many days earlier."""
    for path in place.rglob("*"):
        if path.suffix == ".json" and path.parent.name == "_delta_log":
            found = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
            path.write_text("\n".join(json.dumps(_earlier(one, days)) for one in found), encoding="utf-8")  # fmt: skip
        if path.name.endswith(".checkpoint.parquet"):
            _age_checkpoint(path, days)
    for path in place.rglob("*"):
        then = path.stat().st_mtime - days * DAY
        os.utime(path, (then, then))


def _earlier(action: dict[str, Any], days: int) -> dict[str, Any]:
    return {
        kind: {k: v - days * DAY * 1000 if k in TIMES else v for k, v in told.items()}
        for kind, told in action.items()
    }


def _age_checkpoint(path: Path, days: int) -> None:
    table = pq.read_table(path)
    for number, name in enumerate(table.column_names):
        column = table[name].combine_chunks()
        fields = list(column.type)
        parts = ((field.name, column.field(field.name)) for field in fields)
        told = [pc.subtract(part, days * DAY * 1000) if called in TIMES else part for called, part in parts]  # fmt: skip
        table = table.set_column(number, name, pa.StructArray.from_arrays(told, fields=fields, mask=column.is_null()))  # fmt: skip
    pq.write_table(table, path)


# --- upkeep ---------------------------------------------------------------------------------------
def test_upkeep_merges_files_and_changes_nothing_else(company: Company) -> None:
    """Guards against an upkeep that loses rows, or after which every month passes for changed and is computed again."""
    lake, before, published = lake_of(company), rows(company), (company.folder / "kehu.duckdb").read_bytes()  # fmt: skip
    many = {table.path: files(lake, table) for table in (SALES, QUARANTINE, DELIVERIES)}
    states = {name: lake.states(table) for name, table in TABLES.items()}
    assert many == {SALES.path: 2, QUARANTINE.path: 2, DELIVERIES.path: 4}
    done = CliRunner().invoke(app, ["upkeep", "--settings", str(company.settings)])
    assert done.exit_code == 0
    assert done.output == f"{lake.root}: 6 files merged, 0 removed\n"
    assert rows(company) == before
    few = {table.path: files(lake, table) for table in (SALES, QUARANTINE, DELIVERIES)}
    assert few == {SALES.path: 1, QUARANTINE.path: 1, DELIVERIES.path: 3}  # one for each feed
    assert {name: lake.states(table) for name, table in TABLES.items()} == states
    assert list(to_do(company)) == []
    summary = company.run()
    assert (summary.feeds, summary.months, summary.problems) == ({}, [], [])
    assert (company.folder / "kehu.duckdb").read_bytes() == published
    assert upkeep(lake, 30).merged == 0  # a second one finds all tidy


def test_what_is_known_of_rows_outlives_the_log(company: Company) -> None:
    """Guards against a ledger that passes for undecided once the commit that decided it has left the log."""
    lake = lake_of(company)
    tables = [table for feed in FEEDS.values() for table in (feed.accepted, feed.ledger, feed.retired)]  # fmt: skip
    known = {table.path: (lake.version(table), lake.made_from(table)) for table in tables}
    assert known[FEEDS["sales"].ledger.path] == (1, 1)
    for _ in range(3):
        upkeep(lake, 1)
        aged(company.folder / "lake", 3)
    upkeep(lake, 1)
    assert not (company.folder / "lake/ledger/sales/_delta_log" / f"{1:020}.json").exists()
    assert {table.path: (lake.version(table), lake.made_from(table)) for table in tables} == known
    assert list(to_do(company)) == []
    company.deliver("sales", "2024-02-29", line("new", "2024-02-06", 1))
    assert company.run().months == ["2024-02"]
    assert lake.version(FEEDS["sales"].ledger) == lake.open(FEEDS["sales"].ledger).version()


def test_readers_notice_nothing(company: Company) -> None:
    """Guards against a reader whose files are taken away under its hands, and against one that sees rows twice or never."""
    lake, before, faults, looks = lake_of(company), rows(company), [], []
    opened = lake.scan(SALES), lake.scan(QUARANTINE)
    whole = [frame.collect() for frame in opened]
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                found = rows(company)
                faults.extend(name for name in before if found[name] != before[name])
            except Exception as error:  # noqa: BLE001 - any error at all is what a reader must not see
                faults.append(repr(error))
            looks.append(1)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    upkeep(lake, 1)
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(looks) >= 2
    assert files(lake, SALES) == 1  # what was opened before lies elsewhere
    for frame, then in zip(opened, whole, strict=True):
        assert frame.collect().equals(then)


def month(text: str) -> pl.LazyFrame:
    """The table of computed months with one month in it."""
    row = {"inputs": "x", "publication": 1, "delivered_up_to": date(2024, 1, 31), "totals": "{}"}
    return pl.LazyFrame([{"as_of_month": text, **row}], schema=COMPUTED.schema)


def at(lake: Lake, version: int) -> str:
    """The month that a version of the table of computed months held."""
    return pl.scan_delta(lake.uri(COMPUTED), version=version).collect()["as_of_month"].item()


def test_time_travel_reaches_back_as_far_as_the_settings_say(tmp_path: Path) -> None:
    """Guards against old versions that are gone too soon, and against ones that grow the disk, and keep personal data, for ever."""
    lake = Lake(str(tmp_path))
    for version in range(120):  # the log is condensed on its way
        lake.replace(COMPUTED, month(f"{version}"))
    upkeep(lake, 30)
    first = lake.open(COMPUTED).version()
    aged(tmp_path, 20)
    lake.replace(COMPUTED, month("second"))  # the first one was current until now
    assert upkeep(lake, 30).removed == 0
    assert at(lake, 5) == "5"
    aged(tmp_path, 15)
    lake.replace(COMPUTED, month("third"))
    assert upkeep(lake, 30).removed == 119  # replaced 35 days ago
    assert upkeep(lake, 30).removed == 0  # by a log that has been condensed since
    assert at(lake, first) == "119"  # replaced 15 days ago
    assert at(lake, first + 1) == "second"
    with pytest.raises(Exception, match=r"(?i)not found|no such file"):
        at(lake, 5)
    aged(tmp_path, 31)
    upkeep(lake, 30)
    with pytest.raises(Exception, match="No files in log segment"):
        at(lake, first)
    assert lake.scan(COMPUTED).collect()["as_of_month"].to_list() == ["third"]


def test_what_killed_writes_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    """Guards against files that no commit names and nobody removes, and against removing those of a write that goes on."""
    lake = Lake(str(tmp_path))
    lake.replace(COMPUTED, month("one"))
    (good,) = lake.open(COMPUTED).file_uris()
    old, young = (tmp_path / "state/computed" / f"part-{name}.snappy.parquet" for name in ("old", "young"))  # fmt: skip
    shutil.copy(good, old)
    aged(tmp_path, 31)
    shutil.copy(good, young)
    assert upkeep(lake, 30).removed == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_a_killed_upkeep_harms_nothing(company: Company) -> None:
    """Guards against a lake that is half tidied and therefore half there."""
    before, lake = rows(company), lake_of(company)
    place = company.folder / "lake"
    killed = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "upkeep", "--settings", str(company.settings)],
        cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    while killed.poll() is None and not list(place.glob("feeds/*/_delta_log/*.checkpoint.parquet")):
        pass
    os.killpg(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert rows(company) == before
    assert list(to_do(company)) == []
    assert CliRunner().invoke(app, ["upkeep", "--settings", str(company.settings)]).exit_code == 0
    assert files(lake, SALES) == 1
    assert rows(company) == before


def test_dagster_keeps_the_lake_every_week(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Guards against a job that nobody starts, or that fails the first time it is started."""
    monkeypatch.setenv("KEHU_SETTINGS", str(company.settings))
    schedule = defs.resolve_schedule_def("weekly_upkeep")
    assert schedule.job_name == "upkeep"
    with dg.DagsterInstance.ephemeral() as instance:
        assert defs.resolve_job_def("upkeep").execute_in_process(instance=instance).success
    assert files(lake_of(company), SALES) == 1


def test_a_place_that_cannot_be_written(company: Company) -> None:
    """Guards against a traceback where the disk refuses the upkeep, and against rows that it costs."""
    before, log = rows(company), company.folder / "lake/feeds/sales/_delta_log"
    with (
        mounted(log, "--bind", "-o", "ro", str(log)),
        pytest.raises(LakeError, match="feeds/sales: cannot be written"),
    ):
        upkeep(lake_of(company), 30)
    assert rows(company) == before


# --- format ---------------------------------------------------------------------------------------
def made_old(lake: Lake, feeds: list[str]) -> None:
    """Store the lake as 0.2.0 did: these feeds' accepted rows in a folder a delivery, retired rows in none, digests by month, no format."""
    shutil.rmtree(lake.uri(FORMAT))
    for name in feeds:
        _stored(lake, FEEDS[name].accepted, ["delivered_on"])
        _stored(lake, FEEDS[name].retired, [])
    digests = lake.scan(DIGESTS).drop("ledger_month").collect()
    shutil.rmtree(lake.uri(DIGESTS))
    digests.lazy().sink_delta(lake.uri(DIGESTS), delta_write_options={"partition_by": ["feed"]})


def _stored(lake: Lake, table: Table, folders: list[str]) -> None:
    """The same rows in these folders, in as many commits, the last of which tells what they were made from and no more."""
    rows, version, made_from = (
        lake.scan(table).collect(),
        lake.version(table),
        lake.made_from(table),
    )
    shutil.rmtree(lake.uri(table))
    told = {} if made_from is None else {"kehu.made_from": str(made_from)}
    for _ in range((version or 0) + 1):
        options = {"partition_by": folders, "commit_properties": CommitProperties(custom_metadata=told)}  # fmt: skip
        rows.lazy().sink_delta(lake.uri(table), mode="overwrite", delta_write_options=options)


def test_a_lake_of_0_2_0_is_migrated(company: Company) -> None:
    """Guards against an upgrade that loses rows, computes all months again, or leaves half a lake where it was killed."""
    lake, before = lake_of(company), rows(company)
    made_old(lake, ["customers", "sales"])  # as if killed in between: products are as they shall be
    lake = lake_of(company)  # the other one has opened tables that are gone
    assert files(lake, SALES) == 2
    with pytest.raises(LakeError, match=r"has format 1, .*brings it to format 2"):
        status(company.settings)  # looking changes nothing
    assert lake.open(FORMAT) is None
    with alone(lake, print):
        pass
    assert list(to_do(company)) == []
    assert lake.scan(FORMAT).collect().item() == lake_format.CURRENT
    assert lake.open(SALES).metadata().partition_columns == []
    assert lake.open(FEEDS["sales"].retired).metadata().partition_columns == ["month"]
    assert files(lake, SALES) == 1
    now = rows(company)
    assert [name for name in before if now[name] != before[name]] == [
        "state/digests"
    ]  # the next run makes them anew
    company.deliver("sales", "2024-02-29", line("new", "2024-02-06", 1))
    assert company.run().months == ["2024-02"]


def test_a_lake_of_a_newer_kehu_is_left_alone(company: Company) -> None:
    """Guards against an older version that writes into a lake whose layout it does not know."""
    lake = lake_of(company)
    lake.replace(FORMAT, pl.LazyFrame([{"version": 99}], schema=FORMAT.schema))
    company.deliver("sales", "2024-02-29", line("new", "2024-02-06", 1))
    before = rows(company)
    told = f"has format 99, this version of Kehu knows formats up to {lake_format.CURRENT}"
    with pytest.raises(LakeError, match=told):
        company.run()
    with pytest.raises(LakeError, match=told):
        status(company.settings)
    assert rows(company) == before


def test_a_lake_that_is_too_old_says_what_to_do(company: Company) -> None:
    """Guards against a lake of 0.1.0 that is taken for one of 0.2.0 and fails in the middle of a run."""
    lake = lake_of(company)
    shutil.rmtree(lake.uri(FORMAT))
    old = lake.scan(DELIVERIES).drop("full_sources").collect()
    shutil.rmtree(lake.uri(DELIVERIES))
    old.lazy().sink_delta(lake.uri(DELIVERIES), delta_write_options={"partition_by": ["feed"]})
    before = rows_of_ledgers(lake)
    with pytest.raises(LakeError, match=r"full_sources are not there.*move it away and run again"):
        company.run()
    assert rows_of_ledgers(lake) == before
    assert lake.open(FORMAT) is None


def rows_of_ledgers(lake: Lake) -> dict[str, dict[str, int]]:
    return {name: lake.row_counts(feed.ledger) for name, feed in FEEDS.items()}
