"""Real daemon and webserver processes: what arrives is published, what fails is told, what dies is done again."""

from __future__ import annotations

import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests import postgres
from tests.company import SETTINGS, Company, customer, line, product
from tests.daemon import Deployment, deployment, until
from tests.receivers import http

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.receivers import Posts

# Tests of a server that is not installed are left out.
WITH_SERVER = pytest.mark.skipif(
    postgres.binaries() is None, reason="no PostgreSQL server is installed"
)
REPORT = ["reporting", "rpt_concentration"]
SECRET = "t0k3nOfTheRobot"
PERSONAL = "13800138000"
NOTIFIED = SETTINGS.replace('_{date:%Y-%m-%d}.csv"}\n  stock', '_{date:%Y-%m-%d}.csv", expected_by: "00:00"}\n  stock') + "language: en\nnotify: [env:KEHU_NOTIFY_URL]\n"  # fmt: skip
GRID = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  freshnessStatusInfo { freshnessStatus }
  latestMaterializationByPartition { partition timestamp runId }
  assetPartitionStatuses { ... on TimePartitionStatuses { ranges { startKey endKey status } } } } } }"""
LOG = """query($id: ID!) { runOrError(runId: $id) { ... on Run { eventConnection { events {
  ... on MessageEvent { message } } } } } }"""
POOL = """{ instance { concurrencyLimit(concurrencyKey: "lake") { claimedSlots { runId } } } }"""
CHECKS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  assetChecksOrError { ... on AssetChecks { checks { name executionForLatestMaterialization {
    status evaluation { severity success } } } } } } } }"""
DRY_RUN = """mutation($s: ScheduleSelector!, $t: Float) { scheduleDryRun(selectorData: $s, timestamp: $t) {
  ... on DryRunInstigationTick { evaluationResult { skipReason runRequests { jobName } error { message } } } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename
  ... on PythonError { message } } }"""
PLACE = {"repositoryName": "__repository__", "repositoryLocationName": "kehu"}
TWO_AT_NIGHT = 1_717_293_600.0  # of 2 June 2024
BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""


def deliver(company: Company) -> None:
    """Three months of a small company."""
    company.deliver("customers", "2024-01-01", customer(1, phone=PERSONAL))
    company.deliver("products", "2024-01-01", product(1))
    company.deliver(
        "sales", "2024-03-31",
        line("A", "2024-01-05", 100), line("B", "2024-02-05", 7), line("C", "2024-03-05", 9),
    )  # fmt: skip


@pytest.fixture(scope="module")
def posts() -> Iterator[Posts]:
    """Who is told."""
    with http() as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=WITH_SERVER)])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, posts: Posts
) -> Iterator[Deployment]:
    """The company under daemon and webserver, with Dagster's history where most keep it, and where companies do."""
    company = Company(tmp_path_factory.mktemp("daemon") / "company", NOTIFIED)
    deliver(company)
    told = {"KEHU_NOTIFY_URL": f"json://127.0.0.1:{posts.port}/{SECRET}"}
    with (
        _storage(request.param) as (storage, more),
        deployment(company, storage, **told, **more) as found,
    ):
        found.start_sensor("arrivals")
        yield found


@contextmanager
def _storage(kind: str) -> Iterator[tuple[dict[str, Any] | None, dict[str, str]]]:
    """What dagster.yaml says of the history, and the variables that it needs."""
    if kind == "sqlite":
        yield None, {}
        return
    with postgres.server() as url:
        yield (
            {"postgres": {"postgres_url": {"env": "URL"}}},
            {"URL": url.replace("postgresql", "postgresql+psycopg2")},
        )


def grid(site: Deployment, key: list[str] = REPORT) -> dict[str, Any]:
    """What the UI shows of an asset's partitions."""
    return site.ask(GRID, key={"path": key})["assetNodeOrError"]


def computed(site: Deployment) -> dict[str, float]:
    """When each month of the report was computed last."""
    found = grid(site)["latestMaterializationByPartition"]
    return {one["partition"]: float(one["timestamp"]) for one in found if one}


def done(site: Deployment, job: str, count: int) -> list[dict[str, Any]]:
    """The runs of a job, once so many of them succeeded."""
    until(lambda: len(site.runs(job, "SUCCESS")) >= count, f"{count} runs of {job}")
    return site.runs(job)


def test_what_arrives_is_published_and_the_grid_is_true(site: Deployment) -> None:
    """Files that lie there and are not taken, or a grid that shows months as missing which readers see."""
    (ingest,) = done(site, "ingest", 1)
    done(site, "reports", 1)
    assert site.company.rows("SELECT count(*) FROM rpt_concentration WHERE as_of_month = '2024-03'")
    (shown,) = grid(site)["assetPartitionStatuses"]["ranges"]
    assert (shown["startKey"], shown["endKey"], shown["status"]) == ("2024-01", "2024-03", "MATERIALIZED")  # fmt: skip
    until(lambda: _freshness(site) == "HEALTHY", "the daemon's word that the report is fresh")
    (fed,) = grid(site, ["feeds", "sales"])["assetPartitionStatuses"]["ranges"]
    assert (fed["startKey"], fed["endKey"]) == ("2024-03-31", "2024-03-31")
    assert ingest["status"] == "SUCCESS"


def _freshness(site: Deployment) -> str:
    """What the daemon last found of the report."""
    return str((grid(site)["freshnessStatusInfo"] or {}).get("freshnessStatus"))


