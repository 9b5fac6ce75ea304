"""The two languages of the dashboards, and the stable identities of what Superset imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from schemas.columns import Column
    from schemas.table import Table

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
# Chinese, English.
Words = tuple[str, str]

_OURS = UUID("7b0e3c5a-52f5-4f0e-9d43-6b8f6a0c1e27")


def said(words: Words, language: Language) -> str:
    """The words in one of the languages."""
    return words[LANGUAGES.index(language)]


def label(declared: Column | Table, language: Language) -> str:
    """What a table or column is called."""
    return said((declared.zh, declared.en), language)


def identity(*parts: str) -> str:
    """The UUID under which Superset knows an object: the same on every machine, so that an import replaces it."""
    return str(uuid5(_OURS, "/".join(parts)))
