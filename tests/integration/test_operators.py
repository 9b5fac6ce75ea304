"""What operators rely on besides the daemon itself: sensors and schedules tick by tick, retries, history, warnings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl
import pytest
from dagster._core.definitions.reconstruct import ReconstructableRepository

from assets import checks
from pipelines.clock import yesterday
from pipelines.event_log import SqliteEventLog
from pipelines.failures import FailureNotice, Problem, events_of, problems_of
from pipelines.freshness import calendar_of
from pipelines.lake import Lake
from pipelines.launcher import PROCESS, free_slots, this_process
from pipelines.pruning import prune
from pipelines.punctuality import is_usual, missing, newest_due
from pipelines.requests import COMMAND
from pipelines.resources import planned_steps, settings_path
from pipelines.schedules import nightly, still_stale
from pipelines.sensors import arrivals, failed_runs, touched_months
from pipelines.settings import load
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES
from tests.company import SETTINGS, Company, customer, line, product
from tests.receivers import hanging, http, refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Apprise imports it where Python still has it, for mail that is encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
REPORT = dg.AssetKey(["reporting", "rpt_concentration"])


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company of whose files nothing was taken."""
    made = Company(tmp_path / "company")
    made.deliver("customers", "2024-01-01", customer(1))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100))
    monkeypatch.setenv("KEHU_SETTINGS", str(made.settings))
    return made


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of the test's own."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as found:
        yield found


class Ticks:
    """The arrival sensor, tick by tick."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self.cursor: str | None = None

    def tick(self) -> Any:
        """What the next tick asks for: a request, or the words with which it skips."""
        with dg.build_sensor_context(instance=self._instance, cursor=self.cursor) as context:
            told = arrivals(context)
            self.cursor = context.cursor
        return told if isinstance(told, dg.RunRequest) else told.skip_message


def test_arrivals_are_asked_for_once_and_whole(company: Company, instance: dg.DagsterInstance) -> None:  # fmt: skip
    """A file taken while it grows, a delivery asked for twice, and one that came during a run and was forgotten."""
    sensor = Ticks(instance)
    assert "stay as they are" in sensor.tick()
    growing = company.deliver("sales", "2024-02-01", line("B", "2024-02-01", 1))
    assert "stay as they are" in sensor.tick()
    first = sensor.tick()
    yesterday_ = yesterday(load(company.settings)).isoformat()
    assert (first.tags["kehu/from"], first.tags["kehu/to"]) == ("2024-01-01", yesterday_)
    assert sensor.tick() == "Nothing arrived."
    run = instance.create_run_for_job(_job("ingest"), status=dg.DagsterRunStatus.STARTED)
    growing.write_text(growing.read_text(encoding="utf-8") + "C,1,2024-02-02,C1,P1,1,2,,\n", encoding="utf-8")  # fmt: skip
    assert "stay as they are" in sensor.tick()
    assert "A run takes deliveries in" in sensor.tick()
    instance.report_run_failed(instance.get_run_by_id(run.run_id))
    second = sensor.tick()
    assert isinstance(second, dg.RunRequest)
    assert second.run_key != first.run_key
    assert sensor.tick() == "Nothing arrived."


def _job(name: str) -> dg.JobDefinition:
    from pipelines.definitions import defs

    return defs.resolve_job_def(name)


def test_a_broken_file_is_not_tried_again_until_it_changes(company: Company, instance: dg.DagsterInstance) -> None:  # fmt: skip
    """A broken file that is tried every minute fills the history and the channels by the morning."""
    broken = company.deliver("sales", "2024-02-01", {"order": 1})
    sensor = Ticks(instance)
    sensor.tick()
    assert isinstance(sensor.tick(), dg.RunRequest)
    assert len(company.run().problems) == 1
    assert [sensor.tick(), sensor.tick()] == ["Nothing arrived."] * 2
    os.utime(broken, (1, 1))
    sensor.tick()
    assert set(sensor.tick().asset_selection) == {dg.AssetKey([layer, "sales"]) for layer in ("feeds", "ledger", "retired")}  # fmt: skip


def test_months_are_not_asked_for_while_more_is_taken_in(company: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A run of months that is overtaken by an earlier month's delivery fails, and tells everybody so, for nothing."""
    from pipelines import run

    with monkeypatch.context() as patched:
        patched.setattr(run._Run, "report", lambda *_: None)
        company.run()
    ended = instance.create_run_for_job(_job("ingest"), status=dg.DagsterRunStatus.SUCCESS)
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, "ingest")

    def asked() -> Any:
        with dg.build_run_status_sensor_context("touched_months", event, instance, ended) as context:  # fmt: skip
            return touched_months(context)

    assert asked().tags["dagster/asset_partition_range_start"] == "2024-01"
    more = instance.create_run_for_job(_job("ingest"), status=dg.DagsterRunStatus.STARTED)
    assert isinstance(asked(), dg.SkipReason)
    instance.report_run_failed(instance.get_run_by_id(more.run_id))
    assert isinstance(asked(), dg.RunRequest)


