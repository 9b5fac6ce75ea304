"""Real processes of Dagster's for tests: daemon, webserver and the code server that both ask; gone when the test ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.company import Company

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# Long enough for a crowded machine; a test that passes waits for what happens and no longer.
PATIENCE = 240
RUNS = """query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results {
  runId jobName status parentRunId tags { key value } stats { ... on RunStatsSnapshot { startTime } } } } } }"""


class Deployment:
    """A company whose pipeline runs under a daemon, asked as its UI asks."""

    def __init__(self, company: Company, home: Path, port: int) -> None:
        self.company = company
        self.home = home
        self._url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer to a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self._url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
        assert "errors" not in told, told["errors"]
        return told["data"]

    def runs(self, job: str, *statuses: str) -> list[dict[str, Any]]:
        """The runs of a job, the newest first; of these statuses where some are named."""
        chosen = {"pipelineName": job, **({"statuses": list(statuses)} if statuses else {})}
        return self.ask(RUNS, filter=chosen)["runsOrError"]["results"]

    def start_sensor(self, name: str) -> None:
        """Switch a sensor on, as a click in the UI does."""
        selector = {
            "sensorName": name,
            "repositoryName": "__repository__",
            "repositoryLocationName": "kehu",
        }
        told = self.ask(
            "mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }",
            s=selector,
        )
        assert told["startSensor"]["__typename"] == "Sensor"


def until(condition: Callable[[], Any], what: str) -> Any:
    """What the condition gives as soon as it gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.3)
    raise TimeoutError(f"{what}: not within {PATIENCE} s")


@contextmanager
def deployment(company: Company, storage: dict[str, Any] | None = None, **more: str) -> Iterator[Deployment]:  # fmt: skip
    """Daemon and webserver of a company; `storage` in place of SQLite, `more` variables of their environment."""
    home = company.folder / "home"
    _configure(home, storage)
    env = {**os.environ, "KEHU_SETTINGS": str(company.settings), "DAGSTER_HOME": str(home), "PYTHONPATH": str(ROOT), **more}  # fmt: skip
    code, web = _free_port(), _free_port()
    workspace = home / "workspace.yaml"
    server = {"host": "127.0.0.1", "port": code, "location_name": "kehu"}
    workspace.write_text(yaml.safe_dump({"load_from": [{"grpc_server": server}]}))
    commands = [
        ["dagster", "api", "grpc", "-m", "tests.daemon_definitions", "-p", str(code)],
        ["dagster-webserver", "-h", "127.0.0.1", "-p", str(web), "-w", str(workspace)],
        ["dagster-daemon", "run", "-w", str(workspace)],
    ]
    processes = []
    found = Deployment(company, home, web)
    with (home / "log").open("wb") as log:
        try:
            for command in commands:
                if command[0] == "dagster-webserver":
                    until(lambda: _listens(code), "the code server")
                processes.append(
                    subprocess.Popen(
                        [BIN / command[0], *command[1:]], stdout=log, stderr=log, env=env, cwd=home, start_new_session=True,
                    )
                )  # fmt: skip
            until(lambda: _listens(web), "the webserver")
            yield found
        finally:
            for process in reversed(processes):
                _end(process)


def _configure(home: Path, storage: dict[str, Any] | None) -> None:
    """The project's dagster.yaml in a new home."""
    home.mkdir()
    config = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    config["run_monitoring"]["poll_interval_seconds"] = 2
    if storage is not None:
        del config["event_log_storage"]
        config["storage"] = storage
    (home / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)
