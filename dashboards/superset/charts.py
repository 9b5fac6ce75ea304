"""Charts: what Superset is told to draw. Each function gives the parameters of one kind of chart, in one language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.superset.datasets import VERSION, number_format
from dashboards.superset.words import Language, Words, identity, said

if TYPE_CHECKING:
    from dashboards.superset.datasets import Dataset

Params = dict[str, Any]
# (column, operator, value): rows that the chart is about, whatever the dashboard's filters say.
Where = tuple[tuple[str, str, Any], ...]
_MONTH = "%Y-%m"
_DAY = "%Y-%m-%d"
_TIME = {"x_axis": "as_of", "time_grain_sqla": "P1M", "x_axis_time_format": _MONTH}
_BARS = {"show_legend": True, "legendOrientation": "top", "legendType": "scroll", "rich_tooltip": True}  # fmt: skip
_PAGE = 10
_MOST = 1000


@dataclass(frozen=True)
class Chart:
    """One chart on one dataset; `columns` and `metrics` are what it shows, `options` what its kind adds to that."""

    name: str
    title: Words
    dataset: Dataset
    kind: str
    columns: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    where: Where = ()
    options: Params = field(default_factory=dict)

    @property
    def is_trend(self) -> bool:
        """Whether it shows all months side by side: then no month is to be chosen."""
        return self.columns[:1] == ("as_of",)

    @property
    def has_period(self) -> bool:
        """Whether the reader may choose the period."""
        fixed = {column for column, _, _ in self.where}
        return "period" in self.dataset.declared.names and "period" not in fixed

    def uuid(self, language: Language) -> str:
        """Its identity in Superset."""
        return identity("chart", self.name, language)


def exported(chart: Chart, language: Language) -> dict[str, Any]:
    """The chart as Superset imports it."""
    params = {
        "viz_type": chart.kind,
        "adhoc_filters": [_filter(*one) for one in chart.where],
        **_KINDS[chart.kind](chart, language),
        **chart.options,
    }
    return {
        "slice_name": said(chart.title, language),
        "viz_type": chart.kind,
        "params": params,
        "cache_timeout": None,
        "uuid": chart.uuid(language),
        "version": VERSION,
        "dataset_uuid": chart.dataset.uuid(language),
    }


def _filter(column: str, operator: str, value: Any) -> Params:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": value,
    }


def _format(chart: Chart, metric: str) -> str:
    return number_format(chart.dataset.metrics()[metric][1])


def _number(chart: Chart, _language: Language) -> Params:
    (metric,) = chart.metrics
    return {"metric": metric, "y_axis_format": _format(chart, metric), "header_font_size": 0.4}


def _trend_number(chart: Chart, language: Language) -> Params:
    against = said(("较上月", "against the month before"), language)
    return {
        **_number(chart, language),
        **_TIME,
        "time_format": _MONTH,
        "compare_lag": 1,
        "compare_suffix": against,
        "show_trend_line": True,
        "start_y_axis_at_zero": True,
        "subheader_font_size": 0.2,
    }


def _bars(chart: Chart, _language: Language) -> Params:
    """The first column is the axis, others are the series; bars of a category stand in the order of their size."""
    axis, *series = chart.columns
    order = {} if chart.is_trend else {"x_axis_sort": chart.metrics[0], "x_axis_sort_asc": False}
    return {
        **(_TIME if chart.is_trend else {"x_axis": axis}),
        **_BARS,
        **order,
        "groupby": series,
        "metrics": list(chart.metrics),
        "row_limit": _MOST,
        "y_axis_format": _format(chart, chart.metrics[0]),
        "truncate_metric": True,
    }


def _bars_and_line(chart: Chart, _language: Language) -> Params:
    """Bars of the first metric, and a line of the second one on an axis of its own."""
    (axis,), (bars, line) = chart.columns, chart.metrics
    return {
        "x_axis": axis,
        **_BARS,
        "metrics": [bars],
        "metrics_b": [line],
        "groupby": [],
        "groupby_b": [],
        "seriesType": "bar",
        "seriesTypeB": "line",
        "yAxisIndex": 0,
        "yAxisIndexB": 1,
        "y_axis_format": _format(chart, bars),
        "y_axis_format_secondary": _format(chart, line),
        "y_axis_bounds_secondary": [0, 1],
        "adhoc_filters_b": [_filter(*one) for one in chart.where],
        "markerEnabledB": True,
        "markerSizeB": 4,
        "truncate_metric": True,
        "truncate_metric_b": True,
    }


def _ring(chart: Chart, _language: Language) -> Params:
    (metric,) = chart.metrics
    return {
        "metric": metric,
        "groupby": list(chart.columns),
        "number_format": _format(chart, metric),
        "row_limit": 100,
        "sort_by_metric": True,
        "donut": True,
        "innerRadius": 35,
        "outerRadius": 55,
        "show_labels": True,
        "labels_outside": True,
        "label_type": "key_value",
        "show_labels_threshold": 0,
        "show_legend": False,
    }


def _scatter(chart: Chart, language: Language) -> Params:
    (entity, series), (x, y, size) = chart.columns, chart.metrics
    called = chart.dataset.metrics()
    x_title, y_title = (said((c.zh, c.en), language) for m in (x, y) if (c := called[m][1]))
    return {
        "entity": entity,
        "series": series,
        "x": x,
        "y": y,
        "size": size,
        "max_bubble_size": "25",
        "opacity": 0.7,
        "xAxisFormat": _format(chart, x),
        "y_axis_format": _format(chart, y),
        "tooltipSizeFormat": _format(chart, size),
        "x_axis_label": x_title,
        "y_axis_label": y_title,
        "x_axis_title_margin": 30,
        "y_axis_title_margin": 50,
        "truncateXAxis": False,
        "row_limit": _MOST,
        "show_legend": True,
        "legendOrientation": "top",
    }


def _table(chart: Chart, language: Language) -> Params:
    columns = [name.format(language=language) for name in chart.columns]
    return {
        "query_mode": "raw",
        "all_columns": columns,
        "column_config": {name: _column_format(chart, name) for name in columns},
        "row_limit": _MOST,
        "page_length": _PAGE,
        "table_timestamp_format": _DAY,
        "show_cell_bars": False,
        "include_search": True,
    }


def _column_format(chart: Chart, name: str) -> Params:
    declared = {column.name: column for column in chart.dataset.declared.columns}
    column = declared.get(name)
    is_number = column is not None and column.kind in {"num", "int", "ratio"}
    return {"d3NumberFormat": number_format(column)} if is_number else {}


_KINDS = {
    "big_number_total": _number,
    "big_number": _trend_number,
    "echarts_timeseries_bar": _bars,
    "echarts_timeseries_line": _bars,
    "mixed_timeseries": _bars_and_line,
    "pie": _ring,
    "bubble_v2": _scatter,
    "table": _table,
}


def sorted_by(*columns: tuple[str, bool]) -> Params:
    """The order of a table's rows: (column, whether it ascends)."""
    pairs = (f'["{name}", {"true" if ascends else "false"}]' for name, ascends in columns)
    return {"order_by_cols": list(pairs)}
