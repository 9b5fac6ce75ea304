"""The code location as it is, with sensors that look every second, and deliveries held up as long as a test wants.

A test has no minutes to wait, and cannot meet the moment in which a step is at work.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from pipelines.definitions import definitions
from pipelines.landing import Landing
from pipelines.sensors import SENSORS

_load = Landing.load


def _held_up(*arguments: Any) -> Any:
    """Take deliveries in once the file `hold` is gone."""
    while Path(os.environ["DAGSTER_HOME"], "hold").exists():
        time.sleep(0.1)
    return _load(*arguments)


Landing.load = _held_up  # type: ignore[method-assign]
for sensor in SENSORS:
    sensor._min_interval = 1

defs = definitions()
