"""The commands: run, check, demo, credit-reports, status, upkeep. Errors are for people: one message, no traceback.

Exit status: 0; 1 when a delivery failed or a check blocked; 2 for bad settings.
"""

from __future__ import annotations

import sys
from datetime import datetime  # noqa: TC003 - typer reads the annotations
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
SettingsFile = Annotated[
    Path, typer.Option("--settings", envvar="KEHU_SETTINGS", help="The settings file.")
]
_DAY = ["%Y-%m-%d"]


@app.command()
def run(
    settings: SettingsFile = Path("kehu.yaml"),
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="First delivery date.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last delivery date.")
    ] = None,
) -> None:
    """Take in deliveries, recompute the months that they touch, publish.

    Without dates: all deliveries that lie there up to yesterday and are new.
    """
    from pipelines.console import Console

    console = Console()
    with console.working() as tell:
        from pipelines.run import run as run_

        summary = run_(settings, first and first.date(), last and last.date(), tell, console.say)
    console.summary(summary)
    raise typer.Exit(1 if summary.problems else 0)


@app.command()
def check(settings: SettingsFile = Path("kehu.yaml")) -> None:
    """Read the settings and the head of each feed, say what would happen, write nothing."""
    from pipelines.console import Console
    from pipelines.look import check as check_

    feeds, notes = check_(settings)
    Console().check(feeds, notes)
    raise typer.Exit(1 if any(found.problem for found in feeds.values()) else 0)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="Where to write feeds and settings.")],
    customers: Annotated[int, typer.Option(min=10, help="How many customers.")] = 300,
    months: Annotated[int, typer.Option(min=13, help="How many months of history.")] = 18,
) -> None:
    """Write the demo company's feeds and settings."""
    from pipelines.demo import write_demo

    path = write_demo(directory, customers=customers, months=months)
    typer.echo(f"written: {path}\nrun it: kehu run --settings {path}")


@app.command("credit-reports")
def credit_reports(
    months: Annotated[
        list[datetime],
        typer.Argument(metavar="YYYY-MM...", formats=["%Y-%m"], help="As-of months."),
    ],
    settings: SettingsFile = Path("kehu.yaml"),
) -> None:
    """Write the credit reports of past months; a run writes those of the latest month."""
    from pipelines.documents.monthly import CreditDocuments
    from pipelines.lake import Lake
    from pipelines.lock import alone
    from pipelines.settings import load

    known = load(settings)
    lake = Lake(known.lake_root)
    with alone(lake, typer.echo):
        written = CreditDocuments(known, lake).write([f"{m:%Y-%m}" for m in months])
    for line in written.notes or ["no feed tells of credit: nothing was written"]:
        typer.echo(line)


@app.command()
def status(settings: SettingsFile = Path("kehu.yaml")) -> None:
    """Show the last delivery per feed, the months, the quarantine."""
    from pipelines.console import Console
    from pipelines.look import status as status_

    Console().status(status_(settings))


@app.command()
def upkeep(settings: SettingsFile = Path("kehu.yaml")) -> None:
    """Merge the lake's small files, remove what is older than the days of time travel; Dagster does it weekly."""
    from pipelines.lake import Lake
    from pipelines.lock import alone
    from pipelines.settings import load
    from pipelines.upkeep import upkeep as keep

    known = load(settings)
    lake = Lake(known.lake_root)
    with alone(lake, typer.echo):
        kept = keep(lake, known.time_travel_days)
    typer.echo(f"{lake.root}: {kept.merged:,} files merged, {kept.removed:,} removed")


def main() -> None:
    """Run a command; the entry point `kehu`."""
    try:
        app()
    except KehuError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, SettingsError) else 1)


if __name__ == "__main__":
    main()
