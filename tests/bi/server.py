"""A real Superset for tests: its own database, an administrator, a server on the loopback, gone when they end."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BIN = ROOT / ".venv-superset" / "bin"
USER, PASSWORD = "admin", secrets.token_urlsafe()


@contextmanager
def superset(folder: Path) -> Iterator[str]:
    """The URL of a Superset of its own, empty but for its administrator."""
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(Path(__file__).with_name("superset_config.py")),
        "SUPERSET_HOME": str(folder),
        "KEHU_TEST_SECRET": secrets.token_urlsafe(42),
        "KEHU_TEST_METADATA": f"sqlite:///{folder}/superset.db",
        "FLASK_APP": "superset.app:create_app()",
        "SCARF_ANALYTICS": "false",
    }
    admin = ["--username", USER, "--password", PASSWORD, "--firstname", "A", "--lastname", "A", "--email", "admin@localhost"]  # fmt: skip
    with (folder / "log").open("wb") as log:
        for command in (["db", "upgrade"], ["fab", "create-admin", *admin], ["init"]):
            done = subprocess.run(
                [BIN / "superset", *command], env=environment, stdout=log, stderr=log, check=False
            )
            assert done.returncode == 0, (command[0], (folder / "log").read_text()[-2000:])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [BIN / "gunicorn", "--no-control-socket", "--workers", "1", "--threads", "8", "--timeout", "120", "--bind", f"127.0.0.1:{port}", "superset.app:create_app()"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{url}/health", process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "Superset ended"
            time.sleep(0.2)
    raise TimeoutError("Superset did not start in 120 s")
