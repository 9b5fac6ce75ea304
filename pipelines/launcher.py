"""Whether the process of a run is still there: Dagster's own launcher does not look.

A machine that went down in the middle of a run leaves it running for ever in Dagster's books, and with one run at a time
nothing is ever started again. Nor is what it holds of Dagster's pools given back by itself: a dagster.yaml of old does not ask for it.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from dagster import DefaultRunLauncher, RunsFilter
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.launcher.base import CheckRunHealthResult, WorkerStatus
from dagster._grpc.types import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._serdes import deserialize_value

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

# The tag of a run that a command executes in its own process: host, process id and, where the system tells, its beginning.
PROCESS = "kehu/process"
_SECONDS = 10


def this_process() -> str:
    """What the tag says of the process that asks."""
    return ":".join(filter(None, [socket.gethostname(), str(os.getpid()), _beginning(os.getpid())]))


def free_slots(instance: DagsterInstance) -> None:
    """Give back what dead runs hold of Dagster's pools, whoever started them; otherwise every later run waits for ever."""
    storage, launcher = instance.event_log_storage, instance.run_launcher
    holding = storage.get_concurrency_run_ids()
    for run in instance.get_runs(RunsFilter(run_ids=[*holding])) if holding else ():
        if run.is_finished:
            storage.free_concurrency_slots_for_run(run.run_id)
        elif launcher.supports_check_run_worker_health:
            launcher.check_run_worker_health(run)


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's default launcher, which also knows whether a run's process is alive."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """The daemon's monitoring asks this first."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Alive, or not to be found: then the daemon marks the run as failed, and what it held of the pools is free."""
        process = run.tags.get(PROCESS)
        is_alive = _lives(process) if process else self._is_known(run)
        if not is_alive:
            self._instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
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
    host, number, *beginning = process.split(":")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's, and perhaps another one
        pass
    now = _beginning(int(number))
    return not beginning or not now or beginning == [now]


def _beginning(number: int) -> str:
    """Boot and moment at which a process began: after a reboot another one has its id. Empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        # The name in brackets may hold anything; the beginning is the 20th field after it.
        told = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return f"{boot}.{told.rpartition(')')[2].split()[19]}"
