"""A dashboard as Superset imports it: where each chart stands, and the filters of month and period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards.superset.dashboards import CHOICES, COLOURS
from dashboards.superset.datasets import VERSION, coded
from dashboards.superset.words import Language, identity, label, said
from schemas.columns import PERIOD_CODES
from schemas.vocabulary import AS_OF_MONTH, PERIOD

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboards.superset.charts import Chart
    from dashboards.superset.dashboards import Dashboard
    from dashboards.superset.datasets import Dataset

Node = dict[str, Any]
# The period that a dashboard opens with: of a single month, many a customer buys nothing.
_FIRST_PERIOD = "trailing_12_months"


def exported(dashboard: Dashboard, language: Language) -> Node:
    """The dashboard with its layout and filters."""
    return {
        "dashboard_title": said(dashboard.title, language),
        "description": said(dashboard.about, language),
        "slug": f"kehu-{dashboard.name}-{language}",
        "published": True,
        "uuid": identity("dashboard", dashboard.name, language),
        "position": _position(dashboard, language),
        "metadata": {
            "native_filter_configuration": _filters(dashboard, language),
            "filter_bar_orientation": "HORIZONTAL",
            "cross_filters_enabled": True,
            "color_scheme": "supersetColors",
            "label_colors": _colours(language),
        },
        "version": VERSION,
    }


def _colours(language: Language) -> dict[str, str]:
    """The colour of each series: a metric goes by its name, a code by its words."""
    return {
        _series(dataset, name, code, language): colour for dataset, name, code, colour in COLOURS
    }


def _series(dataset: Dataset, name: str, code: str | None, language: Language) -> str:
    words = {known: (zh, en) for known, zh, en in dataset.declared[name].codes}
    return said(words[code], language) if code else f"total_{name}"


def _position(dashboard: Dashboard, language: Language) -> Node:
    rows = [_row(dashboard, number, language) for number in range(len(dashboard.rows))]
    nodes = [
        _node("ROOT", "ROOT_ID", ["GRID_ID"], []),
        _node("HEADER", "HEADER_ID", [], [], text=said(dashboard.title, language)),
        _node("GRID", "GRID_ID", [nodes[0]["id"] for nodes in rows], ["ROOT_ID"]),
        *(node for nodes in rows for node in nodes),
    ]
    return {"DASHBOARD_VERSION_KEY": "v2", **{node["id"]: node for node in nodes}}


def _row(dashboard: Dashboard, number: int, language: Language) -> list[Node]:
    height, charts = dashboard.rows[number]
    above = ["ROOT_ID", "GRID_ID"]
    name = f"ROW-{number}"
    placed = [
        _node(
            "CHART", f"CHART-{chart.name}", [], [*above, name],
            chartId=_number(dashboard, chart), height=height, width=width,
            uuid=chart.uuid(language), sliceName=said(chart.title, language),
        )
        for chart, width in charts
    ]  # fmt: skip
    row = _node("ROW", name, [node["id"] for node in placed], above, background="BACKGROUND_TRANSPARENT")  # fmt: skip
    return [row, *placed]


def _node(kind: str, name: str, children: list[str], parents: list[str], **meta: Any) -> Node:
    return {"type": kind, "id": name, "children": children, "parents": parents, "meta": meta}


def _number(dashboard: Dashboard, chart: Chart) -> int:
    """The chart within this file; an import puts the database's own number in its place."""
    return dashboard.charts.index(chart) + 1


def _filters(dashboard: Dashboard, language: Language) -> list[Node]:
    """The newest month and the trailing 12 months, until the reader chooses others; trends go on showing every month."""
    monthly = [chart for chart in dashboard.charts if not chart.is_trend]
    periodic = [chart for chart in monthly if chart.has_period]
    month = _filter(dashboard, monthly, language, AS_OF_MONTH.name, label(AS_OF_MONTH, language))
    month["controlValues"] |= {"defaultToFirstItem": True, "sortAscending": False}
    month["requiredFirst"] = True  # no chart is asked before the month is known
    if not periodic:
        return [month]
    period = _filter(dashboard, periodic, language, coded(PERIOD.name), label(PERIOD, language))
    words = next((zh, en) for code, zh, en in PERIOD_CODES if code == _FIRST_PERIOD)
    period["defaultDataMask"] = _chosen(coded(PERIOD.name), said(words, language))
    return [month, period]


def _filter(
    dashboard: Dashboard, charts: list[Chart], language: Language, column: str, called: str
) -> Node:
    """A filter that needs one value, and holds for these charts alone."""
    number: Callable[[Chart], int] = lambda chart: _number(dashboard, chart)  # noqa: E731
    others = [number(chart) for chart in dashboard.charts if chart not in charts]
    return {
        "id": f"NATIVE_FILTER-{dashboard.name}-{column}",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "name": called,
        "description": "",
        "targets": [{"column": {"name": column}, "datasetUuid": CHOICES.uuid(language)}],
        "controlValues": {"multiSelect": False, "enableEmptyFilter": True},
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "scope": {"rootPath": ["ROOT_ID"], "excluded": others},
        "cascadeParentIds": [],
    }


def _chosen(column: str, value: str) -> Node:
    one = {"col": column, "op": "IN", "val": [value]}
    return {
        "extraFormData": {"filters": [one]},
        "filterState": {"value": [value], "label": value},
        "ownState": {},
    }