def test_a_run_that_is_killed_is_done_again(site: Deployment) -> None:
    """A machine that kills a process loses the delivery until somebody looks, or, in the midst of a step, every delivery to come; a month that was not touched is shown as new."""
    before = computed(site)
    hold = site.home / "hold"
    hold.touch()
    site.company.deliver("sales", "2024-04-01", line("D", "2024-03-06", 5))
    run = until(lambda: site.runs("ingest", "STARTED"), "the second run")[0]
    until(lambda: _is_at_work(site, run["runId"]), "its first step")
    os.kill(_pid(site, run["runId"]), signal.SIGKILL)
    hold.unlink()
    retried, _, _ = done(site, "ingest", 2)
    assert retried["parentRunId"] == run["runId"]
    done(site, "reports", 2)
    after = computed(site)
    assert [month for month in after if after[month] != before.get(month)] == ["2024-03"]
    assert site.company.rows("SELECT sales_amount FROM rpt_concentration WHERE as_of_month = '2024-03' AND period = 'month'") == [(14,)]  # fmt: skip


def _is_at_work(site: Deployment, run_id: str) -> bool:
    """Whether a step of a run holds its place in the pool, for which all other steps wait."""
    held = site.ask(POOL)["instance"]["concurrencyLimit"]["claimedSlots"]
    return run_id in {slot["runId"] for slot in held}


def _pid(site: Deployment, run_id: str) -> int:
    """The process of a run, as its log tells."""
    told = site.ask(LOG, id=run_id)["runOrError"]["eventConnection"]["events"]
    found = re.search(r"Executing steps in process \(pid: (\d+)\)", str(told))
    assert found, told
    return int(found[1])


def test_backfill_from_the_ui_is_one_run(site: Deployment) -> None:
    """A range from the UI that becomes a run a month, or that stays in the queue."""
    told = site.ask(
        BACKFILL,
        p={
            "partitionNames": ["2024-01", "2024-02", "2024-03"],
            "assetSelection": [{"path": REPORT}, {"path": ["reporting", "rpt_rfm"]}],
        },
    )["launchPartitionBackfill"]
    assert told["__typename"] == "LaunchBackfillSuccess", told
    (run,) = done(site, "__ASSET_JOB", 1)
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert tags["dagster/asset_partition_range_start"] == "2024-01"
    assert tags["dagster/asset_partition_range_end"] == "2024-03"


def test_a_broken_delivery_is_told_once(site: Deployment, posts: Posts) -> None:
    """A feed that fails in silence; one that is tried every minute; a secret or a person in a chat group."""
    posts.taken()
    path = site.company.deliver("sales", "2024-04-02", {"order": PERSONAL, "amount": 1})
    done(site, "ingest", 3)
    until(lambda: _told(posts, "could not be taken in"), "the notice")
    (body,) = _told(posts, "could not be taken in")
    assert "sales of 2024-04-02" in body["message"]
    assert path.name in body["message"]
    assert SECRET not in str(body)
    assert PERSONAL not in str(body)
    ticks = _ticks(site, "arrivals", 3)
    assert {tick["status"] for tick in ticks} == {"SKIPPED"}
    assert len(site.runs("ingest")) == 4  # one of them was killed


def _told(posts: Posts, words: str) -> list[dict[str, Any]]:
    return [body for body in posts.bodies if words in body["title"]]


def _ticks(site: Deployment, sensor: str, count: int) -> list[dict[str, Any]]:
    """The next ticks of a sensor that ended."""
    query = """query($s: InstigationSelector!) { instigationStateOrError(instigationSelector: $s) {
      ... on InstigationState { ticks { status skipReason } } } }"""
    selector = {"name": sensor, **PLACE}

    def asked() -> list[dict[str, Any]]:
        ticks = site.ask(query, s=selector)["instigationStateOrError"]["ticks"]
        return [tick for tick in ticks if tick["status"] != "STARTED"]

    before = len(asked())
    until(lambda: len(asked()) >= before + count, f"{count} ticks of {sensor}")
    return asked()[:count]


def test_a_delivery_that_did_not_come_is_a_warning(site: Deployment, posts: Posts) -> None:
    """A feed that stopped and of which nobody hears until the numbers look odd."""
    done(site, "expected_deliveries", 1)
    found = site.ask(CHECKS, key={"path": ["feeds", "sales"]})["assetNodeOrError"]
    checks = {one["name"]: one["executionForLatestMaterialization"] for one in found["assetChecksOrError"]["checks"]}  # fmt: skip
    assert checks["nothing_lost"]["evaluation"]["success"]
    assert checks["expected_delivery"]["evaluation"] == {"severity": "WARN", "success": False}


@pytest.mark.parametrize(
    ("schedule", "started"),
    [
        ("nightly", "ingest"),
        ("still_stale", "reports"),
        ("weekly_upkeep", "upkeep"),
        ("weekly_history", "history"),
    ],
)
def test_what_the_clock_starts(site: Deployment, schedule: str, started: str) -> None:
    """A night at which nothing happens, because the code server cannot say what is to be done or the daemon cannot do it."""
    done(site, "reports", 1)
    selector = {"scheduleName": schedule, **PLACE}
    told = site.ask(DRY_RUN, s=selector, t=TWO_AT_NIGHT)["scheduleDryRun"]
    found = told["evaluationResult"]
    assert found["error"] is None
    wanted = {one["jobName"] or started for one in found["runRequests"] or []}
    assert wanted <= {started}
    assert wanted or found["skipReason"]
    if schedule.startswith("weekly"):
        assert wanted
        before = site.company.table("rpt_concentration")
        launched = site.ask(LAUNCH, p={"selector": {"jobName": started, **PLACE}})["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        done(site, started, 1)
        assert site.company.table("rpt_concentration") == before
