"""What the lake's log tells of its tables: what changed, and where a value may lie."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from pipelines import lake_files
from pipelines.errors import ConflictError, LakeError
from pipelines.lake import Lake
from schemas.columns import Column
from schemas.table import Table

TABLE = Table(
    "sold", "state", "卖", "Sold", "每行一笔", "sale",
    (
        Column("month", "text", "月", "Month", required=True),
        Column("order_id", "text", "单", "Order"),
        Column("sold_on", "date", "日", "Day"),
    ),
    partition="month",
)  # fmt: skip
ROWS = [
    ("2024-01", "A1", date(2024, 1, 5)), ("2024-01", "A9", date(2024, 1, 31)),
    ("2024-02", "B5", date(2024, 2, 10)), ("2024-03", None, None),
]  # fmt: skip


def rows(*months: str) -> pl.LazyFrame:
    """The rows of these months."""
    return pl.LazyFrame([row for row in ROWS if row[0] in months], TABLE.schema, orient="row")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with three months, written whole."""
    lake = Lake(str(tmp_path))
    lake.replace(TABLE, rows("2024-01", "2024-02", "2024-03"), made_from=7)
    return lake


def test_what_changed_is_told_by_commits(lake: Lake) -> None:
    """Guards against a month that changed and is not decided anew, and against nights that decide everything."""
    assert lake.changed(TABLE, 0) == []
    lake.replace(TABLE, rows("2024-02"), parts=["2024-02"], made_from=8)
    lake.replace(TABLE, rows(), parts=[], made_from=9)
    assert (lake.changed(TABLE, 0), lake.changed(TABLE, 1)) == (["2024-02"], [])
    assert lake.scan(TABLE).collect().height == len(ROWS)
    assert lake.made_from(TABLE) == 9
    lake.replace(TABLE, rows("2024-01"), "month = '2024-01'")
    assert (lake.changed(TABLE, 0), lake.changed(TABLE, 3)) == (None, [])  # nobody said which
    assert (lake.changed(TABLE, None), lake.changed(TABLE, 99)) == (None, None)


def test_where_a_value_may_lie(lake: Lake) -> None:
    """Guards against a record that is looked for in the wrong months; a file of which nothing is known is always read."""
    unknown = "2024-03"
    assert lake.parts_with(TABLE, "order_id", pl.Series(["A5"])) == ["2024-01", unknown]
    assert lake.parts_with(TABLE, "order_id", pl.Series(["A0", "C", None])) == [unknown]
    assert lake.parts_with(TABLE, "order_id", pl.Series(["B5", "A1"])) == ["2024-01", "2024-02", unknown]  # fmt: skip
    assert lake.parts_with(TABLE, "order_id", pl.Series([], dtype=pl.String)) == [unknown]
    assert lake.parts_with(TABLE, "no_such", pl.Series(["A"])) == ["2024-01", "2024-02", unknown]


def test_parts_that_fit_into_memory(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guards against rows that no part has, or two, and against a key whose rows lie in two parts."""
    monkeypatch.setattr("pipelines.lake._AT_ONCE", 10)
    numbers = pl.LazyFrame({"key": [n // 3 for n in range(60)], "n": range(60)})
    parts = [
        nw.to_native(part).collect() for part in lake.split(nw.from_native(numbers), ["key"], 60)
    ]
    assert len(parts) > 1
    assert sorted(n for part in parts for n in part["n"]) == list(range(60))
    keys = [set(part["key"]) for part in parts]
    assert sum(map(len, keys)) == len(set().union(*keys))


@pytest.mark.parametrize("other", ["2024-01", "2024-02", "added"])
def test_another_writer_comes_first(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """Guards against rows that are there twice, or lost, since two wrote at once: the later commit fails, whatever the first did."""
    second, placed = Lake(lake.root), lake_files.placed

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(lake_files, "placed", placed)
        if other == "added":
            rows("2024-01").sink_delta(lake.uri(TABLE), mode="append")
        else:
            second.replace(TABLE, rows(other), parts=[other])
        return placed(*arguments)

    monkeypatch.setattr(lake_files, "placed", meanwhile)
    with pytest.raises(ConflictError, match="another writer was first"):
        lake.replace(TABLE, rows("2024-01"), parts=["2024-01"])
    expected = len(ROWS) + (len(ROWS[:2]) if other == "added" else 0)
    assert Lake(lake.root).scan(TABLE).collect().height == expected


def test_rows_of_other_parts_are_refused(lake: Lake) -> None:
    """Guards against a month that is there twice since a run wrote it beside the months that it replaced."""
    before = {*Path(lake.root).rglob("*.parquet")}
    with pytest.raises(LakeError, match="rows outside of what is replaced; nothing was written"):
        lake.replace(TABLE, rows("2024-01", "2024-02"), "month = '2024-01'")
    assert lake.scan(TABLE).collect().height == len(ROWS)
    assert {*Path(lake.root).rglob("*.parquet")} == before


@pytest.mark.parametrize("name", ["客户 湖", "a lake", "50 % & more"])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """Guards against a lake that can be written once, and never be read, since its folder's name is no address."""
    lake = Lake(str(tmp_path / name))
    lake.replace(TABLE, rows("2024-01", "2024-02"))
    lake.replace(TABLE, rows("2024-01"), parts=["2024-01"])
    assert lake.scan(TABLE).collect().height == Lake(lake.root).scan(TABLE).collect().height == 3
    files = lake.files(TABLE, ["2024-01"], tmp_path)
    assert duckdb.read_parquet(files).shape[0] == 2
    lake.tidy(TABLE, 1)
    lake.delete(TABLE, "month = '2024-01'")
    assert Lake(lake.root).scan(TABLE).collect().height == 1