def test_months_that_a_failed_run_left_are_computed_the_next_morning(company: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Reports that failed at night stay out of date until the next delivery, which may be a week away."""
    from pipelines import run

    morning = datetime(2024, 2, 1, 4)

    def asked() -> Any:
        with dg.build_schedule_context(instance=instance, scheduled_execution_time=morning) as context:  # fmt: skip
            return still_stale(context)

    assert isinstance(asked(), dg.SkipReason)
    with monkeypatch.context() as patched:
        patched.setattr(run._Run, "report", lambda *_: None)  # the run ends between its two jobs
        company.run()
    assert asked().tags["dagster/asset_partition_range_start"] == "2024-01"
    busy = instance.create_run_for_job(_job("reports"), status=dg.DagsterRunStatus.STARTED)
    assert isinstance(asked(), dg.SkipReason)
    instance.report_run_failed(instance.get_run_by_id(busy.run_id))
    company.run()
    assert isinstance(asked(), dg.SkipReason)


def _made_alone(instance: dg.DagsterInstance, name: str) -> dg.ExecuteInProcessResult:
    """What becomes of one report that an operator makes in the UI, without naming months."""
    return _job("reports").execute_in_process(
        instance=instance, asset_selection=[dg.AssetKey(["reporting", name])], raise_on_error=False
    )


def test_a_dimension_made_alone_puts_no_month_out_of_date(company: Company, instance: dg.DagsterInstance) -> None:  # fmt: skip
    """Guards against ten years computed again at four in the morning, because somebody looked at a dimension."""
    company.run()
    settings = load(company.settings)
    assert _made_alone(instance, "dim_customer").success
    assert calendar_of(Lake(settings.lake_root), settings).stale(Lake(settings.lake_root)) == []


def test_a_report_of_no_month_says_so(company: Company, instance: dg.DagsterInstance) -> None:
    """Guards against an index out of range told to who makes a report before the first sale is known."""
    assert company.settings.is_file()
    failed = _made_alone(instance, "rpt_customer_abc")
    (problem,) = problems_of(failed.all_events)
    assert "no sale is known yet: there is no month to report" in problem.line


# --- deliveries that are expected ------------------------------------------------------------------
def test_the_day_whose_delivery_is_due() -> None:
    """An hour too early a warning is false, an hour too late it is missed."""
    assert newest_due(datetime(2024, 3, 5, 6, 0), "06:00") == date(2024, 3, 4)
    assert newest_due(datetime(2024, 3, 5, 5, 59), "06:00") == date(2024, 3, 3)


def test_days_on_which_a_feed_never_comes_are_no_warning() -> None:
    """A warning every Monday about Sunday teaches people not to read warnings; a feed that died must stay one."""
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(35)]  # until Sunday, 4 February
    workdays = {day for day in days if day.weekday() < 5}
    sunday, monday = date(2024, 2, 4), date(2024, 2, 5)
    assert not is_usual(sunday, workdays)
    assert is_usual(monday, workdays)
    assert is_usual(date(2024, 9, 2), workdays)
    assert not is_usual(date(2024, 9, 1), workdays | {date(2024, 1, 21)})
    assert is_usual(sunday, set())
    assert is_usual(date(2024, 1, 7), {date(2024, 1, 1), date(2024, 1, 2)})


def test_missing_deliveries(tmp_path: Path) -> None:
    """A delivery that lies there and waits for the night is not missed; one that nobody sent is."""
    company = Company(tmp_path / "company", SETTINGS.replace('sales_{date:%Y-%m-%d}.csv"', 'sales_{date:%Y-%m-%d}.csv", expected_by: "06:00"'))  # fmt: skip
    company.deliver("customers", "2024-03-04", customer(1))
    settings = load(company.settings)
    lake = Lake(settings.lake_root)
    at = datetime(2024, 3, 5, 7)
    (late,) = missing(settings, lake, at)
    assert str(late) == "sales: the delivery of 2024-03-04 was expected by 06:00 of the next day and is not there"  # fmt: skip
    file = company.deliver("sales", "2024-03-04", line("A", "2024-03-04", 1))
    assert missing(settings, lake, at) == []
    company.run()
    file.unlink()
    assert missing(settings, lake, at) == []
    assert missing(settings, lake, at + timedelta(days=1))


# --- retries ---------------------------------------------------------------------------------------
def test_a_conflict_with_another_writer_is_tried_again(company: Company) -> None:
    """A run of an hour that fails because another machine committed a second earlier."""
    lake = Lake(load(settings_path()).lake_root)
    feed = FEEDS["sales"]
    row = {"feed": "sales", "delivered_on": date(2024, 1, 1), "fingerprint": "", "delivered_rows": 0, "accepted_rows": 0, "quarantined_rows": 0, "delivered_amounts": "", "full_sources": ""}  # fmt: skip
    mine = pl.DataFrame([row], schema=DELIVERIES.schema)
    lake.replace(DELIVERIES, mine.lazy())
    tries = []

    def disturbed(frame: pl.DataFrame) -> pl.DataFrame:
        """On the first try another writer replaces the same rows meanwhile."""
        tries.append(1)
        if len(tries) == 1:
            lake.replace(DELIVERIES, mine.lazy(), f"feed = '{feed.name}'")
        return frame

    @dg.op
    def writes() -> None:
        from assets.retries import trying_again

        with trying_again():
            frame = lake.scan(DELIVERIES).map_batches(disturbed)
            lake.replace(DELIVERIES, frame, f"feed = '{feed.name}'")

    @dg.job
    def job() -> None:
        writes()

    done = job.execute_in_process()
    assert done.success
    assert len(tries) > 1
    assert len(done.filter_events(lambda e: e.is_step_up_for_retry)) == 1


def test_a_database_that_is_away_is_tried_again_and_a_mistake_is_not(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A second's absence of a database costs a day; a mistake that is tried again costs minutes and stays one."""
    monkeypatch.setattr("assets.retries._SECONDS", 0)
    with refusing() as port:
        monkeypatch.setenv("ERP_URL", f"postgresql+psycopg://u@127.0.0.1:{port}/erp")
        text = SETTINGS.replace('stock: {path: "landing/stock_{date:%Y-%m-%d}.csv"}', "stock: {database: env:ERP_URL, sql: SELECT 1}")  # fmt: skip
        company.settings.write_text(text, encoding="utf-8")
        company.deliver("sales", "2024-02-01", {"order": 1})
        problems = company.run().problems
    assert len(problems) == 2
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        (run,) = instance.get_runs(dg.RunsFilter(job_name="ingest"))
        entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY)
        told = [one.notice for one in problems_of(events_of(instance, run.run_id))]
    assert [entry.step_key for entry in entries] == ["feeds__stock"] * 2
    assert told == problems


