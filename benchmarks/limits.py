"""The least that anything could take: to read the bytes of the deliveries and of the tables, to group the ledger once, to write.

Files are read from the system's memory where it still holds the files, as for all that is measured after the first run.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import polars.selectors as cs

from benchmarks.measure import Cost, measured
from pipelines.lake import Lake
from schemas.catalogue import FEEDS, TABLES

if TYPE_CHECKING:
    from pathlib import Path


def ledger(home: Path) -> pl.LazyFrame:
    """The sales lines of a lake."""
    return pl.scan_delta(f"{home}/lake/{'/'.join(FEEDS['sales'].ledger.path)}")


def limits_of(home: Path, ending: str) -> dict[str, Cost]:
    """What each of the least things takes, by what it is."""
    return {
        "read the sales deliveries": _reading(home, ending),
        "group the ledger once": _grouping(home),
        "read the reporting tables": _looking(home),
        "write them to a DuckDB file": _writing(home),
        "start Python with Dagster and Polars": measured(sys.executable, "-c", "import dagster, polars, deltalake"),
    }  # fmt: skip


def _reading(home: Path, ending: str) -> Cost:
    """Every value of the sales deliveries once."""
    files = f"{home}/sales_*.{ending}"
    frame = (
        pl.scan_parquet(files) if ending == "parquet" else pl.scan_csv(files, infer_schema=False)
    )
    return _timed(_every_value(frame))


def _looking(home: Path) -> Cost:
    """Every value of the reporting tables once."""
    lake = Lake(f"{home}/lake")
    return _timed(*(_every_value(lake.scan(table)) for table in TABLES.values()))


def _every_value(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Numbers summed, truth counted, texts measured."""
    counted = cs.numeric() | cs.boolean()
    return frame.select(counted.sum(), cs.string().str.len_bytes().sum(), cs.temporal().max())


def _writing(home: Path) -> Cost:
    """The reporting tables, as they are published, into another file."""
    target = home / "limit.duckdb"
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"ATTACH '{home}/kehu.duckdb' AS published (READ_ONLY)")
        began = time.perf_counter()
        for name in TABLES:
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM published.{name}")
        connection.execute("CHECKPOINT")
        seconds = time.perf_counter() - began
    target.unlink()
    return Cost(seconds)


def _grouping(home: Path) -> Cost:
    """One group-by over the ledger, by customer and month."""
    month = pl.col("sold_on").dt.truncate("1mo")
    return _timed(ledger(home).group_by("customer_id", month).agg(pl.col("net_amount").sum()))


def _timed(*frames: pl.LazyFrame) -> Cost:
    began = time.perf_counter()
    for frame in frames:
        frame.collect(engine="streaming")
    return Cost(time.perf_counter() - began)
