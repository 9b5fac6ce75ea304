"""The benchmark of Spark's driver in small: it runs, agrees with Polars, and sees the driver's Java."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.driver import on_a_cluster
from benchmarks.generate import Company
from benchmarks.measure import Cost
from benchmarks.table import Row, Table

if TYPE_CHECKING:
    from pathlib import Path

STAGES = ["kehu run, engine spark: Python", "the driver: Java"]


def test_the_driver_is_measured(tmp_path: Path) -> None:
    """Guards against a driver that holds nothing because its process has another name by now, and against tables that differ."""
    smaller = Table("driver", 250, "order lines", [Row(one, Cost(1, 0.25)) for one in STAGES], [])
    table = on_a_cluster(Company(tmp_path / "company", 500, months=2), smaller)
    assert table.wrong == []
    assert [row.stage for row in table.rows] == ["kehu run, engine polars", *STAGES]
    for row in table.rows[1:]:
        cells = row.cells
        assert cells["seconds"] > table.rows[0].cells["seconds"] > 0
        assert 0.2 < cells["peak GiB"] < 2
        assert cells["ratio"] == pytest.approx(cells["peak GiB"] / 0.25)
        assert cells["to"] == "250 lines"
