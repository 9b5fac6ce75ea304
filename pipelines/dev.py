"""`make dev`: the Dagster UI with schedules and sensors, on the settings of KEHU_SETTINGS."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines.home import prepare_home
from pipelines.resources import settings_path


def main() -> None:
    """Replace this process by `dagster dev` on the project's workspace.yaml."""
    root = Path(__file__).parents[1]
    settings = settings_path().resolve()
    os.environ["KEHU_SETTINGS"] = str(settings)
    prepare_home(settings)
    os.chdir(root)
    command = [sys.executable, "-m", "dagster", "dev", "-w", "workspace.yaml"]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
