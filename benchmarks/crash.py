"""Kill many runs at random moments, and see whether anybody could have told.

`python -m benchmarks.crash [kills]`: one to eight kills in a row, then a run that nobody disturbs; see tests/crash.py.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.crash import Told, Trial, moments

_MOST_IN_A_ROW = 8


def main(kills: int) -> None:
    """Kill this many runs.

    Raises:
        SystemExit: a reader saw what it should not have seen, or a company ended otherwise than undisturbed.
    """
    dice, told, number = random.Random(kills), Told(), 0
    started = time.monotonic()
    waiting = moments(dice, kills)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        print(f"an undisturbed run: {trial.seconds:.1f} s", flush=True)
        while waiting:
            row = [waiting.pop() for _ in range(min(len(waiting), dice.randint(1, _MOST_IN_A_ROW)))]
            trial.kill(number, row, told, first=number % 4 == 3)
            number += 1
            print(f"company {number}: {told.kills} kills, {len(told.faults)} faults, {time.monotonic() - started:,.0f} s", flush=True)  # fmt: skip
    print(f"killed after their last step in {dict(told.reached)}; looks {dict(told.looks)}")
    if told.faults:
        raise SystemExit("\n".join(told.faults))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
