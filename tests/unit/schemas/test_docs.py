"""The generated pages of docs: one a table, and the one of all feeds."""

from pathlib import Path

from schemas.catalogue import FEEDS, TABLES
from schemas.docs import FOLDER, INDEX, OF_FEEDS, pages, write


def test_pages_are_up_to_date() -> None:
    """A page that lags behind its declaration explains a number that no longer exists."""
    paths = [FOLDER / OF_FEEDS, *FOLDER.glob("tables/*.md")]
    stored = {path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in paths}  # fmt: skip
    assert stored == pages(), "run `python -m schemas.docs`"


def test_each_table_has_a_page_and_a_line_in_the_index() -> None:
    """A table that the index forgets is not found."""
    made = pages()
    assert set(made) == {OF_FEEDS, INDEX, *(f"tables/{name}.md" for name in TABLES)}
    assert all(f"]({name}.md)" in made[INDEX] for name in TABLES)


def test_each_column_and_code_stands_on_its_page() -> None:
    """A column left out of the page is used by its name alone, and misread."""
    made = pages()
    for table in TABLES.values():
        lines = made[f"tables/{table.name}.md"].splitlines()
        for column in table.columns:
            assert any(line.startswith(f"| `{column.name}` | {column.zh}<br>") for line in lines)
            for code in column.code_values:
                assert any(line.startswith(f"| `{column.name}` | `{code}` |") for line in lines)


def test_each_column_and_code_of_a_feed_stands_under_its_name() -> None:
    """A column that the page forgets is never delivered, and nobody is told what it would have been good for."""
    sections = pages()[OF_FEEDS].split("\n## ")[1:]
    assert [section.partition("\n")[0] for section in sections] == [*FEEDS]
    for feed, section in zip(FEEDS.values(), sections, strict=True):
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        for column, row in zip(feed.all_columns, rows, strict=True):
            assert row.startswith(f"| `{column.name}` | {column.zh}<br>")
            assert (", NULL |" in row) is not column.required
            assert all(f"`{code}`" in row for code in column.code_values)


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
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "rpt_gone.md").write_text("old", encoding="utf-8")
    write(tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")}
    assert written == set(pages())
