"""What Spark reads and writes of the lake: the files of Delta's log, in commits that say what Polars' commits say."""

from __future__ import annotations

import os
import traceback
import warnings
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
import polars.testing
import pytest
from deltalake import DeltaTable
from py4j.protocol import Py4JError

from metrics.customer_sales import order_month
from metrics.periods import number_of_month
from pipelines import lake_files
from pipelines import spark as engine
from pipelines.errors import EngineError, LakeError
from pipelines.failures import _foreign
from pipelines.lake import Lake
from pipelines.settings import Spark
from pipelines.spark import SparkLake, _computing, session_of
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ORDER_MONTH
from tests.lakes import MONTHS, rows
from tests.spark_cluster import CONF, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

# What pyspark leaves in the environment of a process that has a remote session.
REMOTE = "SPARK_CONNECT_MODE_ENABLED"
TABLE = TABLES["rpt_complaint"]  # a text, a date, a time, an integer, a ratio and a truth value
NOTES = {"parts": None, "made_from": 7}


@pytest.fixture(scope="module", params=["connect", "here"])
def spark(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SparkLake]:
    """A session of this process, planning as users have it, and one of a server; every test has a lake of its own in it."""
    with ExitStack() as stack:
        told = Spark(master="local[1]", conf=CONF)
        if request.param == "connect":
            told = Spark(remote=stack.enter_context(connect(tmp_path_factory.mktemp("connect"))))
        lake = SparkLake("", told)
        assert lake.session
        yield lake
        lake.stop()
        assert REMOTE not in os.environ


def test_the_session_is_of_the_kind_that_the_settings_name(spark: SparkLake) -> None:
    """A session that follows a remote one in the same process would be remote as well, and compute elsewhere."""
    is_remote = spark.spark.remote is not None
    assert type(spark.session).__module__.startswith("pyspark.sql.connect") == is_remote
    assert (REMOTE in os.environ) == is_remote


def test_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong address is asked for ten minutes, without a word, and makes every later session of the process remote."""
    monkeypatch.setattr(engine, "_PATIENCE_SECONDS", 0.5)
    for remote, why in (("sc://127.0.0.1:1", "TimeoutError"), ("127.0.0.1", "PySparkValueError")):
        with pytest.raises(
            EngineError, match=rf"engine: Spark cannot be started or reached \({why}\)"
        ):
            session_of(Spark(remote=remote))
    assert REMOTE not in os.environ


def test_a_session_of_another_meaning_is_refused(
    spark: SparkLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that keeps its own way to overflow, or its own zone, answers with other figures and at most a warning."""
    fixed = "spark.sql.warehouse.dir"  # Spark lets nobody change it, as some servers do with more
    monkeypatch.setattr(engine, "SPARK_MEANING", {fixed: "elsewhere"})
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(EngineError, match=f"{fixed} is '.+', not 'elsewhere'"),
    ):
        session_of(spark.spark)


@pytest.fixture
def lakes(tmp_path: Path, spark: SparkLake) -> tuple[SparkLake, Lake]:
    """One lake, as both engines see it."""
    folder = tmp_path / "客户 湖 50% & more"
    folder.mkdir()
    return SparkLake(str(folder), spark.spark), Lake(str(folder))


def told(lake: Lake, table: Any) -> list[tuple[Any, ...]]:
    return sorted(lake.scan(table).collect().rows(), key=repr)


@pytest.mark.parametrize("name", ["rpt_complaint", "rpt_profitability", "dim_date", "rpt_finding"])
def test_what_spark_writes_polars_reads(lakes: tuple[SparkLake, Lake], name: str) -> None:
    """A type that changes on the way, or a file that the log tells wrongly, is seen by the first reader only."""
    of_spark, lake = lakes
    table = TABLES[name]
    lake.replace(table, rows(table))
    expected, schema = told(lake, table), lake.scan(table).collect_schema()
    of_spark.write(table, of_spark.frame(table), None, **NOTES)
    assert told(lake, table) == expected
    assert lake.scan(table).collect_schema() == schema
    assert lake.made_from(table) == 7
    assert lake.row_counts(table) == (dict.fromkeys(MONTHS, 3) if table.partition else {"": 3})
    assert not [*Path(lake.root, ".staged").rglob("*.parquet")]


@pytest.mark.parametrize("name", ["dim_date", "rpt_profitability"])
def test_amounts_are_units_and_back(lakes: tuple[SparkLake, Lake], name: str) -> None:
    """Of a table without amounts Spark Connect takes no plan that makes none of them anew."""
    of_spark, lake = lakes
    table = TABLES[name]
    lake.replace(table, rows(table))
    stored = of_spark.as_stored(of_spark.in_units(of_spark.frame(table)), table)
    of_spark.write(table, stored, None, **NOTES)
    assert told(lake, table) == sorted(rows(table).collect().rows(), key=repr)


