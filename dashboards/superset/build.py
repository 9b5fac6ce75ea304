"""Writes what Superset imports from the declarations of tables and dashboards: `python -m dashboards.superset.build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dashboards.superset import charts, datasets, layout
from dashboards.superset.dashboards import DASHBOARDS, DATASETS
from dashboards.superset.words import LANGUAGES, identity

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "export"
DATABASE_FILE = "databases/kehu.yaml"
# Whoever imports says where the database is: no address and no password stands in a file.
_DATABASE = {
    "database_name": datasets.DATABASE,
    "sqlalchemy_uri": "postgresql+psycopg2://",
    "uuid": identity("database"),
    "expose_in_sqllab": True,
    "allow_run_async": False,
    "allow_ctas": False,
    "allow_cvas": False,
    "allow_dml": False,
    "allow_csv_upload": False,
    "extra": {"allows_virtual_table_explore": True},
    "version": datasets.VERSION,
}
_METADATA = {"version": datasets.VERSION, "timestamp": "2024-01-01T00:00:00+00:00"}


def files() -> dict[str, str]:
    """Every file by its path in the folder."""
    return {path: _text(content) for path, content in contents()}


def write(folder: Path = FOLDER) -> None:
    """Writes all files, and removes those of what is no longer declared."""
    made = files()
    for path in [
        path for path in folder.rglob("*.yaml") if str(path.relative_to(folder)) not in made
    ]:
        path.unlink()
    for name, text in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """What each file holds."""
    yield "metadata.yaml", _METADATA
    yield DATABASE_FILE, _DATABASE
    for language in LANGUAGES:
        for dataset in DATASETS:
            path = f"datasets/kehu/{dataset.table}.{language}.yaml"
            yield path, datasets.exported(dataset, language)
        for board in DASHBOARDS:
            for chart in board.charts:
                yield f"charts/{chart.name}.{language}.yaml", charts.exported(chart, language)
            yield f"dashboards/{board.name}.{language}.yaml", layout.exported(board, language)


def _text(content: dict[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120)


class _Plain(yaml.CSafeDumper):
    """Repeats what occurs twice: an anchor is no help to a reader."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


if __name__ == "__main__":
    write()
