"""The engine Spark: its session, and a lake whose frames Spark reads, computes and writes.

Belongs here: all that Spark does in its own way (`pipelines.lake`). What numbers mean is in `metrics/`, for every
engine the same; what is in the lake is known from Delta's log, with or without Delta's jar in Spark.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from pipelines import lake_files
from pipelines.errors import EngineError, LakeError
from pipelines.lake import Frame, Lake
from pipelines.lake_log import noting
from pipelines.lake_store import one_of
from pipelines.settings import SPARK_MEANING, Spark, secret
from schemas.columns import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deltalake import DeltaTable
    from deltalake.transaction import AddAction
    from pyspark.sql import Column, DataFrame, Observation, SparkSession
    from pyspark.sql.types import StructType

    from schemas.table import Table

# Unless the settings say otherwise (docs/adr/0018-two-engines.md has the numbers). What is joined goes to all executors through the
# driver's memory: only what turns out to be small may, not what a compressed file lets one guess. Months are chosen by the run, so
# that to prune them once more by each join only makes plans, of joins upon joins, grow without bound.
_DEFAULTS = {
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "10MB",
    "spark.sql.optimizer.dynamicPartitionPruning.enabled": "false",
}
# Of a session that Kehu starts: quiet, and no page that is open to everybody who reaches the machine. Where in Python each column
# was written down is not worth half of all planning.
_OF_ITS_OWN = {
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.app.name": "kehu",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# On threads of this machine all that executors hold lies in the driver, which Spark would give 1 GiB: less than a million order lines need.
_ALONE = {"spark.driver.memory": "4g"}
# For a server of Spark Connect to be there; pyspark would go on asking for ten minutes.
_PATIENCE_SECONDS = 60
# Java allows exceptions that cause each other.
_CAUSES = 10
# As `%.3e` of a double, with as few digits as are read back as the same number.
_FEWEST = (
    "get(filter(transform(sequence(0, 16), places -> format_string(concat('%.', places, 'e'), `{0}`)), "
    "digits -> try_cast(digits AS double) = `{0}`), 0)"
)
_ROWS = "rows"
# A column may be a time without a zone: that is all this feature says, and Spark reads such files by itself.
_HARMLESS = {"timestampNtz"}


def session_of(spark: Spark) -> SparkSession:
    """The session that the settings ask for; the one that is there already, if this process runs inside Spark.

    Raises:
        EngineError: Spark cannot be started or reached, or does not take a setting that figures rest on.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    is_alone = not spark.remote and (spark.master or "local").startswith("local")
    own = {} if spark.remote else _OF_ITS_OWN
    conf = {**_DEFAULTS, **own, **(_ALONE if is_alone else {}), **spark.texts, **SPARK_MEANING}
    if spark.master:
        builder = builder.master(spark.master)
    for name, value in conf.items():
        builder = builder.config(name, value)
    try:
        if spark.remote:
            builder = builder.remote(_reached(secret(spark.remote)))
        session = builder.getOrCreate()
        # A server refuses settings with a warning at most.
        found = {name: session.conf.get(name, "") or "" for name in SPARK_MEANING}
    except (PySparkException, Py4JError, OSError) as error:
        raise EngineError(
            f"engine: Spark cannot be started or reached ({type(error).__name__}); see what it says above, and the "
            "settings' section spark"
        ) from error
    if unlike := [n for n, value in SPARK_MEANING.items() if found[n].lower() != value.lower()]:
        told = ", ".join(
            f"{name} is {found[name]!r}, not {SPARK_MEANING[name]!r}" for name in unlike
        )
        raise EngineError(
            f"engine: Spark does not take settings that figures rest on ({told}); nothing was computed"
        )
    return session


def _reached(remote: str) -> str:
    """The URL of Spark Connect, once its server is there.

    Raises:
        TimeoutError: it is not.
        PySparkException: the URL is none.
    """
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    with DefaultChannelBuilder(remote).toChannel() as channel:
        try:
            grpc.channel_ready_future(channel).result(_PATIENCE_SECONDS)
        except grpc.FutureTimeoutError as error:
            raise TimeoutError from error
    return remote


