"""The DuckDB file: brought up to the lake at the cost of what changed, and never a half of anything."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from pipelines.errors import PublishError
from pipelines.publish.duckdb_file import is_current
from pipelines.publish.publisher import stale_months
from pipelines.settings import load
from schemas.catalogue import TABLES
from schemas.comments import table_comment
from tests.company import Company, customer, line, product
from tests.lakes import MONTHS, lake_in, published_file, rows

if TYPE_CHECKING:
    from pathlib import Path

RFM = TABLES["rpt_rfm"]


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """What a reader of the file is told."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """Guards against nights that write ten years again, corrections that are not written, and months that stay for ever."""
    lake, path = lake_in(tmp_path / "lake"), tmp_path / "kehu.duckdb"
    assert published_file(lake, path).keys() == TABLES.keys()
    before = (path.stat().st_ino, path.stat().st_mtime_ns)
    assert published_file(lake, path) == {}
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before  # nothing was written at all

    for declared in TABLES.values():  # the same rows in new files, but for a month of one report
        lake.replace(declared, rows(declared))
    corrected = rows(RFM, "corrected").filter(pl.col("as_of_month") == MONTHS[1])
    lake.replace(RFM, corrected, parts=[MONTHS[1]])
    assert published_file(lake, path) == {"rpt_rfm": 3}
    for name, table in TABLES.items():
        found = ask(path, f"SELECT * FROM {name}")
        assert sorted(found, key=repr) == sorted(lake.scan(table).collect().rows(), key=repr)

    for declared in TABLES.values():
        if declared.partition:
            lake.delete(declared, f"as_of_month = '{MONTHS[1]}'")
    assert published_file(lake, path) == {}
    assert ask(path, "SELECT DISTINCT as_of_month FROM rpt_rfm") == [(MONTHS[0],)]
    assert ask(path, "SELECT DISTINCT as_of_month FROM v_latest_rpt_rfm") == [(MONTHS[0],)]


def _not_supported(*_: Any) -> int:
    raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


@pytest.mark.parametrize("answer", [_not_supported, lambda *_: 0])
def test_a_disk_on_which_files_share_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    """Guards against a file of which only what changed is left, where the system cannot copy by reference."""
    lake, path = lake_in(tmp_path / "lake"), tmp_path / "kehu.duckdb"
    published_file(lake, path)
    monkeypatch.setattr(os, "copy_file_range", answer)
    lake.replace(RFM, rows(RFM, "corrected"))
    assert published_file(lake, path).keys() == {"rpt_rfm"}
    for name, table in TABLES.items():
        found = ask(path, f"SELECT * FROM {name}")
        assert sorted(found, key=repr) == sorted(lake.scan(table).collect().rows(), key=repr)


def test_views_and_comments(tmp_path: Path) -> None:
    """Guards against a file that names nothing, and a newest month that shows the rows of an older one."""
    lake, path = lake_in(tmp_path / "lake"), tmp_path / "kehu.duckdb"
    lake.delete(TABLES["rpt_finding"], f"as_of_month = '{MONTHS[1]}'")
    published_file(lake, path)
    told = dict(
        ask(path, "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main'")
    )
    assert told == {name: table_comment(table) for name, table in TABLES.items()}
    views = {
        name for (name,) in ask(path, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
    }
    assert views == {f"v_latest_{name}" for name, table in TABLES.items() if table.partition}
    assert ask(path, "FROM v_latest_rpt_finding") == []
    with duckdb.connect() as other:  # attached beside others, as many tools do
        other.execute(f"ATTACH '{path}' AS kehu (READ_ONLY)")
        assert len(other.execute("FROM kehu.v_latest_rpt_rfm").fetchall()) == 3


def test_what_is_no_file_of_kehus_is_made_anew(tmp_path: Path) -> None:
    """Guards against a run that stops for ever at a file that is broken, foreign, or of another shape."""
    lake, path = lake_in(tmp_path / "lake"), tmp_path / "kehu.duckdb"
    assert not is_current(lake, path)
    path.write_bytes(b"not a database")
    assert not is_current(lake, path)
    published_file(lake, path)
    assert is_current(lake, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE rpt_finding")
    assert not is_current(lake, path)
    assert published_file(lake, path) == {"rpt_finding": 6}
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "UPDATE kehu_state.shapes SET shape = 'older' WHERE table_name = 'rpt_rfm'"
        )
        connection.execute("ALTER TABLE rpt_rfm RENAME COLUMN segment TO part")
        connection.execute("CREATE TABLE rpt_gone (a int)")
        connection.execute("INSERT INTO kehu_state.shapes VALUES ('rpt_gone', '')")
    assert published_file(lake, path) == {"rpt_rfm": 6}
    assert sorted(ask(path, "FROM rpt_rfm"), key=repr) == sorted(lake.scan(RFM).collect().rows(), key=repr)  # fmt: skip
    with pytest.raises(duckdb.CatalogException):
        ask(path, "FROM rpt_gone")


def test_the_file_does_not_grow_with_the_nights(tmp_path: Path) -> None:
    """Guards against a file in which every night leaves the rows that it replaced."""
    lake, path = lake_in(tmp_path / "lake"), tmp_path / "kehu.duckdb"
    many = pl.concat([rows(RFM).with_columns(customer_id=pl.lit(f"C{i}")) for i in range(2_000)])
    lake.replace(RFM, many)
    published_file(lake, path)
    size = path.stat().st_size
    for night in range(6):
        changed = many.filter(pl.col("as_of_month") == MONTHS[1]).with_columns(
            frequency=pl.lit(night)
        )
        lake.replace(RFM, changed, parts=[MONTHS[1]])
        assert published_file(lake, path)["rpt_rfm"] == 6_000
    assert path.stat().st_size < 2 * size


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Guards against a traceback, and against an old file that is gone before the new one is there."""
    lake = lake_in(tmp_path / "lake")
    (tmp_path / "file").touch()
    with pytest.raises(PublishError, match="free the place and run again"):
        published_file(lake, tmp_path / "file" / "kehu.duckdb")


def test_a_night_without_deliveries_mends_the_file(tmp_path: Path) -> None:
    """Guards against a file that a full disk or a careless copy broke, and that stays so until something is delivered."""
    company = Company(tmp_path)
    company.deliver("customers", "2024-01-01", customer(1))
    company.deliver("products", "2024-01-01", product(1))
    company.deliver("sales", "2024-01-31", line("A", "2024-01-05", "100"))
    company.run()
    before = company.table("rpt_customer_abc")
    assert stale_months(load(company.settings)) == []
    os.truncate(tmp_path / "kehu.duckdb", 20_000)
    assert stale_months(load(company.settings)) == ["2024-01"]  # what the daemon asks
    mended = company.run()
    assert (mended.problems, mended.months) == ([], [])
    assert company.table("rpt_customer_abc") == before
