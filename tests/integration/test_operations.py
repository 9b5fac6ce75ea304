"""docs/operations.md as its reader follows it: every command that needs no root is run, the others are held against the files that they name."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import cli, errors
from tests.company import Company, customer, line, product

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sh( run)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = [text for runs, text in BLOCK.findall(PAGE) if runs]
STATIC = [text for runs, text in BLOCK.findall(PAGE) if not runs]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.[st][ei]*"))
CONTAINER = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
# Something that only this block's success brings forth, by a word of the block.
SAID = {
    "kehu status": "out of date: none",
    "sensor start": "Started sensor arrivals",
    "lake/restatement": "rpt_concentration",
    "kehu upkeep": "files merged",
    "history()": "sales_amount",
    "tar -xzf": "published: ",
    "lake.lost": "months computed: 2024-01 to 2024-04",
    "restore(0)": "RUN_SUCCESS",
}


class Machine:
    """A machine like the page's, in a folder: what it calls /srv/kehu, /opt/kehu and /var/backups/kehu lies elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder / "kehu")
        self._places = {
            "/srv/kehu": str(self.company.folder),
            "/opt/kehu": str(ROOT),
            "/var/backups/kehu": str(folder / "copies"),
        }
        (folder / "copies").mkdir()
        programs = folder / "bin"
        programs.mkdir()
        (programs / "kehu").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pipelines.cli "$@"\n', encoding="utf-8")  # fmt: skip
        (programs / "kehu").chmod(0o755)
        self._environment = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "200",
            "POLARS_FMT_MAX_ROWS": "-1",
            "POLARS_FMT_STR_LEN": "50",
        }

    def here(self, text: str) -> str:
        """The text with this machine's places."""
        for place, folder in self._places.items():
            text = text.replace(place, folder)
        return text

    def sh(self, block: str) -> str:
        """What a block of the page says; every line of it must succeed."""
        env = {key: self.here(value) for key, value in _env_file().items()}
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", self.here(block)],
            capture_output=True, text=True, check=False, cwd=self.company.folder, env={**self._environment, **env},
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def sales(self) -> list[tuple[str, float]]:
        """Sales by month as the lake and the DuckDB file have them: the same."""
        where = "SELECT as_of_month, sales_amount::DOUBLE FROM rpt_concentration WHERE period = 'month' ORDER BY 1"
        with duckdb.connect(str(self.company.folder / "kehu.duckdb"), read_only=True) as connection:
            found = connection.execute(where).fetchall()
        lake = pl.read_delta(str(self.company.folder / "lake/reporting/rpt_concentration"))
        lake = lake.filter(period="month").select(
            "as_of_month", pl.col("sales_amount").cast(pl.Float64)
        )
        assert found == sorted(lake.iter_rows())
        return found