@dataclass(frozen=True)
class SparkLake(Lake):
    """The lake's tables as frames of a Spark session, which starts when the first frame is asked for.

    Executors and this process reach the lake's root by the same name. Only what is small comes to this process.
    """

    spark: Spark

    @cached_property
    def session(self) -> SparkSession:
        """The running session."""
        return session_of(self.spark)

    def stop(self) -> None:
        """End the session, if it was started; one whose place nobody named may be another's, and ends with this process."""
        if "session" in self.__dict__ and (self.spark.master or self.spark.remote):
            self.session.stop()
            # What pyspark leaves behind of a remote session would make the next one of this process remote as well.
            os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)

    def frame(self, table: Table) -> Frame:
        """One row per the table's grain, in stored types; no rows where it was never written.

        Raises:
            LakeError: the table lacks a column, or has what only Delta's own reader understands.
        """
        delta = self.open(table)
        files = delta.file_uris() if delta else []
        if delta is None or not files:
            return self.given(pl.LazyFrame(schema=table.schema))
        schema = _spark_schema(delta.schema().to_json())
        names = self._found(table, schema.names)
        return nw.from_native(self._read(self.uri(table), delta, schema, files)).select(names)

    def _read(self, uri: str, delta: DeltaTable, schema: StructType, files: list[str]) -> DataFrame:
        # Not delta.table_uri, in which letters are escaped.
        if "delta" in (self.session.conf.get("spark.sql.extensions", "") or ""):
            told = self.session.read.format("delta").option("versionAsOf", delta.version())
            return told.load(_named(uri))
        protocol = delta.protocol()
        beyond = {*(protocol.reader_features or [])} - _HARMLESS
        if beyond or (protocol.min_reader_version > 1 and not protocol.reader_features):
            raise LakeError(
                f"{uri}: another program gave it what only Delta's own reader understands "
                f"({', '.join(sorted(beyond)) or f'reader version {protocol.min_reader_version}'}); "
                "give Spark Delta's jar (docs/spark.md), or run with engine: polars"
            )
        # By the log's list: the folder holds replaced files as well.
        reader = self.session.read.schema(schema).option("basePath", _named(uri))
        return _computing(lambda: reader.parquet(*map(_named, files)), uri)

    def given(self, frame: pl.LazyFrame) -> Frame:
        """A small frame of this process as one of Spark's."""
        from deltalake import Schema

        rows = frame.collect().to_arrow(compat_level=pl.CompatLevel.oldest())
        # Spark Connect knows no types of a frame without rows.
        schema = _spark_schema(Schema.from_arrow(rows.schema).to_json())
        return nw.from_native(self.session.createDataFrame(rows, schema))

    def taken(self, frame: Frame) -> pl.LazyFrame:
        """All rows of a frame in this process: of registers, never of facts."""
        return _computing(lambda: frame.collect("polars"), "a step").to_native().lazy()

    def values(self, frame: Frame, column: str) -> pl.Series:
        """The values of a column in this process: ids that changed deliveries name, months, ids of what is open."""
        return self.taken(frame.select(column)).collect()[column]

    def held(self, frame: Frame) -> Frame:
        """The frame computed once and kept by the executors, in memory or on their disks."""
        native: DataFrame = nw.to_native(frame)
        return nw.from_native(_computing(native.localCheckpoint, "a step"))

    def spilled(self, frame: Frame, path: Path) -> Frame:  # noqa: ARG002 - a local path is nothing to executors
        """The frame computed once and kept by the executors."""
        return self.held(frame)

    def split(self, frame: Frame, key: Sequence[str], rows: int) -> list[Frame]:
        """The frame as it is: executors put on their disks what does not fit. A frame of this process in parts."""
        is_here = isinstance(nw.to_native(frame), pl.LazyFrame)
        return super().split(frame, key, rows) if is_here else [frame]

    def joined(self, frame: Frame, keys: Sequence[str], column: str) -> Frame:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""
        from pyspark.sql import functions as f

        values = f.array_join(f.array_sort(f.collect_set(column)), ",").alias(column)
        return nw.from_native(nw.to_native(frame).groupBy(*keys).agg(values))

    def in_text(self, frame: Frame, **columns: str) -> Frame:
        """Adds, by name, finite Float64 columns as text: the fewest digits that are the same number, as Polars writes them.

        Java writes 0.0004 as 4.0E-4, and until its 19th version not always the fewest digits.
        """
        from pyspark.sql import functions as f

        native: DataFrame = nw.to_native(frame)
        digits = {
            f"{name}_digits": f.expr(_FEWEST.format(value)) for name, value in columns.items()
        }
        texts = {name: _laid_out(f.col(f"{name}_digits")) for name in columns}
        return nw.from_native(native.withColumns(digits).withColumns(texts).drop(*digits))

    def in_units(self, frame: Frame) -> Frame:
        """Decimals as integers of 1/10,000."""
        from pyspark.sql import functions as f
        from pyspark.sql.types import DecimalType

        native: DataFrame = nw.to_native(frame)
        names = [one.name for one in native.schema if isinstance(one.dataType, DecimalType)]
        units = {name: (f.col(name) * UNITS).cast("long") for name in names}
        return nw.from_native(_with(native, units))

    def as_stored(self, frame: Frame, table: Table) -> Frame:
        """What measures return as the table holds it (`Lake.as_stored`)."""
        from pyspark.sql import functions as f
        from pyspark.sql.types import IntegralType

        native: DataFrame = nw.to_native(frame)
        if "month" in native.columns and table.partition:
            first = f.expr("make_date(int(month div 12), int(month % 12 + 1), 1)")
            told = {table.partition: f.date_format(first, "yyyy-MM"), "as_of": f.last_day(first)}
            native = native.withColumns(told)
        kinds = {one.name: one.dataType for one in native.schema}
        integers = [name for name in table.of_kind("num") if isinstance(kinds[name], IntegralType)]
        unit = f.lit(Decimal(1) / UNITS)
        native = _with(
            native, {name: f.col(name).cast("decimal(19,0)") * unit for name in integers}
        )
        declared = _spark_schema(lake_files.schema_of(table.having(kinds)).to_json())
        return nw.from_native(
            native.select(*(f.col(one.name).cast(one.dataType) for one in declared))
        )

    def write(
        self,
        table: Table,
        frame: Frame,
        where: str | None,
        *,
        parts: Sequence[str] | None,
        made_from: int | None,
    ) -> None:
        """What `Lake.replace` does; executors write the files, and this process commits their names."""
        table = table.having(frame.collect_schema().names())
        if parts == []:
            nothing = pl.LazyFrame(schema=table.schema)
            self.replace(table, nothing, where, parts=parts, made_from=made_from)
            return
        if parts and table.partition:
            where = one_of(table.partition, parts)
        with self._writing(table):
            delta = self._to_change(table)
            added = self._files_of(table, nw.to_native(frame.select(table.names)), where)
            note = noting(made_from, parts)
            lake_files.commit(self.uri(table), delta, table, added, where, note)

    def _files_of(self, table: Table, frame: DataFrame, where: str | None) -> list[AddAction]:
        """The files that executors wrote of a frame, in the table's folder."""
        from pyspark.sql import Observation
        from pyspark.sql import functions as f

        if table.partition:
            frame = frame.hint("rebalance", table.partition)
        written = Observation()
        # Behind all that is shuffled: what a lost executor did twice counts once.
        counted = frame.observe(written, f.count(f.lit(1)).alias(_ROWS))
        out = counted.write.option("compression", "zstd")
        if table.partition:
            out = out.partitionBy(table.partition)
        with lake_files.staging(self.root, table) as place:
            uri = _named("/".join((self.root.rstrip("/"), place)))
            _computing(lambda: out.parquet(uri), self.uri(table))
            return lake_files.moved(
                self.root, place, table, where, _counted(written, self.uri(table))
            )


