"""Dagster's home: where runs are remembered, so that the UI shows what the command line did."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import HomeError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dagster import DagsterInstance

TEMPLATE = Path(__file__).parents[1] / "dagster.yaml"


def prepare_home(settings: Path) -> None:
    """Set `DAGSTER_HOME`, unless it is set, to the folder .dagster beside the settings file.

    A new home gets the project's dagster.yaml: no telemetry, one run at a time on the lake.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or settings.resolve().parent / ".dagster")
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        building = home / ".dagster.yaml.tmp"  # half of it would pass for the user's own
        building.write_bytes(TEMPLATE.read_bytes())
        building.replace(home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)


@contextmanager
def open_instance(settings: Path) -> Iterator[DagsterInstance]:
    """The Dagster instance in which the UI looks for runs.

    Raises:
        HomeError: a place that the log of runs needs cannot be written.
    """
    from dagster import DagsterInstance
    from sqlalchemy.exc import DBAPIError

    try:
        prepare_home(settings)
        with DagsterInstance.get() as instance:
            yield instance
    except (OSError, DBAPIError) as error:
        place = getattr(error, "filename", None) or os.environ.get("DAGSTER_HOME")
        raise HomeError(
            f"{place}: cannot be written ({first_line(error)}); the run is not told to its end. "
            "Mend the place and run again."
        ) from error
