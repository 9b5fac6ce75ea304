"""The least that anything could take: to read the bytes of the deliveries, and to group the ledger once.

Both from the system's memory where it still holds the files, as for all that is measured after the first run.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from benchmarks.measure import Cost
from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from pathlib import Path


def ledger(home: Path) -> pl.LazyFrame:
    """The sales lines of a lake."""
    return pl.scan_delta(f"{home}/lake/{'/'.join(FEEDS['sales'].ledger.path)}")


def reading(home: Path, ending: str) -> Cost:
    """Every value of the sales deliveries once: numbers summed, texts measured."""
    files = f"{home}/sales_*.{ending}"
    frame = (
        pl.scan_parquet(files) if ending == "parquet" else pl.scan_csv(files, infer_schema=False)
    )
    return _timed(
        frame.select(cs.numeric().sum(), cs.string().str.len_bytes().sum(), cs.temporal().max())
    )


def grouping(home: Path) -> Cost:
    """One group-by over the ledger, by customer and month."""
    month = pl.col("sold_on").dt.truncate("1mo")
    return _timed(ledger(home).group_by("customer_id", month).agg(pl.col("net_amount").sum()))


def _timed(frame: pl.LazyFrame) -> Cost:
    began = time.perf_counter()
    frame.collect(engine="streaming")
    return Cost(time.perf_counter() - began)