def _with(frame: DataFrame, columns: dict[str, Column]) -> DataFrame:
    """The frame, some of its columns made anew; Spark Connect does not take none."""
    return frame.withColumns(columns) if columns else frame


def _named(path: str) -> str:
    """A path of this machine as Spark takes it for one, whatever its own default is (on YARN: HDFS)."""
    return path if "://" in path else f"file://{path}"


def _counted(written: Observation, what: str) -> int:
    """How many rows Spark says that it wrote.

    Raises:
        EngineError: it does not; a server of Spark 4.0 or 4.1 answers before it knows.
    """
    rows = _computing(lambda: written.get, what).get(_ROWS)
    if rows is None:
        raise EngineError(
            f"{what}: Spark does not say how many rows it wrote, which 4.2 and later do; what was there before stands"
        )
    return int(rows)


def _laid_out(digits: Column) -> Column:
    """Text such as 4e-04 as Polars lays it out: 0.0004, but 1e-6 and 1e+16."""
    from pyspark.sql import functions as f

    mantissa = f.substring_index(digits, "e", 1)
    exponent = f.substring_index(digits, "e", -1).cast("int")
    sign = f.when(digits.startswith("-"), "-").otherwise("")
    places = f.abs(digits.cast("decimal(38,21)")).cast("string")
    plain = f.concat(sign, f.regexp_replace(places, r"(\.[0-9]+?)0*$", "$1"))
    power = f.concat(mantissa, f.when(exponent > 0, "e+").otherwise("e"), exponent)
    return f.when(exponent.between(-5, 15), plain).otherwise(power)


def _spark_schema(told: str) -> StructType:
    """Spark reads the JSON of Delta's schemas as its own."""
    from pyspark.sql.types import StructType

    return StructType.fromJson(json.loads(told))


def _computing(compute: Callable[[], Any], what: str) -> Any:
    """What Spark computes; its messages quote values of rows, so that their condition, or the names of what was thrown, alone are told.

    Raises:
        EngineError: it could not.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return compute()
    # A Java that is gone refuses connections.
    except (PySparkException, Py4JError, OSError) as error:
        raise EngineError(
            f"{what}: Spark could not compute it ({_condition(error)}); nothing was written"
        ) from error


def _condition(error: Exception) -> str:
    """What Spark calls the error; of one that has no such name, the classes of all that was thrown, the cause last."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        told = error.getCondition() if isinstance(error, PySparkException) else None
        return told or ": ".join(_thrown(error)) or type(error).__name__
    except (Py4JError, OSError):  # Java is gone, and what it threw with it
        return type(error).__name__


def _thrown(error: Exception) -> list[str]:
    """The classes of a Java exception and of its causes, the first of them."""
    thrown = getattr(error, "_origin", None) or getattr(error, "java_exception", None)
    names: list[str] = []
    while thrown is not None and len(names) < _CAUSES:
        names.append(thrown.getClass().getName())
        thrown = thrown.getCause()
    return [*dict.fromkeys(names)]
