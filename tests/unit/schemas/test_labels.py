"""The rows of `dim_label`."""

import polars as pl
import pytest

from schemas.catalogue import TABLES
from schemas.labels import label_frame


@pytest.fixture(scope="module")
def labels() -> pl.DataFrame:
    return label_frame()


def test_each_table_column_and_code_has_one_row(labels: pl.DataFrame) -> None:
    """A double row doubles every number of the report that is joined to it; a missing one loses its name."""
    wanted = [
        (table.name, *rest)
        for table in TABLES.values()
        for rest in [
            (None, None),
            *((column.name, None) for column in table.columns),
            *((column.name, code) for column in table.columns for code in column.code_values),
        ]
    ]
    found = labels.select("table_name", "column_name", "code").rows()
    assert len(found) == len(set(found))
    assert set(found) == set(wanted)


def test_rows_keep_the_declaration_of_the_table(labels: pl.DataFrame) -> None:
    """The label table is published like all others and must pass its own check."""
    TABLES["dim_label"].pandera().validate(labels)


def test_nothing_is_an_empty_string(labels: pl.DataFrame) -> None:
    """An empty formula looks like one that exists; what is not there is NULL."""
    assert labels.filter(pl.any_horizontal(pl.all() == "")).is_empty()


def test_a_measure_carries_formula_and_unit(labels: pl.DataFrame) -> None:
    """Losing the formula on the way leaves a number that nobody can check."""
    row = labels.row(
        by_predicate=(pl.col("table_name") == "rpt_profitability")
        & (pl.col("column_name") == "cross_ratio")
        & pl.col("code").is_null(),
        named=True,
    )
    assert (row["label_zh"], row["label_en"]) == ("交叉比率", "Cross ratio")
    assert row["unit"] == "times"
    assert "gross profit / average stock at retail" in row["formula"]
    assert row["definition_zh"]
    assert row["definition_en"]