def test_only_the_parts_named_are_replaced(lakes: tuple[SparkLake, Lake]) -> None:
    """Files that were replaced lie in the folder as before: who reads the folder has rows twice."""
    of_spark, lake = lakes
    lake.replace(TABLE, rows(TABLE))
    later = of_spark.given(rows(TABLE, "anew").filter(pl.col("as_of_month") == MONTHS[1]))
    of_spark.write(TABLE, later, None, parts=[MONTHS[1]], made_from=None)
    version = lake.version(TABLE)
    assert version is not None
    assert lake.changed(TABLE, version - 1) == [MONTHS[1]]
    kept = rows(TABLE).filter(pl.col("as_of_month") == MONTHS[0]).collect()
    new = rows(TABLE, "anew").filter(pl.col("as_of_month") == MONTHS[1]).collect()
    assert told(lake, TABLE) == sorted([*kept.rows(), *new.rows()], key=repr)
    read = of_spark.taken(of_spark.frame(TABLE)).collect()
    assert sorted(read.rows(), key=repr) == told(lake, TABLE)
    of_spark.write(TABLE, later.head(0), None, parts=[], made_from=3)
    assert (lake.changed(TABLE, version), lake.made_from(TABLE)) == ([], 3)


def test_rows_outside_are_refused(lakes: tuple[SparkLake, Lake]) -> None:
    """Rows of a month that is not replaced would stand there twice."""
    of_spark, lake = lakes
    lake.replace(TABLE, rows(TABLE))
    before = told(lake, TABLE)
    with pytest.raises(LakeError, match="rows outside"):
        of_spark.write(TABLE, of_spark.given(rows(TABLE)), None, parts=[MONTHS[0]], made_from=None)
    assert told(lake, TABLE) == before


def test_keys_are_found_by_the_bounds_in_the_log(lakes: tuple[SparkLake, Lake]) -> None:
    """Without bounds every night reads every month; with wrong ones it misses the key that it corrects."""
    of_spark, lake = lakes
    table = FEEDS["invoices"].ledger
    made = [(f"I{n:02}", f"2024-0{n % 3 + 1}", date(2024, n % 3 + 1, 5)) for n in range(9)]
    given = {"invoice_id": [one[0] for one in made], "month": [one[1] for one in made]}
    frame = pl.LazyFrame(given).with_columns(
        pl.lit(None, table[name].dtype).alias(name) for name in table.names if name not in given
    )
    frame = frame.with_columns(amount=pl.lit(Decimal("1.2345"), pl.Decimal(19, 4)))
    of_spark.write(table, of_spark.given(frame.select(table.names)), None, **NOTES)
    found = lake.parts_with(table, "invoice_id", pl.Series(["I00"]))
    assert "2024-01" in found
    assert lake.parts_with(table, "invoice_id", pl.Series(["J"])) == []


def test_a_sum_that_overflows_fails(lakes: tuple[SparkLake, Lake]) -> None:
    """A total that wraps is a wrong figure without a word."""
    of_spark, lake = lakes
    sales = {
        "customer_id": ["C", "C"],
        "order_id": ["O", "O"],
        "month": ["2024-01"] * 2,
        "net_amount": [2**62, 2**62],
    }
    lines = of_spark.given(pl.LazyFrame(sales)).with_columns(month=number_of_month(nw.col("month")))
    summed = of_spark.as_stored(order_month(lines), ORDER_MONTH)
    with pytest.raises(EngineError, match="ARITHMETIC_OVERFLOW"):
        of_spark.write(ORDER_MONTH, summed, None, parts=None, made_from=None)
    assert lake.open(ORDER_MONTH) is None


def test_what_only_delta_understands_is_refused(lakes: tuple[SparkLake, Lake]) -> None:
    """Rows that a deletion vector hides would be read as if they were there."""
    of_spark, lake = lakes
    table = TABLES["dim_product"]
    lake.replace(table, rows(table))
    delta = DeltaTable(lake.uri(table))
    delta.alter.set_table_properties({"delta.enableDeletionVectors": "true"})
    if "deletionVectors" not in (delta.protocol().reader_features or []):
        from deltalake.table import TableFeatures

        delta.alter.add_feature(
            TableFeatures.DeletionVectors, allow_protocol_versions_increase=True
        )
    with pytest.raises(LakeError, match="deletionVectors"):
        of_spark.frame(table)


