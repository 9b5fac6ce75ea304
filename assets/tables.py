"""How a declared table becomes an asset: its key, description and metadata.

Belongs here: what all assets have in common. What a table holds is in `schemas/`; what its numbers mean in
`metrics/`; where it is stored in `pipelines/`.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import dagster as dg
import narwhals as nw

from assets.partitions import AS_OF_MONTHS, ONE_PASS
from metrics.findings.told import Engine
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ROLLUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import polars as pl

    from schemas.table import Table

Frame = nw.LazyFrame


class Lake(Engine, Protocol):
    """What assets may ask of the lake besides their inputs."""

    def scan(self, table: Table) -> pl.LazyFrame:
        """The stored rows of a table."""

    def frame(self, table: Table) -> Frame:
        """The same as a frame of the engine."""

    def given(self, frame: pl.LazyFrame) -> Frame:
        """A small frame of this process as one of the engine."""

    def taken(self, frame: Frame) -> pl.LazyFrame:
        """A small frame of the engine as one of this process."""

    def values(self, frame: Frame, column: str) -> pl.Series:
        """The values of a column in this process, of few rows."""

    def held(self, frame: Frame) -> Frame:
        """The frame computed once and kept in memory."""

    def spilled(self, frame: Frame, path: Path) -> Frame:
        """The frame computed once and kept on disk."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A temporary folder for what is spilled."""

    def split(self, frame: Frame, key: Sequence[str], rows: int) -> list[Frame]:
        """The frame, of so many rows, in parts that fit into memory."""

    def version(self, table: Table) -> int | None:
        """The number of a table's last commit."""

    def made_from(self, table: Table) -> int | None:
        """The version of what a table was made from."""

    def changed(self, table: Table, since: int | None) -> list[str] | None:
        """The parts replaced after a version; None where that is not known."""

    def parts_with(self, table: Table, column: str, values: pl.Series) -> list[str]:
        """The parts that may hold one of these values in a column."""

    def row_counts(self, table: Table) -> dict[str, int]:
        """Rows per partition."""


@dataclass(frozen=True)
class Portions:
    """The rows of a table in so many frames, which are computed one after the other: together they would not fit into memory.

    What a frame needs until it is written, as files of its own, lasts until the generator is asked for the next one or closed.
    """

    frames: Generator[Frame, None, None]
    count: int


def by_months(months: Any, rows: Mapping[str, int], make: Callable[[Any], Frame]) -> Portions:
    """What `make` returns of some months of the run (a `Months`) after the other.

    `rows`: how many there are of each as-of month.
    """
    portions = [some for some, _ in months.portions(rows)]
    return Portions((make(some) for some in portions), len(portions))


@dataclass(frozen=True)
class Parts:
    """What a table will hold in these of its partitions, all others staying as they are; none: it stays as a whole."""

    frame: Frame
    names: list[str]


OWNERS = ["team:data"]
KINDS = {"polars", "deltalake"}
LINEAGE = "dagster/column_lineage"


def key_of(table: Table) -> dg.AssetKey:
    """The asset key of a table: its layer and name, as it lies in the lake."""
    return dg.AssetKey([table.layer, table.name])


def table_of(key: dg.AssetKey) -> Table:
    """The declaration behind an asset key.

    Raises:
        KeyError: no table of the lake has this key.
    """
    layer, name = key.path
    tables: dict[str, dict[str, Table]] = {"rollups": ROLLUPS, "reporting": TABLES}
    if layer in tables:
        return tables[layer][name]
    feed = FEEDS[name]
    return {"feeds": feed.accepted, "ledger": feed.ledger, "retired": feed.retired}[layer]


def column_schema(table: Table) -> dg.TableSchema:
    """The columns of a table as Dagster shows them before any run."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                type=str(column.dtype),
                description=f"{column.zh} · {column.en}. {column.en_definition}".strip(),
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in table.columns
        ]
    )


def column_lineage(table: Table, parents: Iterable[Table]) -> dg.TableColumnLineage:
    """The columns that come from a column of the same name in a table that is read."""
    sources = list(parents)
    found = {
        name: [
            dg.TableColumnDep(key_of(parent), name) for parent in sources if name in parent.names
        ]
        for name in table.names
    }
    return dg.TableColumnLineage({name: deps for name, deps in found.items() if deps})


def facts_about(table: Table, parents: Iterable[Table]) -> dict[str, Any]:
    """Everything that Dagster is told of a table's asset besides its function."""
    return {
        "key": key_of(table),
        "group_name": table.layer,
        "kinds": KINDS,
        "owners": OWNERS,
        "description": f"One row per {table.grain_en}. {table.zh} · {table.en}. {table.question_en}".strip(),
        "metadata": {
            "dagster/column_schema": column_schema(table),
            LINEAGE: column_lineage(table, parents),
        },
        "io_manager_key": "lake_tables",
    }


def _inputs(function: Callable[..., Any]) -> dict[str, Table]:
    """A parameter names the table it reads: a feed's ledger, a rollup or a report."""
    names = [name for name in inspect.signature(function).parameters if name != "context"]
    return {
        name: FEEDS[name].ledger if name in FEEDS else ROLLUPS.get(name) or TABLES[name]
        for name in names
    }


def _ins(inputs: dict[str, Table]) -> dict[str, dg.AssetIn]:
    return {name: dg.AssetIn(key=key_of(table)) for name, table in inputs.items()}


# A report that nothing changed is not computed: a long weekend is no fault, a day and a half is worth a look.
FRESH = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=36), fail_window=timedelta(days=4)
)


def rollup(
    table: Table, deps: Sequence[Table] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An internal table that reports share, computed for the months of the run. `deps` as in `report`.

    Not partitioned for Dagster: nobody backfills a rollup, and each partition costs two events a run.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        inputs = _inputs(function)
        return dg.asset(
            **facts_about(table, inputs.values()),
            ins=_ins(inputs),
            deps=[key_of(table) for table in deps],
            backfill_policy=ONE_PASS,
            required_resource_keys={"lake", "lake_tables", "months", "policy"},
            pool="lake",
        )(function)

    return decorate


def report(
    table: Table, deps: Sequence[Table] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """A reporting table, partitioned by as-of month; a range of months is one pass.

    `deps`: tables that the asset scans itself, besides its parameters.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        inputs = _inputs(function)
        return dg.asset(
            **facts_about(table, inputs.values()),
            ins=_ins(inputs),
            deps=[key_of(table) for table in deps],
            partitions_def=AS_OF_MONTHS if table.partition else None,
            backfill_policy=ONE_PASS,
            required_resource_keys={"lake", "lake_tables", "months", "policy", "privacy"},
            pool="lake",
            freshness_policy=FRESH,
        )(function)

    return decorate
