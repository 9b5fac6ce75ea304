"""The PDF: Typst sets the same form as the HTML, in one font that comes with the installation.

Typst needs nothing of the system, and no font of the system is used: the bytes are the same on every machine.
"""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime, time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

TEMPLATE = Path(__file__).parent / "templates" / "credit_report.typ"
FONT_PACKAGE = "noto_cjk_sans_otc"
FONT_FILE = "NotoSansCJK-Regular.ttc"


def printer() -> Callable[[dict[str, Any], date], bytes]:
    """A function that makes the PDF of a form, dated as the form is; opening the fonts once serves them all.

    Raises:
        PublishError: by the function, when the template is wrong; with its place.
    """
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, font_paths=[str(folder) for folder in _folders()]
    )
    compiler = typst.Compiler(
        TEMPLATE, root=TEMPLATE.parent, font_paths=fonts, ignore_system_fonts=True
    )

    def pdf(form: dict[str, Any], dated: date) -> bytes:
        data = json.dumps(form, ensure_ascii=False)
        try:
            made = compiler.compile(
                format="pdf",
                sys_inputs={"form": data},
                timestamp=datetime.combine(dated, time(), UTC),
            )
        except typst.TypstError as error:
            raise PublishError(
                f"{TEMPLATE}: the PDF of customer {form['customer_id']} could not be made: {error.message}"
            ) from error
        return made if isinstance(made, bytes) else b"".join(made or [])

    return pdf


def font_file() -> Path | None:
    """The font of the documents, or None without its package."""
    return next((path for folder in _folders() if (path := folder / FONT_FILE).is_file()), None)


def unprintable(text: str) -> str:
    """The characters of a text that the font has no sign for, each once, ascending; the PDF may show boxes for them."""
    path = font_file()
    drawn = _characters(path) if path else frozenset()
    return "".join(sorted(sign for sign in {*text} - drawn if not sign.isspace()))


def _folders() -> list[Path]:
    """Where the font's package lies; it is not imported, for it is only a file."""
    spec = find_spec(FONT_PACKAGE)
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


@cache
def _characters(path: Path) -> frozenset[str]:
    """The characters that a font collection's first font draws: its `cmap` of format 12."""
    font = path.read_bytes()
    (directory,) = struct.unpack_from(">I", font, 12)
    (tables,) = struct.unpack_from(">H", font, directory + 4)
    records = (struct.unpack_from(">4sIII", font, directory + 12 + 16 * at) for at in range(tables))
    cmap = next(start for tag, _, start, _ in records if tag == b"cmap")
    return frozenset(
        chr(code) for low, high in _groups(font, cmap) for code in range(low, high + 1)
    )


def _groups(font: bytes, cmap: int) -> Iterable[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for at in range(count):
        _, _, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * at)
        kind, _, _, _, groups = struct.unpack_from(">HHIII", font, cmap + offset)
        if kind == 12:  # noqa: PLR2004 - the format that holds every code point
            for group in range(groups):
                low, high, _ = struct.unpack_from(">III", font, cmap + offset + 16 + 12 * group)
                yield low, high
            return
