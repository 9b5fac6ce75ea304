"""Imports go one way, schemas <- metrics <- assets <- pipelines, so that each room can be read by itself; reports say where their measures are."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("schemas", "metrics", "assets", "pipelines")
# What a room may use beside the standard library and the rooms before it; the others are free.
LIBRARIES = {"schemas": {"polars", "pandera"}, "metrics": {"narwhals"}}


def imported(path: Path) -> set[str]:
    """Top-level names of all modules that a file imports, wherever in the file it does so."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays within its room.
            found.add((node.module or "").split(".")[0] if not node.level else path_room(path))
    return found


def path_room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_itself_and_the_rooms_before_it(room: str) -> None:
    """An import against the stream ties the meaning of a number to where it happens to run."""
    assert files(room)
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported(path) & later)
        for path in files(room)
        if imported(path) & later
    }
    assert not wrong


@pytest.mark.parametrize("room", LIBRARIES)
def test_declarations_and_measures_use_few_libraries(room: str) -> None:
    """An engine named in a measure, or Dagster in a declaration, cannot be exchanged any more."""
    allowed = LIBRARIES[room] | set(sys.stdlib_module_names) | set(ROOMS)
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported(path) - allowed)
        for path in files(room)
        if imported(path) - allowed
    }
    assert not wrong


@pytest.mark.parametrize(
    "path", sorted((ROOT / "assets/reports").glob("rpt_*.py")), ids=lambda path: path.stem
)
def test_reports_say_where_their_measures_are(path: Path) -> None:
    """Who looks for the formula of a column is sent to a module that was renamed, or searches them all."""
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    named = re.findall(r"`((?:schemas|metrics|assets)/[^`]+)`", told)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_imports_are_found_in_every_form(tmp_path: Path) -> None:
    """A form of import that the reader of files overlooks would let any room in by the back door."""
    module = tmp_path / "module.py"
    module.write_text(
        "import polars.selectors as cs\n"
        "def late():\n    from assets.reports import x\n"
        "if TYPE_CHECKING:\n    from pipelines import y\n",
        encoding="utf-8",
    )
    assert imported(module) == {"polars", "assets", "pipelines"}
