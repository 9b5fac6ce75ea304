"""Kill many runs at random moments, and see whether anybody could have told.

`python -m benchmarks.crash [kills]`: some kills in a row, then a run that nobody disturbs; see tests/crash.py.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import Told, Trial, moments

_IN_A_ROW = (4, 16)


def main(kills: int) -> None:
    """Kill this many runs.

    Raises:
        SystemExit: a reader saw what it should not have seen, or a company ended otherwise than undisturbed.
    """
    dice, told, number, known = random.Random(kills), Told(), 0, 0
    started = time.monotonic()
    waiting: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        print(f"an undisturbed run: {trial.seconds:.1f} s", flush=True)
        while told.kills < kills:  # of some runs the end comes first
            waiting = waiting or moments(dice, kills - told.kills)
            row = [waiting.pop() for _ in range(min(len(waiting), dice.randint(*_IN_A_ROW)))]
            trial.kill(number, row, told, first=number % 4 == 3, upkeep=number % 2 == 1)
            number += 1
            print(f"company {number}: {told.kills} kills {dict(told.reached)}, looks {dict(told.looks)}, {time.monotonic() - started:,.0f} s", flush=True)  # fmt: skip
            print(*told.faults[known:], sep="\n", end="", flush=True)
            known = len(told.faults)
    if told.faults:
        raise SystemExit(f"{known} faults")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
