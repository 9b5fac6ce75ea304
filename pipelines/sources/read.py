"""Reading: every part of a delivery as a lazy frame of its raw columns, renamed to canonical ones.

Rows stream; text files are read as text, so that the rules alone decide what a value means.
"""

from __future__ import annotations

import codecs
import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError
from pipelines.sources.mapping import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.settings import Settings
    from pipelines.sources.find import Delivery, Part

_UTF8 = {"utf-8", "utf8", "utf-8-sig", "utf_8", "utf_8_sig"}
_DELIMITERS = ",;\t|"
_CHUNK = 1 << 22
_TAIL = 1 << 16


@dataclass(frozen=True)
class Raw:
    """The rows of one part: canonical columns as they came, `_row` (from 1), `_raw` (the row as a struct)."""

    source_no: int
    file: str
    frame: pl.LazyFrame
    formats: dict[str, str]
    unmapped: set[str]


def raw_frames(delivery: Delivery, settings: Settings) -> Iterator[Raw]:
    """The parts of a delivery, one after the other; use each before asking for the next.

    Raises:
        DeliveryError: a part cannot be read, or lacks a column that the feed requires.
    """
    for part in delivery.parts:
        with tempfile.TemporaryDirectory(prefix="kehu-read-") as scratch:
            try:
                yield mapped(delivery.feed, part, _scan(part, Path(scratch)), settings)
            except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
                raise DeliveryError(f"{part.name}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """The first line of a library's message: the rest is advice on its options."""
    return f"cannot be read: {str(error).strip().splitlines()[0]}"


def _scan(part: Part, scratch: Path) -> pl.LazyFrame:
    if part.rows is not None:
        return _numbered(pl.scan_parquet(part.rows))
    if part.source.sql is None:
        (path,) = part.files.values()
        return _file(path, part.source.encoding, scratch)
    frames = {
        name: _file(path, part.source.encoding, scratch).drop("_row")
        for name, path in part.files.items()
    }
    try:
        return _numbered(pl.SQLContext(frames, eager=False).execute(part.source.sql))
    except pl.exceptions.PolarsError as error:
        raise DeliveryError(f"{part.name}: the sql of the source fails: {error}") from error


def _numbered(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.with_row_index("_row", offset=1)


def _file(path: Path, encoding: str, scratch: Path) -> pl.LazyFrame:
    _must_be_readable(path)
    match path.suffix.lower():
        case ".parquet":
            return _numbered(pl.scan_parquet(path, glob=False))
        case ".ndjson" | ".jsonl":
            return _numbered(pl.scan_ndjson(path, infer_schema_length=None))
        case ".xlsx":
            return _without_blank_rows(_numbered(_excel(path)))
        case _:
            return _csv(path, encoding, scratch)


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
            f"{path.name}: not a readable xlsx file: {_first_line(error)}"
        ) from error
    return sheet.to_polars().lazy()


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _csv(path: Path, encoding: str, scratch: Path) -> pl.LazyFrame:
    plain = path if encoding.lower() in _UTF8 else _transcoded(path, encoding, scratch)
    delimiter, header = _header(plain, path)
    _must_end_whole(plain, path, delimiter, len(header))
    frame = pl.scan_csv(
        plain,
        separator=delimiter,
        infer_schema=False,
        empty_string_is_null=True,
        row_index_name="_row",
        row_index_offset=1,
        glob=False,
        raise_if_empty=True,
    )
    return _without_blank_rows(frame)


def _without_blank_rows(frame: pl.LazyFrame) -> pl.LazyFrame:
    """A blank line is no row; the rows after it keep their numbers."""
    return frame.filter(pl.any_horizontal(pl.exclude("_row").is_not_null()))


def _transcoded(path: Path, encoding: str, scratch: Path) -> Path:
    """The file in UTF-8, chunk by chunk."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        raise DeliveryError(f"{path.name}: unknown encoding {encoding}") from None
    target = scratch / f"{path.name}.utf8"
    done = 0
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as sink:
        while chunk := source.read(_CHUNK):
            sink.write(_decoded(decoder, chunk, path, encoding, done, last=False))
            done += len(chunk)
        sink.write(_decoded(decoder, b"", path, encoding, done, last=True))
    return target


def _decoded(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    path: Path,
    encoding: str,
    done: int,
    *,
    last: bool,
) -> str:
    try:
        return decoder.decode(chunk, last)
    except UnicodeDecodeError as error:
        raise DeliveryError(f"{path.name}: not {encoding} near byte {done + error.start}") from None


def _header(plain: Path, path: Path) -> tuple[str, list[str]]:
    """The delimiter that the header line uses most, and the names in it."""
    try:
        with plain.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
    except UnicodeDecodeError as error:
        raise DeliveryError(
            f"{path.name}: not utf-8 near byte {error.start}; name its encoding in the settings, "
            "for example encoding: gb18030"
        ) from None
    delimiter = max(_DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DeliveryError(f"{path.name}: the header names {', '.join(repeated)} more than once")
    return delimiter, names


def _must_end_whole(plain: Path, path: Path, delimiter: str, fields: int) -> None:
    """A file that was cut off ends without a line break, in a row with too few fields."""
    size = plain.stat().st_size
    with plain.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    last = tail.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
    if last and '"' not in last and b"\n" in tail and last.count(delimiter) + 1 < fields:
        raise DeliveryError(
            f"{path.name}: ends in the middle of a row: {last.count(delimiter) + 1} of {fields} fields"
        )