def test_values_do_not_reach_messages(lakes: tuple[SparkLake, Lake]) -> None:
    """Spark's messages quote the value that it could not cast, and some are personal."""
    of_spark, _ = lakes
    names = of_spark.given(pl.LazyFrame({"name": ["Ann Smith"], "month": ["2024-01"]}))
    assert of_spark.values(names, "name").to_list() == ["Ann Smith"]
    broken = names.select(
        "month", customer_id="name", order_id="name", sales_amount=nw.col("name").cast(nw.Int64)
    ).with_columns(month=number_of_month(nw.col("month")))
    with pytest.raises(EngineError, match="CAST_INVALID_INPUT") as caught:
        of_spark.write(
            ORDER_MONTH, of_spark.as_stored(broken, ORDER_MONTH), None, parts=None, made_from=None
        )
    assert "Ann" not in str(caught.value)
    with pytest.raises(EngineError, match=r"a step: .*CAST_INVALID_INPUT") as caught:
        of_spark.values(broken, "sales_amount")
    assert "Ann" not in str(caught.value)


def test_executors_that_wrote_elsewhere(
    lakes: tuple[SparkLake, Lake], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers that took the lake's folder for one of their own would replace a table by a part of its rows, or by nothing."""
    of_spark, lake = lakes
    of_spark.write(TABLE, of_spark.given(rows(TABLE)), None, **NOTES)
    before, moved = told(lake, TABLE), lake_files.moved

    def with_one_lost(root: str, place: str, *told: Any) -> Any:
        next(Path(root, place).rglob("*.parquet")).unlink()
        return moved(root, place, *told)

    monkeypatch.setattr(lake_files, "moved", with_one_lost)
    with pytest.raises(LakeError, match="rpt_complaint: Spark wrote 6 rows, and 3 are there"):
        of_spark.write(TABLE, of_spark.given(rows(TABLE, "anew")), None, **NOTES)
    assert told(lake, TABLE) == before


def test_what_java_threw_is_named(spark: SparkLake) -> None:
    """An error that Spark has no name for would not say that memory ran out; its words may be those of a row."""
    if spark.spark.remote:
        pytest.skip("the server says what Java threw in words of its own")
    java = spark.session.sparkContext._jvm.java.lang
    for compute in (java.Integer.parseInt, java.Class.forName):  # pyspark knows the first one
        with pytest.raises(
            EngineError, match=r"\(java.lang.(Number|Class)\w+Exception\)"
        ) as caught:
            _computing(partial(compute, "13800138000"), "a step")
        assert "1380" not in str(caught.value)


def test_java_that_fails_while_a_plan_is_made_is_named(spark: SparkLake) -> None:
    """Plans are made between Kehu's own steps: fifty lines of Java's trace, with a row's value in them, are no sentence."""
    if spark.spark.remote:
        pytest.skip("there the client is Python")
    with pytest.raises(Py4JError) as caught:
        spark.session.sparkContext._jvm.java.lang.Class.forName("13800138000")
    told = _foreign("".join(traceback.format_exception_only(caught.value)))
    assert told.endswith("z:java.lang.Class.forName. (java.lang.ClassNotFoundException)")
    assert "1380" not in told


EDGES = [
    None, 0.0, -0.0, 1e-4, 4e-4, 5e-4, 1e-5, -1.5e-5, 1e-6, -1.234e-7, 1e7, 123456789.125, 999_999_999_999_999.9, 1e15, 1e16,
    1.5e21, 2 / 3, 24.000277777777778, 0.1 + 0.2, 2.0**-44, 2e23, 5e-324, 1.7976931348623157e308,
]  # fmt: skip


def test_ratios_are_written_alike(lakes: tuple[SparkLake, Lake]) -> None:
    """A threshold that stands there as 4.0E-4, or with a digit more, makes another finding of the same facts."""
    random = Random(7)
    ratios = [random.random() * 10.0 ** random.randrange(-8, 18) for _ in range(2_000)]
    frame = pl.LazyFrame({"ratio": [*EDGES, *ratios, *(one / 24 for one in range(2_000))]})
    found, expected = (
        lake.taken(lake.in_text(lake.given(frame), text="ratio")).collect() for lake in lakes
    )
    assert found.rows() == expected.rows()
    assert [float(text) for text in expected["text"].drop_nulls()] == frame.collect()["ratio"].drop_nulls().to_list()  # fmt: skip


def test_evidence_is_joined_alike(lakes: tuple[SparkLake, Lake]) -> None:
    """Ids in another order, or NULL among them, make another finding of the same facts."""
    keys = {"k": ["a", "a", "a", "b", "c"], "id": ["Z", "a", "Z", None, "é"]}
    expected, found = (
        lake.taken(lake.joined(lake.given(pl.LazyFrame(keys)), ["k"], "id")).sort("k").collect()
        for lake in reversed(lakes)
    )
    polars.testing.assert_frame_equal(found, expected)
