"""How a notice reads: a title, what there is to tell line by line, and where to look for the rest.

Belongs here: its language, and how much of it a channel has room for. What is told stands with who tells it (`pipelines/notify.py`,
`pipelines/failures.py`); how it is sent, in `pipelines/channels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipelines.documents.labels import Language

# Chinese and English.
Words = tuple[str, str]
# How many things a notice names at most.
_MOST = 20
_MORE = ("……另有 {count} 项", "... and {count} more")


def worded(words: Words, language: Language, **values: object) -> str:
    """The words in a language, filled in."""
    return dict(zip(("zh", "en"), words, strict=True))[language].format(**values)


@dataclass(frozen=True)
class Notice:
    """What a notice says whatever the channel."""

    language: Language
    title: str
    end: str

    def message(
        self, count: int, lines: Callable[[int], Iterable[str]], room: int
    ) -> tuple[str, str]:
        """Title and text, with as many of `count` things as `room` bytes hold; `lines` tells the first so many."""
        for shown in range(min(count, _MOST), -1, -1):
            left = count - shown
            more = [worded(_MORE, self.language, count=left)] if left else []
            text = "\n".join([*lines(shown), *more, "", self.end])
            if len(f"{self.title}\n\n{text}".encode()) <= room:
                break
        return self.title, text
