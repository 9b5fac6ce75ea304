"""Spark on a real cluster of its own, as its driver and through Spark Connect: the same tables as Polars, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine_site import Site, assert_equal
from tests.spark_cluster import UNCOMPILED, cluster, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running master with two workers."""
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="module")
def polars(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """What Polars computes at once."""
    return Site(tmp_path_factory.mktemp("polars")).compute()


def test_every_table_equals_polars(tmp_path: Path, master: str, polars: Site) -> None:
    """An engine that rounds, breaks ties or counts days in its own way shows other figures to other readers."""
    spark = Site(tmp_path, {"master": master, "conf": UNCOMPILED})
    assert_equal(spark.compute_by_parts(), polars)


def test_through_a_server_too(tmp_path: Path, master: str, polars: Site) -> None:
    """Plans that are sent before they are analysed, by another client of Spark, are other plans: one may lose a cast or a name."""
    with connect(tmp_path, master) as remote:
        assert_equal(Site(tmp_path, {"remote": remote}).compute_by_parts(), polars)
