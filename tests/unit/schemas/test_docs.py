"""The generated pages of docs/tables."""

from pathlib import Path

from schemas.catalogue import TABLES
from schemas.docs import FOLDER, pages, write


def test_pages_are_up_to_date() -> None:
    """A page that lags behind its declaration explains a number that no longer exists."""
    stored = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert stored == pages(), "run `python -m schemas.docs`"


def test_each_table_has_a_page_and_a_line_in_the_index() -> None:
    """A table that the index forgets is not found."""
    made = pages()
    assert set(made) == {"index.md", *(f"{name}.md" for name in TABLES)}
    assert all(f"]({name}.md)" in made["index.md"] for name in TABLES)


def test_each_column_and_code_stands_on_its_page() -> None:
    """A column left out of the page is used by its name alone, and misread."""
    made = pages()
    for table in TABLES.values():
        lines = made[f"{table.name}.md"].splitlines()
        for column in table.columns:
            assert any(line.startswith(f"| `{column.name}` | {column.zh}<br>") for line in lines)
            for code in column.code_values:
                assert any(line.startswith(f"| `{column.name}` | `{code}` |") for line in lines)


def test_all_lines_of_a_grid_have_the_same_number_of_cells() -> None:
    """An unescaped bar, as in the absolute value of an amount, shifts the cells of its line."""
    for name, text in pages().items():
        widths = []
        for line in [*text.splitlines(), ""]:
            if line.startswith("|"):
                widths.append(line.replace("\\|", "").count("|"))
            else:
                assert len(set(widths)) <= 1, name
                widths = []


def test_writing_removes_pages_of_tables_that_are_gone(tmp_path: Path) -> None:
    """The page of a dropped table would go on promising it."""
    (tmp_path / "rpt_gone.md").write_text("old", encoding="utf-8")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(pages())
