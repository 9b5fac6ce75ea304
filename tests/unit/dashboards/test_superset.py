"""What Superset imports follows from the declarations; the real Superset is asked by `make test-bi`."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.superset.build import FOLDER, contents, files, write
from dashboards.superset.charts import Chart
from dashboards.superset.dashboards import DASHBOARDS, DATASETS
from dashboards.superset.datasets import Dataset, exported
from dashboards.superset.words import LANGUAGES

CHARTS = [chart for board in DASHBOARDS for chart in board.charts]
# Key columns that say who or what a row is about. A sum may run over these, and over no other key column.
MEMBERS = {
    "customer_id", "product_id", "salesperson_id", "member_id", "class", "category", "subcategory",
    "complaint_id", "finding_id",
}  # fmt: skip


def made(folder: str) -> list[dict[str, Any]]:
    return [content for name, content in contents() if name.startswith(folder)]


def test_files_are_up_to_date() -> None:
    """A file that lags behind the tables' declarations asks for columns that are gone, in words that were changed."""
    stored = {
        str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.yaml")
    }
    assert stored == files(), "run `python -m dashboards.superset.build`"


def test_writing_removes_what_is_no_longer_declared(tmp_path: Path) -> None:
    """The file of a dropped chart would bring it back at every import."""
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "gone.zh.yaml").write_text("old", encoding="utf-8")
    write(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.yaml")} == {
        name for name, _ in contents()
    }


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_chart_names_columns_metrics_and_codes_that_are_there(chart: Chart) -> None:
    """A filter on a code that no row has draws an empty chart, and a column that is gone draws an error."""
    for language in LANGUAGES:
        dataset = exported(chart.dataset, language)
        columns = {column["column_name"] for column in dataset["columns"]}
        asked = {name.format(language=language) for name in chart.columns}
        asked |= {column for column, _, _ in chart.where}
        asked |= {json.loads(one)[0] for one in chart.options.get("order_by_cols", [])}
        assert asked <= columns
        assert set(chart.metrics) <= {metric["metric_name"] for metric in dataset["metrics"]}
    declared = chart.dataset.declared
    for column, _, value in chart.where:
        codes = declared[column].code_values
        values = value if isinstance(value, list) else [value]
        assert not codes or value is None or set(values) <= set(codes)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.table)
def test_sums_are_of_amounts_and_counts_within_one_month_and_period(dataset: Dataset) -> None:
    """A sum of ratios, or over months, periods, dimensions or levels, is a number that means nothing and looks like one."""
    table = dataset.declared
    summed = {*dataset.totals, *(part for _, up, down in dataset.rates for part in (*up, *down))}
    assert {table[name].kind for name in summed} <= {"num", "int"}
    repeated = [name for name in table.key if name not in MEMBERS]
    for name, (sql, _) in dataset.metrics().items():
        if name.startswith("own_"):
            assert "COUNT(*) = 1" in sql
        else:
            assert all(f"MIN({key}) IS NOT DISTINCT FROM MAX({key})" in sql for key in repeated)


def test_both_languages_have_the_same_dashboards_under_names_of_their_own() -> None:
    """Two objects of one identity overwrite each other on import, and one of them is never seen."""
    for folder in ("datasets/", "charts/", "dashboards/"):
        uuids = [one["uuid"] for one in made(folder)]
        assert len(set(uuids)) == len(uuids)
        names = [name.rsplit(".", 2)[0] for name, _ in contents() if name.startswith(folder)]
        assert all(names.count(name) == len(LANGUAGES) for name in names)
    for board in DASHBOARDS:
        for words in zip(*(chart.title for chart in board.charts), strict=True):
            assert len(set(words)) == len(words)


def test_a_row_of_charts_fills_the_width() -> None:
    """Superset shifts what is wider than twelve columns into nothing."""
    for board in DASHBOARDS:
        assert {sum(width for _, width in row) for _, row in board.rows} == {12}


def test_no_address_and_no_password_in_a_file() -> None:
    """A connection that is written down is a secret in the repository, or somebody else's database."""
    (database,) = made("databases/")
    assert database["sqlalchemy_uri"] == "postgresql+psycopg2://"
