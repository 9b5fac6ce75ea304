"""Real Spark on loopback, each part a process of its own: a standalone cluster of one master and two workers, and a server of Spark Connect."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(pyspark.__file__).parent
_JVM = "-XX:TieredStopAtLevel=1"
CONF = {
    "spark.sql.shuffle.partitions": 2,
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": _JVM,
    "spark.executor.memory": "600m",
    "spark.executor.extraJavaOptions": _JVM,
}
# Small rows: what counts is how soon a plan begins, so that nothing is compiled that runs once.
UNCOMPILED = {
    **CONF,
    "spark.sql.adaptive.enabled": False,
    "spark.sql.codegen.wholeStage": False,
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
_PATIENCE_SECONDS = 90


@contextmanager
def cluster(folder: Path, memory: str = "700m") -> Iterator[str]:
    """The URL of a master with two workers of one core each; all of them are gone afterwards."""
    with ExitStack() as stack:
        log = stack.enter_context(_deployed(folder, "Master", "--port", "0", "--webui-port", "0"))
        url = _found(log, r"Starting Spark master at (spark://\S+)")
        options = ("--cores", "1", "--memory", memory, "--webui-port", "0", "-d", str(folder))
        workers = [
            stack.enter_context(_deployed(folder, "Worker", *options, url)) for _ in range(2)
        ]
        for worker in workers:
            _found(worker, r"(Successfully registered with master)")
        yield url


@contextmanager
def connect(folder: Path, master: str = "local[1]") -> Iterator[str]:
    """The URL of a server of Spark Connect, with one core of its own or before a cluster; it is gone afterwards."""
    conf = {
        **UNCOMPILED,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": 0,
        "spark.ui.enabled": False,
        "spark.sql.warehouse.dir": folder,
    }
    told = (f"--conf={name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in conf.items())  # fmt: skip
    server = ("org.apache.spark.deploy.SparkSubmit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer")  # fmt: skip
    with _daemon("1g", folder, *server, "--master", master, *told, "spark-internal") as log:
        port = _found(log, r"Spark Connect server started at: \S+:(\d+)")
        yield f"sc://127.0.0.1:{port}"


def _deployed(folder: Path, kind: str, *options: str) -> AbstractContextManager[Path]:
    return _daemon("256m", folder, f"org.apache.spark.deploy.{kind.lower()}.{kind}", "--host", "127.0.0.1", *options)  # fmt: skip


@contextmanager
def _daemon(memory: str, folder: Path, name: str, *options: str) -> Iterator[Path]:
    """The log of a running daemon."""
    log = folder / f"{name.rpartition('.')[2]}-{time.monotonic_ns()}.log"
    command = [HOME / "bin" / "spark-class", name]
    environment = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": memory, "SPARK_DAEMON_JAVA_OPTS": _JVM, "SPARK_HOME": str(HOME)}  # fmt: skip
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options],
            env={**os.environ, **environment},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:  # it waits for somebody who is gone
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _found(log: Path, pattern: str) -> str:
    """What a log says sooner or later."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        told = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if told:
            return told.group(1)
        time.sleep(0.05)
    raise TimeoutError(f"{log}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
