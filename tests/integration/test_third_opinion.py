"""DuckDB's opinion on every measure: two engines that agree may have the same fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import spark
from tests.duckdb_lake import DuckDBLake
from tests.engine_site import Site, assert_equal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_table_equals_polars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A measure that leans on the ways of one engine, such as its order of rows, its NULL in sums or its integers' width."""
    monkeypatch.setattr(spark, "SparkLake", DuckDBLake)
    monkeypatch.setattr(spark, "session_of", None)  # nothing else computes
    duckdb = Site(tmp_path / "duckdb", {}).compute_by_parts()
    assert_equal(duckdb, Site(tmp_path / "polars").compute())