def test_the_night_begins_without_databases(company: Company, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A schedule that asks a slow database has a minute for it, and then begins no run: no feed at all is taken that night."""
    with hanging() as port:
        monkeypatch.setenv("ERP_URL", f"postgresql+psycopg://u@127.0.0.1:{port}/erp")
        text = SETTINGS.replace('stock: {path: "landing/stock_{date:%Y-%m-%d}.csv"}', "stock: {database: env:ERP_URL, sql: SELECT 1}")  # fmt: skip
        company.settings.write_text(text, encoding="utf-8")
        started = time.monotonic()
        with dg.build_schedule_context(instance=instance, scheduled_execution_time=datetime(2024, 2, 1, 2)) as context:  # fmt: skip
            asked = nightly(context)
        assert time.monotonic() - started < 5
    assert isinstance(asked, dg.RunRequest)
    feeds = {key.path[-1] for key in asked.asset_selection or [] if key.path[0] == "feeds"}
    assert feeds == {"customers", "products", "sales", "stock"}
    # What the database has may be of any date.
    assert (asked.tags["kehu/from"], asked.tags["kehu/to"]) == ("1990-01-01", "2024-01-31")


# --- notices ---------------------------------------------------------------------------------------
def test_a_failure_is_told_in_the_language_of_the_settings(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """One channel that hangs keeps the message from the others; an error that quotes a row tells it to all."""
    with http() as posts, hanging() as silent:
        monkeypatch.setenv("A", f"json://127.0.0.1:{silent}/t0k3n")
        monkeypatch.setenv("B", f"json://127.0.0.1:{posts.port}/t0k3n")
        company.settings.write_text(SETTINGS + "notify: [env:A, env:B]\n", encoding="utf-8")
        monkeypatch.setattr("pipelines.failures._SECONDS", 0.5)
        notice = FailureNotice(load(company.settings), "failed", "reports", "0123456789")
        faults = notice.send([Problem("x: 13800138000", "x: ComputeError")] * 25)
    (fault,) = faults
    assert "no answer" in fault
    (body,) = posts.taken()
    assert body["title"] == "Test：作业 reports 失败"
    assert body["message"].splitlines()[0] == "- x: ComputeError"
    assert "……另有 5 项" in body["message"]
    assert "01234567" in body["message"]
    assert "13800138000" not in str(body)


# --- history ---------------------------------------------------------------------------------------
def test_old_runs_go_and_the_grid_stays(company: Company) -> None:
    """A history that is pruned by age alone shows every closed month as missing, and a backfill computes it again."""
    company.deliver("sales", "2024-02-29", line("B", "2024-02-05", 1))
    company.run()
    company.deliver("sales", "2024-03-01", line("C", "2024-02-06", 1))
    company.run()
    company.deliver("sales", "2024-03-01", line("C", "2024-02-06", 10))
    company.run()
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        before = instance.get_materialized_partitions(REPORT)
        runs = len(instance.get_runs())
        removed = prune(instance, datetime.now(UTC) + timedelta(days=1))
        assert instance.get_materialized_partitions(REPORT) == before == {"2024-01", "2024-02"}
        assert (removed, len(instance.get_runs())) == (2, runs - 2)
        left = {path.stem for path in (company.folder / ".dagster" / "history" / "runs").glob("*.db")}  # fmt: skip
        assert left - {"index"} == {run.run_id for run in instance.get_runs()}


def _open_files(folder: Path) -> set[str]:
    """The databases in a folder that this process has open."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile: the listing's own
            found.add(descriptor.readlink())
    return {path.name for path in found if path.is_relative_to(folder) and path.suffix == ".db"}


def test_event_log_keeps_few_databases_open(tmp_path: Path) -> None:
    """A daemon that keeps the database of every run open dies of it after some hundred runs."""
    log = SqliteEventLog(str(tmp_path / "runs"))
    for number in range(12):
        log.get_logs_for_run(f"run-{number}")
    assert 0 < len(_open_files(tmp_path)) < 10
    log.dispose()


WRITER = """
import sys, dagster as dg
from pipelines.event_log import SqliteEventLog
with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    for number in range(100):
        instance.report_runless_asset_event(dg.AssetMaterialization(sys.argv[2], partition=str(number)))
"""


def test_event_log_with_several_processes(company: Company) -> None:
    """Daemon, webserver and workers write one log: an event that one of them lost is a partition that seems missing."""
    company.run()
    home = str(company.folder / ".dagster")
    env = {**os.environ, "DAGSTER_HOME": home}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, home, name], env=env) for name in "ab"
    ]
    with dg.DagsterInstance.from_config(home) as instance:
        threads = [Thread(target=instance.get_materialized_partitions, args=(REPORT,)) for _ in range(20)]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [writer.wait() for writer in writers] == [0, 0]
        for name in "ab":
            assert len(instance.get_materialized_partitions(dg.AssetKey(name))) == 100


