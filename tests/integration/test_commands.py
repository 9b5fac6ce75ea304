"""The commands as their user types them, on the demo company."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from schemas.catalogue import FEEDS, TABLES

SMALL = ("--customers", "20", "--months", "13")
ROOT = Path(__file__).parents[2]


def kehu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; plain lines, as a scheduler sees it."""
    env = {k: v for k, v in os.environ.items() if k not in ("DAGSTER_HOME", "KEHU_SETTINGS")}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**env, **environment, "COLUMNS": "200"},
    )  # fmt: skip


def state_of(folder: Path) -> dict[str, str]:
    """Digest of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company, run once."""
    folder = tmp_path_factory.mktemp("demo")
    assert kehu("demo", str(folder), *SMALL).returncode == 0
    return folder


@pytest.fixture(scope="module")
def first_run(demo: Path) -> subprocess.CompletedProcess[str]:
    """What the first run of the demo company said."""
    (demo / "before").write_text(kehu("check", "--settings", f"{demo}/kehu.yaml").stdout)
    return kehu("run", "--settings", f"{demo}/kehu.yaml")


def test_equal_arguments_write_equal_demos(demo: Path, tmp_path: Path) -> None:
    """A demo that differs from machine to machine cannot be talked about."""
    kehu("demo", str(tmp_path), *SMALL)
    other = state_of(tmp_path)
    mine = state_of(demo)
    assert {n: d for n, d in mine.items() if n.startswith("landing")} == {
        n: d for n, d in other.items() if n.startswith("landing")
    }


def test_check_says_what_would_happen_and_writes_nothing(demo: Path) -> None:
    """A check that takes deliveries in, or that stays silent on a feed, is no check."""
    before = state_of(demo)
    done = kehu("check", "--settings", f"{demo}/kehu.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(feed in done.stdout for feed in FEEDS)
    assert "13" in done.stdout.split("sales")[1].splitlines()[0]
    assert state_of(demo) == before


def test_run_ends_with_what_came_in(demo: Path, first_run: subprocess.CompletedProcess[str]) -> None:  # fmt: skip
    """A night that ends without numbers, or with a bar that fills the log, tells the morning nothing."""
    assert (first_run.returncode, first_run.stderr) == (0, "")
    assert "\x1b" not in first_run.stdout
    assert all(f"\n{feed}" in first_run.stdout for feed in FEEDS)
    assert f"published: {demo}/kehu.duckdb" in first_run.stdout
    assert "months computed: " in first_run.stdout
    assert "done: feeds sales\n" in first_run.stdout  # while it works, not into a step's own log
    with duckdb.connect(f"{demo}/kehu.duckdb", read_only=True) as connection:
        names = {
            row[0]
            for row in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
            ).fetchall()
        }
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names
        }
    assert names == set(TABLES)
    assert all(counts.values())


def test_status_after_a_run(demo: Path, first_run: subprocess.CompletedProcess[str]) -> None:
    """A status that shows old months as fresh hides a night that did not run."""
    assert first_run.returncode == 0
    done = kehu("status", "--settings", f"{demo}/kehu.yaml")
    assert done.returncode == 0
    assert all(feed in done.stdout for feed in FEEDS)
    assert "(13)\nout of date: none" in done.stdout


def test_environment_names_the_settings(demo: Path) -> None:
    """A scheduler that sets KEHU_SETTINGS must not run the settings of whatever folder it stands in."""
    assert kehu("status", KEHU_SETTINGS=f"{demo}/kehu.yaml").returncode == 0
    done = kehu("status", KEHU_SETTINGS=f"{demo}/nowhere.yaml")
    assert done.returncode == 2
    assert done.stderr == f"{demo}/nowhere.yaml: there is no such settings file; `kehu demo DIR` writes one to start from\n"  # fmt: skip


def test_problem_of_a_feed_shows_in_check(demo: Path, tmp_path: Path) -> None:
    """A check that ends well though a feed cannot be read sends people home."""
    text = (demo / "kehu.yaml").read_text(encoding="utf-8")
    settings = tmp_path / "kehu.yaml"
    settings.write_text(text.replace("landing/", f"{demo}/landing/").replace("invoices.csv", "invoice.csv"), encoding="utf-8")  # fmt: skip
    done = kehu("check", "--settings", str(settings))
    assert done.returncode == 1
    assert "there is no such file" in done.stdout
