"""Columns that a table has only where the settings ask for them."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from pipelines.lake import Lake
from schemas.catalogue import FEEDS, TABLES
from schemas.columns import Column
from schemas.docs import pages
from schemas.labels import label_frame
from schemas.table import Table

COLUMNS = (Column("a", "text", "甲", "A", required=True, key=True),)
MORE = (Column("b", "text", "乙", "B"), Column("c", "int", "丙", "C"))
TABLE = Table("t", "reporting", "表", "Table", "行", "row", COLUMNS, optional=MORE)
WITH_B = pl.LazyFrame({"a": ["1"], "b": ["2"]})


def test_a_table_has_those_that_are_there() -> None:
    """A column that slips in beside the optional ones would be published without words or agreement."""
    assert TABLE.names == ["a"]
    present = TABLE.having(["c", "a", "other"])
    assert (present.names, present.optional) == (["a", "c"], ())


def test_a_name_may_not_be_declared_twice() -> None:
    """A column that is there and optional as well is stored twice, or not at all."""
    with pytest.raises(ValueError, match="declared twice"):
        replace(TABLE, optional=COLUMNS)


def test_schema_takes_rows_with_and_without_them() -> None:
    """A check that asks for a column which the settings keep back blocks every publication."""
    for frame in (WITH_B, WITH_B.drop("b")):
        TABLE.pandera().validate(frame.collect())
    for wrong in (pl.lit(2).alias("b"), pl.lit("2").alias("d")):
        with pytest.raises((SchemaError, SchemaErrors)):
            TABLE.pandera().validate(WITH_B.with_columns(wrong).collect())


def test_lake_keeps_those_that_are_written(tmp_path: Path) -> None:
    """A column that was let out once must go with the next version that lacks it."""
    lake = Lake(str(tmp_path))
    for frame, names in ((WITH_B, ["a", "b"]), (WITH_B.drop("b"), ["a"])):
        lake.replace(TABLE, frame.with_columns(d=1))
        assert lake.scan(TABLE).collect_schema().names() == names


def test_labels_name_those_that_are_there() -> None:
    """A label of a column that nobody can see asks for the column; one that is missing leaves a code for a heading."""
    personal = FEEDS["customers"].personal
    assert [column.name for column in TABLES["dim_customer"].optional] == personal

    def labelled(optional: list[str]) -> set[str]:
        rows = label_frame(optional).filter(pl.col("table_name") == "dim_customer")
        return set(rows["column_name"].drop_nulls()) & {*personal}

    assert labelled([]) == set()
    assert labelled(["phone"]) == {"phone"}


def test_pages_tell_when_they_are_there() -> None:
    """A page that hides what the settings may let out hides it from whoever answers for it."""
    always, optional = pages()["tables/dim_customer.md"].split("## 仅在设置要求时才有的列 · Only where the settings ask for them")  # fmt: skip
    assert "`phone`" not in always
    assert "| `phone` | 电话<br>Phone | text, NULL |" in optional
