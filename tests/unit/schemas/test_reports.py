"""What holds for all declarations of reporting tables."""

from collections import defaultdict
from pathlib import Path

import pytest

import metrics
import schemas.reports
from schemas.catalogue import FEEDS, TABLES
from schemas.table import Table
from schemas.vocabulary import REASONS, UNIT_WORDS

COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
# Nullable measures without a reason column of their own, and the column of the row that tells why.
EXPLAINED_BY = {
    "cumulative_share": "sales_share_reason",
    "cr1": "concentration_reason",
    "cr5": "concentration_reason",
    "cr10": "concentration_reason",
    "hhi": "concentration_reason",
    "target_share": "target_status",
    "cost_coverage": "gross_margin_rate_reason",
    "stock_coverage": "gross_margin_rate_reason",
    "margin_mix": "gross_margin_rate_reason",
    "turnover_retail": "turnover_reason",
    "turnover_cost": "turnover_reason",
    "turnover_quantity": "turnover_reason",
    "turnover_annualised": "turnover_reason",
    "stock_days": "turnover_reason",
    "gmroi": "turnover_reason",
    "contribution_ratio": "contribution_reason",
    "contribution_degree": "contribution_reason",
}
# The same word for two things, because both are promised so.
HOMONYMS = {"unit", "expected_amount", "category"}


def test_each_table_has_a_file_of_its_own_name() -> None:
    """A table declared elsewhere is not found by those who look for it, and may be declared twice."""
    folder = Path(next(iter(schemas.reports.__path__)))
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(TABLES)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_tables_are_named_in_both_languages(table: Table) -> None:
    """A table without words shows up as a bare code in one of the two languages."""
    words = (
        table.zh, table.en, table.grain_zh, table.grain_en, table.question_zh, table.question_en,
    )  # fmt: skip
    assert all(word.strip() for word in words)
    assert bool(table.not_for_zh) == bool(table.not_for_en)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_columns_and_codes_are_named_in_both_languages(table: Table) -> None:
    """A missing label is an empty heading; a definition in one language leaves half the readers guessing."""
    for column in table.columns:
        assert column.zh.strip(), column.name
        assert column.en.strip(), column.name
        assert bool(column.zh_definition) == bool(column.en_definition), column.name
        assert all(all(words) for words in column.codes), column.name
        assert len(set(column.code_values)) == len(column.codes), column.name


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_headings_differ_within_a_table(table: Table) -> None:
    """Two columns under one heading are taken for each other in a dashboard."""
    for words in ([c.zh for c in table.columns], [c.en for c in table.columns]):
        assert len(set(words)) == len(words)


def test_the_same_name_is_the_same_quantity_everywhere() -> None:
    """Tables that call different things by one name are joined or compared by mistake."""
    meanings = defaultdict(set)
    for _, column in COLUMNS:
        meanings[column.name].add((column.kind, column.unit, column.zh, column.en))
    assert {name for name, found in meanings.items() if len(found) > 1} == HOMONYMS


def test_ids_are_called_as_in_the_feeds() -> None:
    """A customer number under another heading than in the feed looks like another number."""
    feed_words = {
        (column.name, column.zh, column.en) for feed in FEEDS.values() for column in feed.columns
    }
    for _, column in COLUMNS:
        if column.name in {"customer_id", "product_id", "salesperson_id", "period"}:
            assert (column.name, column.zh, column.en) in feed_words


def test_measures_name_their_unit() -> None:
    """A number without a unit is read in the wrong one: a fraction as a percentage, a score as money."""
    without = {"hhi", "contribution_ratio", "rank", "rank_in_customer", "rank_in_product"}
    for table, column in COLUMNS:
        if column.unit and table.name != "dim_label":
            assert column.unit in UNIT_WORDS, (table.name, column.name)
        if table.name.startswith("rpt_") and column.kind in {"num", "ratio", "int"}:
            assert bool(column.unit) != (column.name in without), (table.name, column.name)


def test_every_nullable_ratio_says_why_it_is_null() -> None:
    """A NULL without a reason cannot be told from a number that was lost."""
    for table, column in COLUMNS:
        if column.kind == "ratio" and not column.required:
            told = EXPLAINED_BY.get(column.name, f"{column.name}_reason")
            assert told in table.names, (table.name, column.name)


def test_reason_codes_come_from_one_list() -> None:
    """Two spellings of one reason make a count of reasons wrong."""
    used = set()
    for table, column in COLUMNS:
        if column.name.endswith("_reason"):
            assert column.codes, (table.name, column.name)
            assert not column.required, (table.name, column.name)
            assert all((zh, en) == REASONS[code] for code, zh, en in column.codes)
            used |= set(column.code_values)
    assert used == set(REASONS)


def test_every_reason_is_given_by_a_measure() -> None:
    """A code that no measure gives stands in dashboards as if nothing ever were NULL for that reason."""
    folder = Path(next(iter(metrics.__path__)))
    told = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    assert [code for code in REASONS if f'"{code}"' not in told] == []


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("rpt_customer_composition", "share_in_company"),
        ("rpt_class_composition", "sales_share"),
        ("rpt_class_composition", "key_account_share"),
        ("rpt_profitability", "sales_share"),
        ("rpt_customer_product", "share_of_customer"),
    ],
)
def test_shares_of_net_sales_are_not_bounded(table: str, column: str) -> None:
    """Returns take such a share below 0 or above 1; a bound would block a right month from publication."""
    declared = TABLES[table][column]
    assert declared.low is None
    assert declared.high is None
