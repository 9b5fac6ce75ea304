"""Spark on a real cluster of its own: the same tables as Polars, row by row, from the same deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine_site import Site, assert_equal
from tests.spark_cluster import CONF, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running master with two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


def test_every_table_equals_polars(tmp_path: Path, master: str) -> None:
    """An engine that rounds, breaks ties or counts days in its own way shows other figures to other readers."""
    spark = Site(tmp_path / "spark", {"master": master, "conf": CONF}).compute_by_parts()
    assert_equal(spark, Site(tmp_path / "polars").compute())
