"""Marked values, and the search for them in everything that a run leaves: every byte, and every value that can be decoded."""

from __future__ import annotations

import re
import sqlite3
import zlib
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pypdf

from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERSONAL = ["customer_name", *FEEDS["customers"].personal]
# Dates cannot hold a word: no other date of these tests lies in these years.
_FOUND = re.compile(r"Zq7x\w*?(?=Z|\W|$)|19[0-6]\d-03-07")


def mark(row: int, column: str) -> str:
    """The value of a personal column in a row, as a file has it: no two are alike."""
    return f"19{row:02}-03-07" if column == "birth_date" else f"秘Zq7x{row}_{column}Z密"


def marked(row: int, **more: Any) -> dict[str, Any]:
    """A customer with a mark in every personal column; of the row's own key unless said otherwise."""
    return {
        "customer_id": f"C{row}",
        "nature": "individual",
        "salesperson_id": "S1",
        **{column: mark(row, column) for column in PERSONAL},
        **more,
    }


def marks_in(text: str) -> set[str]:
    """The marks in a text, without what stands around them in a value."""
    return set(_FOUND.findall(text))


def core(value: str) -> str:
    """What `marks_in` finds of a whole value."""
    (found,) = marks_in(value)
    return found


def leaks(*places: Path, without: tuple[Path, ...] = ()) -> dict[str, set[str]]:
    """The marks in all files of some folders, by file; `without`: files, and folders with all that is in them."""
    found = {}
    for path in (path for place in places for path in sorted(place.rglob("*")) if path.is_file()):
        if not any(path == other or other in path.parents for other in without):
            marks = {mark for text in _texts(path) for mark in marks_in(text)}
            if marks:
                found[str(path)] = marks
    return found


def _texts(path: Path) -> Iterator[str]:
    """The bytes as they are, without the zeros of wider encodings, and what a reader of the format sees."""
    raw = path.read_bytes()
    for one in (raw, raw.replace(b"\0", b"")):
        yield one.decode("utf-8", "replace")
    if raw[:4] == b"PAR1":
        yield _rows(pl.read_parquet(path).rows())
    elif raw[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif raw[:15] == b"SQLite format 3":
        yield from _sqlite(path)
    elif raw[:4] == b"%PDF":
        yield from (page.extract_text() for page in pypdf.PdfReader(path).pages)


def _rows(rows: list[tuple[Any, ...]]) -> str:
    return "\n".join(str(value) for row in rows for value in row)


def _duckdb(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        for (name,) in connection.execute("SHOW TABLES").fetchall():
            yield _rows(connection.execute(f'SELECT * FROM "{name}"').fetchall())
        yield _rows(connection.execute("SELECT comment FROM duckdb_columns()").fetchall())


def _sqlite(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in connection.execute(f'SELECT * FROM "{name}"'):
            yield _rows([row])
            for blob in (value for value in row if isinstance(value, bytes)):
                try:
                    yield zlib.decompress(blob).decode("utf-8", "replace")
                except zlib.error:
                    yield blob.decode("utf-8", "replace")
    connection.close()
