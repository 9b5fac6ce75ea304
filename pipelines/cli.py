"""The commands: run, check, demo, status. Errors are for people: one message, no traceback.

Exit status: 0; 1 when a delivery failed or a check blocked; 2 for bad settings.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.errors import KehuError, SettingsError

app = typer.Typer(
    help="Kehu (客户): raw customer and sales feeds in, validated reporting tables out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
SettingsOption = Annotated[
    Path, typer.Option("--settings", envvar="KEHU_SETTINGS", help="The settings file.")
]
DateOption = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A delivery date.")]


@app.command()
def run(
    settings: SettingsOption = Path("kehu.yaml"),
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First delivery date.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last delivery date.")
    ] = None,
) -> None:
    """Take in deliveries, recompute the months they touch, publish."""
    from pipelines.console import Console

    console = Console()
    with console.working() as tell:
        from pipelines.run import run as run_

        summary = run_(settings, _day(first), _day(last), tell)
    console.summary(summary)
    raise typer.Exit(0 if summary.succeeded else 1)


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


def main() -> None:
    """The entry point `kehu`."""
    try:
        app(standalone_mode=False)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except KehuError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
