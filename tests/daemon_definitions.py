"""The code location as it is, with sensors that look every second: a test has no minutes to wait."""

from __future__ import annotations

from pipelines.definitions import definitions
from pipelines.sensors import SENSORS

for sensor in SENSORS:
    sensor._min_interval = 1

defs = definitions()
