"""What Dagster is told: assets, partitions, jobs, checks; and that it can run them itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from assets.tables import LINEAGE
from pipelines.definitions import definitions, defs
from schemas.catalogue import FEEDS, TABLES
from tests.company import Company, customer, line, product

ROOT = Path(__file__).parents[2]
GRAPH = defs.resolve_asset_graph()


def specs(group: str) -> dict[str, dg.AssetSpec]:
    """The assets of a group by their last name."""
    return {s.key.path[-1]: s for s in defs.resolve_all_asset_specs() if s.group_name == group}


def test_every_feed_and_table_is_an_asset() -> None:
    """A table that is declared and not computed is published empty, night by night."""
    assert set(specs("feeds")) == set(specs("ledger")) == set(FEEDS)
    assert set(specs("reporting")) == set(TABLES)


def test_assets_say_what_they_are() -> None:
    """A catalogue without descriptions, owners and columns makes every question one to a colleague."""
    for spec in defs.resolve_all_asset_specs():
        if spec.key.path[0] == "published":
            continue
        assert spec.description, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert "dagster/column_schema" in spec.metadata, spec.key


def test_partitions() -> None:
    """A report partitioned by another key than its rows' month overwrites other months."""
    for feed in FEEDS:
        found = GRAPH.get(dg.AssetKey(["feeds", feed])).partitions_def
        assert isinstance(found, dg.DailyPartitionsDefinition)
    for name, table in TABLES.items():
        found = GRAPH.get(dg.AssetKey(["reporting", name])).partitions_def
        assert isinstance(found, dg.MonthlyPartitionsDefinition) == bool(table.partition)


def test_checks_block() -> None:
    """A check that does not block lets a wrong table out."""
    blocking = {
        (key.asset_key.path[-1], key.name)
        for key in GRAPH.asset_check_keys
        if GRAPH.get(key).blocking
    }
    assert {(name, "as_declared") for name in TABLES} <= blocking
    assert {(name, "nothing_lost") for name in FEEDS} <= blocking
    assert ("rpt_reconciliation", "balanced") in blocking


def test_columns_name_where_they_come_from() -> None:
    """Guards against a lineage that stays empty, or that names columns which its source does not have."""
    lineage = specs("reporting")["dim_customer"].metadata[LINEAGE].deps_by_column
    assert lineage["region"][0] == dg.TableColumnDep(dg.AssetKey(["ledger", "customers"]), "region")
    assert "valid_from" in lineage
    assert {dep.column_name for dep in lineage["customer_name"]} == {"customer_name"}


def test_workspace_names_these_definitions() -> None:
    """A workspace that names another module opens an empty UI."""
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    (entry,) = workspace["load_from"]
    assert entry["python_module"]["module_name"] == definitions.__module__
    dg.Definitions.validate_loadable(defs)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    made = Company(tmp_path / "company")
    made.deliver("customers", "2024-01-01", customer(1))
    made.deliver("products", "2024-01-01", product(1))
    made.deliver("sales", "2024-01-31", line("A", "2024-01-05", 100), line("B", "2024-03-05", 7))
    made.deliver("stock", "2024-03-31", {"product_id": "P1", "stock_on": "2024-03-31", "quantity": 1})  # fmt: skip
    return made


def command(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of Dagster's own on this company."""
    home = company.folder / ".dagster"
    env = {**os.environ, "KEHU_SETTINGS": str(company.settings), "DAGSTER_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1"}  # fmt: skip
    program = Path(sys.executable).parent
    return subprocess.run(
        [program / arguments[0], *arguments[1:]], cwd=ROOT, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_dg_check_defs(company: Company) -> None:
    """Definitions that load here and not by their own tool fail on the first evening."""
    done = command(company, "dg", "check", "defs")
    assert done.returncode == 0, done.stdout + done.stderr


def test_backfill_of_a_range_is_one_run(company: Company) -> None:
    """A range that is computed month by month costs as many runs as it has months."""
    assert company.run().problems == []
    with dg.DagsterInstance.from_config(str(company.folder / ".dagster")) as instance:
        before = {run.run_id for run in instance.get_runs()}
        whole = company.table("rpt_concentration")
        done = command(
            company, "dagster", "asset", "materialize", "-m", "pipelines.definitions",
            "--select", "group:reporting or group:rollups", "--partition-range", "2024-01...2024-03",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        runs = [run for run in instance.get_runs() if run.run_id not in before]
        assert len(runs) == 1
        partitions = instance.get_materialized_partitions(dg.AssetKey(["reporting", "rpt_rfm"]))
    assert {"2024-01", "2024-02", "2024-03"} <= partitions
    assert company.table("rpt_concentration") == whole


def test_range_of_delivery_dates_is_one_run(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A month of deliveries that is taken in again by thirty runs, or only where a daemon is."""
    home = company.folder / ".dagster"
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    (home / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    done = command(
        company, "dg", "launch", "--assets", "group:feeds or group:ledger or group:retired",
        "--partition-range", "2024-01-01...2024-01-31",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.SUCCESS
        partitions = instance.get_materialized_partitions(dg.AssetKey(["feeds", "sales"]))
    assert {"2024-01-01", "2024-01-31"} <= partitions


def test_nightly_schedule_and_sensor(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A night that asks for deliveries that are not new, or for none, runs for nothing or not at all."""
    from datetime import datetime

    from pipelines.schedules import nightly

    monkeypatch.setenv("KEHU_SETTINGS", str(company.settings))
    with dg.DagsterInstance.ephemeral() as instance:
        night = datetime(2024, 2, 1, 2)
        with dg.build_schedule_context(instance=instance, scheduled_execution_time=night) as context:  # fmt: skip
            request = nightly(context)
        assert isinstance(request, dg.RunRequest)
        assert (request.tags["kehu/from"], request.tags["kehu/to"]) == ("2024-01-01", "2024-01-31")
        feeds = {key.path[-1] for key in request.asset_selection or []}
        assert feeds == {"customers", "products", "sales"}
        company.run(last="2024-01-31")
        with dg.build_schedule_context(instance=instance, scheduled_execution_time=night) as context:  # fmt: skip
            assert isinstance(nightly(context), dg.SkipReason)