# --- processes -------------------------------------------------------------------------------------
@pytest.fixture
def ended() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as found:
        return found.pid


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance that watches its runs' processes."""
    ours = {"run_launcher": {"module": "pipelines.launcher", "class": "WatchedRunLauncher"}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=ours) as found:
        found.event_log_storage.set_concurrency_slots("lake", 1)
        yield found


def _begun(instance: dg.DagsterInstance, process: str) -> dg.DagsterRun:
    """A run of the command in a process, as far as Dagster knows at work."""
    return instance.create_run_for_job(
        _job("ingest"), status=dg.DagsterRunStatus.STARTED, tags={COMMAND: "run", PROCESS: process},
    )  # fmt: skip


def _health(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    return instance.run_launcher.check_run_worker_health(run).status.value


def test_a_command_that_was_killed_does_not_block_the_queue(watched: dg.DagsterInstance, ended: int) -> None:  # fmt: skip
    """A run of a process that is gone stays under way for ever, and with one run at a time no other begins."""

    def health(process: str) -> str:
        return _health(watched, _begun(watched, process))

    host = socket.gethostname()
    assert health(this_process()) == "RUNNING"
    assert health(f"{host}:{ended}") == "NOT_FOUND"
    assert health("elsewhere:1") == "RUNNING"
    assert health(f"{host}:{os.getpid()}") == "RUNNING"  # as older versions wrote the tag


def test_the_id_of_a_process_that_was_killed_is_another_ones_after_a_reboot(watched: dg.DagsterInstance) -> None:  # fmt: skip
    """A service that got the id of a run's process keeps that run under way for ever, and no other begins."""
    host, number, beginning = this_process().split(":")
    boot, _, moment = beginning.partition(".")
    for other in (f"{boot}.{int(moment) + 1}", f"another-boot.{moment}"):
        assert _health(watched, _begun(watched, f"{host}:{number}:{other}")) == "NOT_FOUND"


def test_what_dead_runs_hold_of_the_pool_is_given_back(watched: dg.DagsterInstance, ended: int) -> None:  # fmt: skip
    """A run killed in the midst of a step keeps the one place in the pool, and all later runs wait without a word."""
    storage = watched.event_log_storage
    gone, here = f"{socket.gethostname()}:{ended}", this_process()

    def held_after(process: str, act: Callable[[dg.DagsterRun], Any]) -> bool:
        run = _begun(watched, process)
        assert storage.claim_concurrency_slot("lake", run.run_id, "step").is_claimed
        act(run)
        held = storage.get_concurrency_run_ids() == {run.run_id}
        storage.free_concurrency_slots_for_run(run.run_id)
        return held

    assert not held_after(gone, lambda run: _health(watched, run))  # the daemon looks
    assert not held_after(gone, lambda _: free_slots(watched))  # a command, where no daemon looks
    assert not held_after(gone, lambda run: (watched.report_run_failed(run), free_slots(watched)))  # fmt: skip
    assert not held_after(here, lambda run: _fails(watched, run))  # its server marked it itself
    assert held_after(here, lambda run: (_health(watched, run), free_slots(watched)))


def _fails(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """The tick of the sensor that hears of a run that was marked as failed, and that is to be tried again."""
    instance.add_run_tags(run.run_id, {"dagster/will_retry": "true"})
    instance.report_run_failed(run)
    event = events_of(instance, run.run_id)[-1]
    known = instance.get_run_by_id(run.run_id)
    assert known is not None
    context = dg.build_run_status_sensor_context("failed_runs", event, instance, known)
    failed_runs(context.for_run_failure())


@pytest.mark.parametrize(("chosen", "is_current"), [("published__*", False), ("from failure", True)])  # fmt: skip
def test_a_run_executed_again_after_a_check_failed(company: Company, monkeypatch: pytest.MonkeyPatch, chosen: str, *, is_current: bool) -> None:  # fmt: skip
    """A check that failed, and is left out when the publication is executed again: its month passes for current for ever."""
    with monkeypatch.context() as patch:
        patch.setattr(checks, "_repeated_keys", lambda table, _: ["twice"] * (table.name == "rpt_rfm"))  # fmt: skip
        problems = company.run().problems
    assert problems[:1] == ["reporting/rpt_rfm: check as_declared blocks: ['twice']"], problems
    with dg.DagsterInstance.get() as instance:
        failed = instance.get_runs(dg.RunsFilter(job_name="reports"))[0]
        options = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
        if chosen == "published__*":
            steps = [
                step for step in planned_steps(instance, failed) if step.startswith("published__")
            ]
            options = dg.ReexecutionOptions(failed.run_id, steps)
        job = ReconstructableRepository.for_module("pipelines.definitions", "defs")
        tags = {tag: value for tag, value in failed.tags.items() if "range" in tag}
        again = dg.execute_job(job.get_reconstructable_job("reports"), instance, tags=tags, reexecution_options=options)  # fmt: skip
    assert again.success
    settings = load(company.settings)
    lake = Lake(settings.lake_root)
    assert (calendar_of(lake, settings).stale(lake) == []) == is_current