def _env_file() -> dict[str, str]:
    """The variables of kehu.env that are set and not only shown."""
    lines = (ROOT / "deploy/systemd/kehu.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A company with three months of deliveries, and a fourth that brings a line of February."""
    made = Machine(tmp_path_factory.mktemp("operations"))
    made.company.deliver("customers", "2024-01-01", customer(1), customer(2))
    made.company.deliver("products", "2024-01-01", product(1))
    for month, amount in (("01-31", 100), ("02-29", 200), ("03-31", 300)):
        made.company.deliver("sales", f"2024-{month}", line(month, f"2024-{month[:2]}-05", amount))
    made.company.deliver("sales", "2024-04-30", line("04", "2024-04-05", 400), line("late", "2024-02-06", 50))  # fmt: skip
    return made


def test_every_command_of_the_page_does_what_it_says(machine: Machine) -> None:
    """Guards against a page whose commands nobody has typed since they were written."""
    told = {block: machine.sh(block) for block in RUN[:2]}
    assert machine.sales() == [("2024-01", 100), ("2024-02", 200), ("2024-03", 300)]
    for block in RUN[2:]:
        told[block] = machine.sh(block)
        assert machine.sales() == [("2024-01", 100), ("2024-02", 250), ("2024-03", 300), ("2024-04", 400)]  # fmt: skip
    for word, said in SAID.items():
        (block,) = (block for block in RUN if word in block)
        assert said in told[block], told[block]
    assert "250" in told[next(block for block in RUN if "lake/restatement" in block)]


def test_the_container_runs_what_a_machine_runs() -> None:
    """Guards against a container file that nobody could build: sources that are gone, other commands than make's, a command that is none."""
    steps = re.findall(r"^(COPY|RUN|CMD|ENV) (.*)$", CONTAINER, re.MULTILINE)
    sources = [name for step, rest in steps if step == "COPY" for name in rest.split()[:-1]]
    assert [name for name in sources if not (ROOT / name).exists()] == []
    packages = re.search(r"^packages = (\[.*\])$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip
    assert {*json.loads(packages.group(1)), "requirements.lock", "workspace.yaml"} <= {*sources}
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").split("\n$(READY):")[1]
    made = recipe.replace("$(BIN)", ".venv/bin").replace("$(VENV)", ".venv").replace("$(PYTHON)", "python3.11")  # fmt: skip
    installs = [rest for step, rest in steps if step == "RUN" and ".venv" in rest]
    assert len(installs) == 4
    assert [one for one in installs if one not in made] == []
    (env,) = (rest for step, rest in steps if step == "ENV" and "KEHU_SETTINGS" in rest)
    assert dict(one.split("=", 1) for one in env.split())["KEHU_SETTINGS"] == _env_file()["KEHU_SETTINGS"]  # fmt: skip
    (command,) = (json.loads(rest) for step, rest in steps if step == "CMD")
    assert shlex.join(command) in {line for block in RUN for line in block.splitlines()}
    assert CONTAINER.index("\nUSER kehu") < CONTAINER.index("\nCMD ")


def test_units_are_what_systemd_takes(tmp_path: Path) -> None:
    """Guards against a unit that systemd refuses, and against one that starts a program or reads a folder that is not there."""
    programs = str(Path(sys.executable).parent)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        for program in re.findall(r"^ExecStart=/opt/kehu/\.venv/bin/(\S+)", text, re.MULTILINE):
            assert shutil.which(program, path=programs), program
        assert "PrivateTmp=yes" not in text
        (tmp_path / unit.name).write_text(text.replace("/opt/kehu/.venv/bin/", f"{programs}/"), encoding="utf-8")  # fmt: skip
    assert len(UNITS) == 5
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd is not here")
    done = subprocess.run(
        [verify, "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_page_names_is_there() -> None:
    """Guards against instructions for root, which no test may follow, that name units, files and targets of another time."""
    for block in STATIC:
        subprocess.run(["/bin/bash", "-n", "-c", block], check=True)
        for name in re.findall(r"/opt/kehu/((?!\.venv)[\w./@*-]+)", block):
            assert list(ROOT.glob(name)), name
        for word in re.findall(r"systemctl \w+ (?:--now )?(.*?)(?:#|$)", block, re.MULTILINE):
            names = [one.replace("kehu@run.service", "kehu@.service") for one in word.split()]
            assert {*names} <= {unit.name for unit in UNITS} | {"daemon-reload"}, names
        for target in re.findall(r"make -C /opt/kehu (\S+)", block):
            subprocess.run(["make", "-C", str(ROOT), "-n", target], check=True, capture_output=True)
    assert "deploy/Containerfile" in "".join(STATIC)


@pytest.fixture
def source() -> str:
    """All code that raises errors."""
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipelines").rglob("*.py"))


def test_every_error_is_explained(source: str) -> None:
    """Guards against an error that the page does not know, and against one that it quotes in words that Kehu no longer says."""
    table = PAGE.split("## What each error means")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+Error)` \| (.*?) \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    assert {name for name, *_ in rows} == errors.own_names()
    for _, lines, meaning, action in rows:
        assert meaning
        assert action
        quoted = [one for one in re.findall(r"`(.*?)`", lines) if not one.startswith("env:")]
        assert [one for one in quoted if one not in source] == []


@pytest.mark.parametrize("name", sorted(errors.own_names()))
def test_exit_status_is_the_page_s(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards against a scheduler that takes a night that failed for one that went well."""

    def fail() -> None:
        raise getattr(errors, name)("x")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == (2 if name == "SettingsError" else 1)
