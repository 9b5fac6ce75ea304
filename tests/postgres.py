"""A real PostgreSQL server for tests: started on a free port of the loopback, gone when they end."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def binaries() -> Path | None:
    """Where the newest installed server lies; None where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    on_path = shutil.which("postgres")
    return found[-1] if found else Path(on_path).parent if on_path else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server of its own, as superuser `kehu` on the database `postgres`."""
    home = binaries()
    assert home is not None
    who = _owner()
    folder = Path(tempfile.mkdtemp(prefix="kehu-postgres-"))
    if who:
        shutil.chown(folder, **who)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    subprocess.run(
        [home / "initdb", "-D", data, "-A", "trust", "-U", "kehu", "-E", "UTF8", "--no-locale", "--no-sync"],
        check=True, capture_output=True, cwd=folder, **who,
    )  # fmt: skip
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-p", str(port), "-k", folder]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [home / "postgres", "-D", data, *options], stdout=log, stderr=log, cwd=folder, **who
        )
    try:
        _wait(home, port, process)
        yield f"postgresql://kehu@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)


def _owner() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid():
        return {}
    name = next(n for n in ("postgres", "nobody") if any(p.pw_name == n for p in pwd.getpwall()))
    found = pwd.getpwnam(name)
    return {"user": found.pw_uid, "group": found.pw_gid}


def _wait(home: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        ready = subprocess.run(
            [home / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False
        )
        if ready.returncode == 0:
            return
        assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    raise TimeoutError("the server did not start in 30 s")
