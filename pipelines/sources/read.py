"""Reading: every part of a delivery as a lazy frame of its raw columns, renamed to canonical ones.

Rows stream; text files are read as text, so that the rules alone decide what a value means.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError, without_values
from pipelines.sources.mapping import mapped
from pipelines.sources.text import fault_in, scan_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.sources.find import Delivery, Part


@dataclass(frozen=True)
class Raw:
    """The rows of one part: canonical columns as they came, `_row` (from 1), `_raw` (the row as a struct)."""

    part: Part
    frame: pl.LazyFrame
    formats: dict[str, str]
    unmapped: set[str]
    texts: tuple[Path, ...]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Rows are read meanwhile: what goes wrong is told with its line where that is known, and without values.

        Raises:
            DeliveryError: the rows cannot be read to their end.
        """
        try:
            yield
        except (pl.exceptions.PolarsError, OSError) as error:
            words = self.part.source.words
            faults = (fault_in(text, words) for text in self.texts)
            told = next(filter(None, faults), None) or without_values(error, words)
            raise DeliveryError(f"{self.part.name}: cannot be read to its end: {told}") from None


def raw_frames(delivery: Delivery, folder: Path) -> Iterator[Raw]:
    """The parts of a delivery, one after the other; use each before asking for the next. Copies lie below `folder`.

    Raises:
        DeliveryError: a part cannot be read, or lacks a column that the feed requires.
    """
    for part in delivery.parts:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            texts: list[Path] = []
            try:
                frame, unmapped, formats = mapped(
                    delivery.feed, part, _scan(part, Path(scratch), texts)
                )
            except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
                told = without_values(error, part.source.words)
                raise DeliveryError(f"{part.name}: cannot be read: {told}") from None
            yield Raw(part, frame, formats, unmapped, tuple(texts))


def _scan(part: Part, scratch: Path, texts: list[Path]) -> pl.LazyFrame:
    """The part's rows; `texts` gets the text files that they are read from."""
    if part.rows is not None:
        return _numbered(pl.scan_parquet(part.rows))
    if part.source.sql is None:
        (file,) = part.files.values()
        return _file(file.fetched(scratch), part.source.encoding, scratch, texts)
    frames = {
        name: _file(file.fetched(scratch), part.source.encoding, scratch, texts).drop("_row")
        for name, file in part.files.items()
    }
    try:
        return _numbered(pl.SQLContext(frames, eager=False).execute(part.source.sql))
    except pl.exceptions.PolarsError as error:
        raise DeliveryError(
            f"{part.name}: the sql of the source fails: {without_values(error, part.source.words)}"
        ) from None


def _numbered(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_row_index("_row", offset=1)


def _file(path: Path, encoding: str, scratch: Path, texts: list[Path]) -> pl.LazyFrame:
    _must_be_readable(path)
    match path.suffix.lower():
        case ".parquet":
            return _numbered(pl.scan_parquet(path, glob=False))
        case ".ndjson" | ".jsonl":
            return _numbered(pl.scan_ndjson(path, infer_schema_length=None))
        case ".xlsx":
            return _without_blank_rows(_numbered(_excel(path)))
        case _:
            frame, plain = scan_text(path, encoding, scratch)
            texts.append(plain)
            return _without_blank_rows(frame)


def _must_be_readable(path: Path) -> None:
    if path.is_dir():
        raise DeliveryError(f"{path}: found a directory, allowed: a file")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise DeliveryError(f"{path}: there is no such file") from None
    except PermissionError:
        raise DeliveryError(f"{path}: no permission to read it") from None
    if empty:
        raise DeliveryError(f"{path}: the file is empty; allowed: at least a header")


def _excel(path: Path) -> pl.LazyFrame:
    """The first sheet, as text."""
    import fastexcel

    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, dtypes="string")
    except fastexcel.FastExcelError as error:
        raise DeliveryError(
            f"{path.name}: not a readable xlsx file: {without_values(error, ())}"
        ) from None
    return sheet.to_polars().lazy()


def _without_blank_rows(frame: pl.LazyFrame) -> pl.LazyFrame:
    """A blank line is no row; the rows after it keep their numbers."""
    return frame.filter(pl.any_horizontal(pl.exclude("_row").is_not_null()))
