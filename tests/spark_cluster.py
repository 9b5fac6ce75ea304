"""A real standalone cluster of Spark on loopback: one master and two workers, each a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(pyspark.__file__).parent
# Small rows: what counts is how soon a plan begins, so that nothing is compiled that runs once.
_JVM = "-XX:TieredStopAtLevel=1"
CONF = {
    "spark.sql.shuffle.partitions": 2,
    "spark.sql.adaptive.enabled": False,
    "spark.sql.codegen.wholeStage": False,
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": _JVM,
    "spark.executor.memory": "600m",
    "spark.executor.extraJavaOptions": _JVM,
}
_PATIENCE_SECONDS = 90


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The URL of a master with two workers of one core each; all of them are gone afterwards."""
    with ExitStack() as stack:
        log = stack.enter_context(_daemon(folder, "Master", "--port", "0", "--webui-port", "0"))
        url = _found(log, r"Starting Spark master at (spark://\S+)")
        options = ("--cores", "1", "--memory", "700m", "--webui-port", "0", "-d", str(folder))
        workers = [stack.enter_context(_daemon(folder, "Worker", *options, url)) for _ in range(2)]
        for worker in workers:
            _found(worker, r"(Successfully registered with master)")
        yield url


@contextmanager
def _daemon(folder: Path, kind: str, *options: str) -> Iterator[Path]:
    """The log of a running daemon."""
    log = folder / f"{kind}-{time.monotonic_ns()}.log"
    command = [HOME / "bin" / "spark-class", f"org.apache.spark.deploy.{kind.lower()}.{kind}"]
    environment = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": _JVM, "SPARK_HOME": str(HOME)}  # fmt: skip
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", *options],
            env={**os.environ, **environment},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_PATIENCE_SECONDS)


def _found(log: Path, pattern: str) -> str:
    """What a log says sooner or later."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        told = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if told:
            return told.group(1)
        time.sleep(0.05)
    raise TimeoutError(f"{log}: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
