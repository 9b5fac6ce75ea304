"""Data Docs: a page of the library's own for each table of a run, that a browser shows without any network."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.documents.swap import swapped_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from great_expectations.render.view import DefaultJinjaPageView

    from pipelines.door.verdict import Verdict

KEPT_RUNS = 30
_STYLE = (Path(__file__).parent / "docs.css").read_text(encoding="utf-8")
# What the pages would fetch from elsewhere: styles, scripts, pictures, and a form of the library's makers.
_ELSEWHERE = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<iframe\b.*?</iframe>|<form\b.*?</form>|"
    r"<a\b[^>]*https?://[^>]*>.*?</a>|<meta\b[^>]*https?://[^>]*>|<style\b.*?</style>|<!--.*?-->|<footer\b.*?</footer>",
    re.DOTALL | re.IGNORECASE,
)
# Links to pages of the library that are not made.
_NOWHERE = re.compile(r'<a\b[^>]*href="\.\./[^>]*>(.*?)</a>', re.DOTALL)
_BLANKS = re.compile(r"\s*\n\s*")
_TITLE = "发布前检验 · Validated before publication"


def write(folder: Path, verdicts: Sequence[Verdict]) -> Path:
    """Write the pages of a run into a folder of its own; those of the newest runs are kept. Returns the index."""
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView()  # one: it compiles its templates
    with swapped_in(folder) as building:
        for verdict in verdicts:
            (building / _page(verdict)).write_text(_rendered(view, verdict), encoding="utf-8")
        (building / "index.html").write_text(_index(verdicts), encoding="utf-8")
    runs = (path for path in folder.parent.iterdir() if path.is_dir())
    for old in sorted(runs, key=lambda run: run.stat().st_mtime_ns)[:-KEPT_RUNS]:
        shutil.rmtree(old)
    return folder / "index.html"


def _page(verdict: Verdict) -> str:
    return f"{verdict.place}.{verdict.table}.html"


def _rendered(view: DefaultJinjaPageView, verdict: Verdict) -> str:
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    document = ValidationResultsPageRenderer().render(verdict.suite_result())
    page: str = view.render(document)  # type: ignore[no-untyped-call]
    page = _BLANKS.sub("\n", _NOWHERE.sub(r"\1", _ELSEWHERE.sub("", page)))
    back = f'<p><a href="index.html">{_TITLE}</a></p>'
    return page.replace("</head>", f"<style>{_STYLE}</style></head>", 1).replace(
        "<body>", f"<body>{back}", 1
    )


def _index(verdicts: Sequence[Verdict]) -> str:
    """What was judged, where, and what failed: both languages, a line a table."""
    lines = "".join(
        f'<tr class="{"failed" if verdict.faults else "passed"}"><td>{verdict.place}</td>'
        f'<td><a href="{_page(verdict)}">{verdict.table}</a></td><td>{len(verdict.results)}</td>'
        f"<td>{html.escape('; '.join(verdict.faults)) or '通过 · passed'}</td></tr>"
        for verdict in sorted(verdicts, key=lambda verdict: not verdict.faults)
    )
    heads = "<th>位置 · place</th><th>表 · table</th><th>期望 · expectations</th><th>结果 · outcome</th>"
    return (
        '<!DOCTYPE html><html lang="zh"><head><meta charset="utf-8"><title>'
        f"{_TITLE}</title><style>{_STYLE}</style></head><body><h1>{_TITLE}</h1>"
        f"<table><tr>{heads}</tr>{lines}</table></body></html>"
    )
