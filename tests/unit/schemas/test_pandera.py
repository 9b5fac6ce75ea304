"""The pandera schema of every reporting table takes good rows and refuses bad ones."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest
from pandera.errors import SchemaError, SchemaErrors

from schemas.catalogue import TABLES
from schemas.columns import Column
from schemas.table import Table

PLAIN = {
    "text": "x",
    "date": date(2024, 1, 31),
    "int": 1,
    "num": Decimal("0.0000"),
    "bool": True,
    "time": datetime(2024, 1, 31, 12),
    "ratio": 0.5,
}
ALL_TABLES = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def good_row(table: Table) -> pl.DataFrame:
    """One row that keeps the declaration: the first code of coded columns, plain values elsewhere."""
    row = {
        column.name: column.code_values[0] if column.codes else PLAIN[column.kind]
        for column in table.columns
    }
    return pl.DataFrame([row], schema=table.schema)


def refused(table: Table, column: Column, value: object) -> bool:
    literal = pl.lit(value, dtype=column.dtype).alias(column.name)
    try:
        table.pandera().validate(good_row(table).with_columns(literal))
    except (SchemaError, SchemaErrors):
        return True
    return False


@ALL_TABLES
def test_good_row_passes(table: Table) -> None:
    """A schema that refuses good rows would block every publication."""
    table.pandera().validate(good_row(table))


@ALL_TABLES
def test_optional_columns_may_be_null(table: Table) -> None:
    """A NULL that the rules allow must not stop a month."""
    nulls = [pl.lit(None, dtype=c.dtype).alias(c.name) for c in table.columns if not c.required]
    table.pandera().validate(good_row(table).with_columns(nulls))


@ALL_TABLES
def test_missing_required_value_is_refused(table: Table) -> None:
    """A NULL where a value is promised drops the row from every grouped total."""
    required = [column for column in table.columns if column.required]
    assert required
    assert refused(table, required[0], None)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("rpt_customer_abc", "tier", "D"),
        ("rpt_customer_abc", "rank", 0),
        ("rpt_customer_abc", "cumulative_share", 1.5),
        ("rpt_class_composition", "period", "quarter"),
        ("rpt_class_composition", "dimension", "class"),
        ("rpt_concentration", "hhi", -0.1),
        ("rpt_customer_grade", "sales_score", 101.0),
        ("rpt_customer_product", "potential_amount", Decimal("-0.0001")),
        ("rpt_rfm", "r_score", 6),
        ("rpt_reconciliation", "expected_rows", -1),
    ],
)
def test_bad_value_is_refused(table: str, column: str, value: object) -> None:
    """An unknown code or impossible number must stop before readers see it."""
    assert refused(TABLES[table], TABLES[table][column], value)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("rpt_class_composition", "class", "Region of the North"),
        ("rpt_profitability", "member_id", "P-1"),
        ("rpt_customer_composition", "share_in_company", -0.25),
        ("rpt_customer_performance", "gross_margin_rate", -3.0),
    ],
)
def test_rightful_value_passes(table: str, column: str, value: object) -> None:
    """Codes of some columns are open, and returns make shares negative: such rows are right."""
    assert not refused(TABLES[table], TABLES[table][column], value)


def test_unknown_column_is_refused() -> None:
    """A column that slips into a stored table is published without words or agreement."""
    table = TABLES["rpt_concentration"]
    with pytest.raises((SchemaError, SchemaErrors)):
        table.pandera().validate(good_row(table).with_columns(extra=pl.lit(1)))
