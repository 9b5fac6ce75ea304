"""Text files with delimiters: any encoding, any of the usual delimiters, all values as text."""

from __future__ import annotations

import codecs
import csv
import re
from typing import TYPE_CHECKING

import polars as pl

from pipelines.errors import DeliveryError, made_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UTF8 = {"utf-8", "utf8", "utf-8-sig", "utf_8", "utf_8_sig"}
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",;\t|"
_CHUNK = 1 << 22
_TAIL = 1 << 16


def scan_text(path: Path, encoding: str, scratch: Path) -> tuple[pl.LazyFrame, Path]:
    """The rows as text with `_row`, and the file in UTF-8 that they are read from.

    Raises:
        DeliveryError: another encoding, no header, a header that repeats a name, a file that was cut off.
    """
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
    fields = len(frame.collect_schema()) - 1
    if fields != len(header):
        raise DeliveryError(
            f"{path.name}: the header has {len(header)} names, the first line {fields} fields; "
            "allowed: lines that end with LF or CRLF"
        )
    return frame, plain


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
    """The delimiter that the first line uses most, and the names of the header."""
    try:
        with plain.open(encoding="utf-8-sig", newline="") as file:
            line = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=line.count)
            names = next(csv.reader(file, delimiter=delimiter, strict=True), [])
    except csv.Error:
        raise DeliveryError(
            f"{path.name}: a quoted name in the header does not end as it should"
        ) from None
    except UnicodeDecodeError as error:
        raise DeliveryError(
            f"{path.name}: not utf-8 near byte {error.start}; name its encoding in the settings, "
            f"for example encoding: {_guessed(path)}"
        ) from None
    if "\x00" in line:
        raise DeliveryError(f"{path.name}: not a text file: its first line holds NUL bytes")
    if not any(name.strip() for name in names):
        raise DeliveryError(f"{path.name}: the first line is blank; allowed: a header")
    repeated = [str(number) for number, name in enumerate(names, 1) if names.count(name) > 1]
    if repeated:
        raise DeliveryError(
            f"{path.name}: the header, its first line, has equal names in columns {', '.join(repeated)}"
        )
    return delimiter, names


def _guessed(path: Path) -> str:
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in _UTF16_MARKS else "gb18030"


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


def fault_in(plain: Path, words: set[str]) -> str | None:
    """What makes a file unreadable, with line and column; None where nothing is found. Reads the file slowly, row by row.

    What stands there is not told: it goes into logs, and may be personal. Nor is a name that is not made of `words`.
    """
    delimiter, header = _header(plain, plain)
    held: list[str] = []
    with plain.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_remembered(file, held), delimiter=delimiter, strict=True)

        def misquoted() -> str:
            return _misquoted("".join(held), delimiter, header, words)

        try:
            for row in reader:
                if "".join(held).count('"') % 2:
                    return f"line {reader.line_num}, {misquoted()}: a quotation mark in a field that is not quoted"
                if len(row) > len(header):
                    return f"line {reader.line_num}: {len(row)} fields, the header has {len(header)}"  # fmt: skip
                held.clear()
        except csv.Error:
            begins = reader.line_num - len(held) + 1
            return f"line {begins}, {misquoted()}: a quoted field does not end as it should"
        except UnicodeDecodeError:
            return f"line {_undecodable(plain)}: not utf-8"
    return None


def _undecodable(plain: Path) -> int:
    """The first line that is not UTF-8; text is decoded in blocks, which do not say."""
    with plain.open("rb") as file:
        broken = (
            n for n, line in enumerate(file, 1) if line.decode(errors="ignore").encode() != line
        )
        return next(broken, 0)


def _remembered(lines: Iterator[str], held: list[str]) -> Iterator[str]:
    for line in lines:
        held.append(line)
        yield line


def _misquoted(raw: str, delimiter: str, header: list[str], words: set[str]) -> str:
    """The column of the first field of a row that is quoted wrongly."""
    whole = re.compile(f'(?:"(?:[^"]|"")*"|[^"{delimiter}]*){re.escape(delimiter)}')
    number, at = 0, 0
    while found := whole.match(raw, at):
        number, at = number + 1, found.end()
    name = header[number] if number < len(header) else ""
    return f"column {name if made_of(words, name) else number + 1}"
