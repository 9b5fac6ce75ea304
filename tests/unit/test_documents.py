"""The pages that people read: links that lead somewhere, and two READMEs that say the same."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from schemas.catalogue import TABLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("dashboards/**/*.md")])
READMES = {language: (ROOT / name).read_text(encoding="utf-8") for language, name in (("en", "README.md"), ("zh", "README.zh.md"))}  # fmt: skip
FENCE = re.compile(r"^```(\w+).*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def prose(text: str) -> str:
    """A page without its code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Where a page's links and pictures lead."""
    return re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`([^`\n]*)`", r"\1", FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """The names that headings get: small letters, no punctuation, hyphens for spaces."""
    titles = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def code(text: str) -> list[tuple[str, str]]:
    """The blocks of code, without what is said to the reader in them: comments, and the words of the picture."""
    return [(kind, _bare(kind, block)) for kind, block in FENCE.findall(text)]


def _bare(kind: str, block: str) -> str:
    if kind == "mermaid":
        return re.sub(r"(?<=[\[({|])[^\[\](){}|]+(?=[\])}|])", "", block)
    return re.sub(r"\s+# .*$", "", block, flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Guards against a page that sends its reader to a file or a section that is not there (any more)."""
    for link in links(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, section = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert ROOT in target.parents, link
        assert not section or section in anchors(target.read_text(encoding="utf-8")), link


def test_readmes_say_the_same() -> None:
    """Guards against a Chinese reader who is told of an older Kehu, or of less of it."""
    english, chinese = READMES["en"], READMES["zh"]
    for shape in (
        lambda text: re.findall(r"^#+ |^\||^!\[|^> |^- ", FENCE.sub("", text), re.MULTILINE),
        code,
        lambda text: [one for one in links(text) if not one.startswith("README")],
        lambda text: sorted(set(re.findall(r"`([^`\n]+)`", FENCE.sub("", text)))),
        lambda text: len(re.findall(r"^\*\*", text, re.MULTILINE)),
    ):
        assert shape(english) == shape(chinese)
    assert "README.zh.md" in links(english)
    assert "README.md" in links(chinese)
    assert len(code(english)) > 5


def test_chinese_readme_is_chinese() -> None:
    """Guards against a paragraph that was added in English and left for later."""
    for paragraph in prose(READMES["zh"]).split("\n\n"):
        words = re.findall(r"[A-Za-z]{2,}", re.sub(r"\]\(.*?\)", "", paragraph))
        assert len(words) < 25 or len(CHINESE.findall(paragraph)) > len(words), paragraph


@pytest.mark.parametrize("language", READMES)
def test_readmes_list_every_report(language: str) -> None:
    """Guards against a table that the README does not know, or describes in words that its declaration has left."""
    for name, table in TABLES.items():
        said = f"{getattr(table, f'grain_{language}')} | {getattr(table, f'question_{language}')} |"
        (row,) = (line for line in READMES[language].splitlines() if line.startswith(f"| [`{name}`]"))  # fmt: skip
        assert row.endswith(said), row
