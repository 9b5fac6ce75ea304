"""What went wrong in a run: for the summary of the command, and for the failure notice that goes out to the channels.

A notice says in whose words it may: an error of Kehu's own holds no value of a row, any other one might.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster import AssetCheckSeverity, DagsterEventType

from pipelines.channels import channels_of
from pipelines.errors import own_names
from pipelines.notice import Notice, worded
from pipelines.settings import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dagster import AssetCheckEvaluation, DagsterEvent, DagsterInstance

    from pipelines.channels import Channel
    from pipelines.settings import Settings

# Java's exceptions in the text of Python's.
_THROWN = re.compile(r"^(?:Caused by)?: ([\w.$]+)", re.MULTILINE)
_TOLD = {
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.RUN_FAILURE,
    DagsterEventType.ASSET_CHECK_EVALUATION,
}
# A sensor's tick may take a minute.
_SECONDS = 30.0
_WORDS = {
    "failed": ("{company}：作业 {job} 失败", "{company}: job {job} failed"),
    "unread": ("{company}：有交付无法接收", "{company}: deliveries could not be taken in"),
    "missing": ("{company}：应到的交付未到", "{company}: deliveries that were expected are not there"),
    "place": (
        "此前发布的内容不受影响。详情见 Dagster 中的运行 {run}。",
        "What was published before still stands. See the run {run} in Dagster.",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong: what the summary says of it, and what may be told outside."""

    line: str
    notice: str


def events_of(instance: DagsterInstance, run_id: str) -> list[DagsterEvent]:
    """The events of a run that tell what went wrong in it."""
    entries = instance.all_logs(run_id, of_type=_TOLD)
    return [entry.dagster_event for entry in entries if entry.dagster_event]


def problems_of(events: Sequence[DagsterEvent]) -> list[Problem]:
    """Checks that block, steps that failed, deliveries that could not be read."""
    failed = _failed_checks(events, AssetCheckSeverity.ERROR)
    steps = [event for event in events if event.is_step_failure]
    # A run without a failed step failed before its first one, or its process died.
    ends = steps or [event for event in events if event.is_run_failure]
    # What is not as expected at the door is told by the step that ends for it.
    blocking = [check for check in failed if check.blocking and not _told_by(check)]
    told = [problem for check in failed for problem in _told_by(check)]
    return [*map(_blocked, blocking), *map(_failure, ends), *told]


def warnings_of(events: Sequence[DagsterEvent]) -> list[Problem]:
    """Deliveries that did not come."""
    failed = _failed_checks(events, AssetCheckSeverity.WARN)
    return [problem for check in failed for problem in _told_by(check)]


def _failed_checks(
    events: Sequence[DagsterEvent], severity: AssetCheckSeverity
) -> list[AssetCheckEvaluation]:
    kind = DagsterEventType.ASSET_CHECK_EVALUATION
    checks = [event.asset_check_evaluation_data for event in events if event.event_type == kind]
    return [check for check in checks if not check.passed and check.severity == severity]


def _told_by(check: AssetCheckEvaluation) -> list[Problem]:
    """The sentences of a check that speaks for itself: of deliveries that failed, or did not come."""
    told: Any = check.metadata.get("failures")
    return [Problem(str(line), str(line)) for line in told.value] if told else []


def _blocked(check: AssetCheckEvaluation) -> Problem:
    told = "; ".join(str(value.value) for value in check.metadata.values())
    line = f"{'/'.join(check.asset_key.path)}: check {check.check_name} blocks"
    return Problem(f"{line}: {told}", line)


def _failure(event: DagsterEvent) -> Problem:
    """Why a step failed: a mistake of the user's in its own words, anything else by its innermost cause."""
    data: Any = event.event_specific_data
    place = event.step_key or event.job_name
    if data is None or data.error is None:
        line = f"{place}: {event.message}"
        return Problem(line, line)
    chain = [data.error]
    while chain[-1].cause is not None:
        chain.append(chain[-1].cause)
    ours = own_names()
    own = next((error for error in reversed(chain) if error.cls_name in ours), None)
    if own is not None:
        line = f"{place}: {own.message.strip().split(': ', 1)[1]}"
        return Problem(line, line)
    return Problem(f"{place}: {_foreign(chain[-1].message)}", f"{place}: {chain[-1].cls_name}")


def _foreign(message: str) -> str:
    """What another library says; of Java's trace, which may quote a row, the names of what was thrown."""
    thrown = [*dict.fromkeys(_THROWN.findall(message))]
    return f"{message.splitlines()[0]} ({': '.join(thrown)})" if thrown else message.strip()


class FailureNotice:
    """The message that tells the channels of a run that something went wrong; `kind`: failed, unread or missing."""

    def __init__(self, settings: Settings, kind: str, job: str, run_id: str) -> None:
        self._channels = settings.notify
        language = settings.language
        self._notice = Notice(
            language,
            worded(_WORDS[kind], language, company=settings.name, job=job),
            worded(_WORDS["place"], language, run=run_id[:8]),
        )

    def send(self, problems: Iterable[Problem]) -> list[str]:
        """Tell every channel at once; returns what is wrong with those that took no message, a line each."""
        channels, faults = channels_of(self._channels)
        lines = [f"- {without_secrets(problem.notice)}" for problem in problems]

        def tell(channel: Channel) -> str:
            message = self._notice.message(len(lines), lambda shown: lines[:shown], channel.room)
            fault = channel.send(*message, _SECONDS)
            return fault and f"{channel.name} failed: {fault}"

        with ThreadPoolExecutor(max(len(channels), 1)) as pool:
            return [*faults, *filter(None, pool.map(tell, channels))]
