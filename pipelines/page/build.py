"""The page as one file: gathered, filled into the template, and put in its place whole."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import PublishError
from pipelines.page.month import Month
from pipelines.page.parts import Chart, Side
from pipelines.page.sections import (
    changes,
    complaints,
    composition,
    credit,
    figures,
    movers,
    pareto,
    products,
    quality,
    visits,
)
from pipelines.page.words import WORDS
from pipelines.templates import environment
from schemas.columns import PERIOD_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipelines.lake import Lake
    from pipelines.page.parts import Section
    from pipelines.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
# Tiers, visits and credit go by these twelve months.
PERIOD = "trailing_12_months"
# In the order in which a manager asks.
_SECTIONS = (
    figures, changes, pareto, composition, movers, products, credit, visits, complaints, quality,
)  # fmt: skip


def write(lake: Lake, settings: Settings, month: str, publication: int, path: Path) -> None:
    """Write the page of an as-of month to `path`; readers see the old page or the new one.

    Raises:
        PublishError: it could not be written; the page of before still stands.
    """
    building = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        before = read(path)
        page = html(
            Month(lake, settings, month, path.parent), settings.language, publication, before
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        building.write_text(page, encoding="utf-8")
        building.replace(path)
    except OSError as error:
        raise PublishError(
            f"{path}: the manager's page could not be written ({error}). "
            "That of before still stands; free the place and run again."
        ) from error


def read(path: Path) -> str:
    """The page that lies there; "" where there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _sweep(path: Path) -> None:
    """Remove what killed runs left; one run at a time writes the page."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        left.unlink()


def html(month: Month, language: str, publication: int, before: str = "") -> str:
    """The page. `before`: the page that it replaces, which has the library already."""
    sections = [module.section(month) for module in _SECTIONS]
    library_name = f"vl-convert {version('vl-convert-python')}"
    return environment(TEMPLATES).get_template("page.html.jinja").render(
        sections=sections, charts=_charts(sections), words=WORDS, periods=PERIOD_CODES, period=PERIOD,
        language=language, start=("zh", "en").index(language), company=month.company, month=month.text,
        as_of=month.as_of, currency=month.currency, publication=publication,
        library_name=library_name, library=_library(library_name, before),
    )  # fmt: skip


def _charts(sections: Sequence[Section]) -> Any:
    """Specifications and rows of all charts as JSON that no text in it can break out of."""
    from jinja2.utils import htmlsafe_json_dumps

    from pipelines.page.charts import specs

    data = {chart.name: chart.data for chart in _all_charts(sections)}
    return htmlsafe_json_dumps({"specs": specs(), "data": data}, dumps=_dumps)


def _dumps(value: Any, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _all_charts(sections: Sequence[Section]) -> Iterator[Chart]:
    for block in (block for section in sections for block in section.blocks):
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Side):
            yield from block.charts


def _library(name: str, before: str) -> Any:
    """Vega, Vega-Lite and Vega-Embed as one script; making it takes three seconds, so the page of before lends its own."""
    from markupsafe import Markup

    start, end = f'<script data-library="{name}">', "</script>"
    if start in before:
        return Markup(before.split(start, 1)[1].split(end, 1)[0])  # noqa: S704 - our own page
    return Markup(_bundle())  # noqa: S704 - a library


@cache
def _bundle() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
