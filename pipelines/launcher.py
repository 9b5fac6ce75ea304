"""Whether the process of a run is still there: Dagster's own launcher does not look.

A machine that went down in the middle of a run leaves it running for ever in Dagster's books, and with one run at a time
nothing is ever started again.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from dagster import DefaultRunLauncher
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

if TYPE_CHECKING:
    from dagster import DagsterRun

# The tag of a run that a command executes in its own process: host and process id.
PROCESS = "kehu/process"
_SECONDS = 10


def this_process() -> str:
    """What the tag says of the process that asks."""
    return f"{socket.gethostname()}:{os.getpid()}"


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, which also knows whether a run's process is alive."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """The daemon's monitoring asks this first."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Alive, or not to be found: then the daemon marks the run as failed."""
        process = run.tags.get(PROCESS)
        is_alive = _lives(process) if process else self._is_known(run)
        return CheckRunHealthResult(WorkerStatus.RUNNING if is_alive else WorkerStatus.NOT_FOUND)

    def _is_known(self, run: DagsterRun) -> bool:
        """Whether the server that started the run still has it."""
        client = self._get_grpc_client_for_termination(run.run_id)  # type: ignore[no-untyped-call]
        if client is None:  # ended meanwhile, or started by nobody that we know
            return True
        try:
            told = client.can_cancel_execution(
                CanCancelExecutionRequest(run_id=run.run_id), timeout=_SECONDS
            )
        except DagsterUserCodeUnreachableError:
            return False
        return deserialize_value(told, CanCancelExecutionResult).can_cancel


def _lives(process: str) -> bool:
    """Whether a process of this machine lives; of another machine's nothing is known."""
    host, _, number = process.rpartition(":")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
