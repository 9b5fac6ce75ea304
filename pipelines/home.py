"""Dagster's home: where runs are remembered, so that the UI shows what the command line did."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

TEMPLATE = Path(__file__).parents[1] / "dagster.yaml"


def prepare_home(settings: Path) -> None:
    """Set `DAGSTER_HOME`, unless it is set, to the folder .dagster beside the settings file.

    A new home gets the project's dagster.yaml: no telemetry, one run at a time on the lake.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or settings.resolve().parent / ".dagster")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        (home / "dagster.yaml").write_bytes(TEMPLATE.read_bytes())
    os.environ["DAGSTER_HOME"] = str(home)


def open_instance(settings: Path) -> DagsterInstance:
    """The Dagster instance in which the UI looks for runs."""
    from dagster import DagsterInstance

    prepare_home(settings)
    return DagsterInstance.get()
