"""How the charts look: a Vega-Lite specification of each, in both languages; the rows come from the sections.

Colours hold for the colour-blind, and no chart tells anything by colour alone that its table does not tell in words.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import altair as alt

from schemas.reports.rpt_profitability import RPT_PROFITABILITY

if TYPE_CHECKING:
    from collections.abc import Callable

Spec = dict[str, Any]
_ROWS = alt.NamedData("rows")
_CUTS = alt.NamedData("cuts")
_DARK, _MIDDLE, _LIGHT, _WARM, _INK, _GRID = "#12436d", "#4a86b8", "#bcd3e6", "#b8501f", "#3d4451", "#e3e6ea"  # fmt: skip
_SHADES = [_LIGHT, "#f1c9a5", "#e39a64", "#d0733a", _WARM, "#7f2f0c"]
_QUADRANTS = [_DARK, "#3f97d4", "#e0a100", "#8a8f98"]
_SHAPES = ["circle", "square", "triangle-up", "cross"]
_FONT = "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_BAR = 24
_PLOT = 260


class _Language:
    """Words and number formats of one language; `label` is the field of the rows that holds its words."""

    def __init__(self, label: str) -> None:
        self.label = label

    def say(self, zh: str, en: str) -> str:
        return zh if self.label == "zh" else en

    @property
    def money(self) -> alt.Axis:
        """An axis of amounts in few signs: 万 and 亿, or k, M and G."""
        size = "abs(datum.value)"
        zh = f"{size} >= 1e8 ? format(datum.value / 1e8, '~f') + '亿' : {size} >= 1e4 ? format(datum.value / 1e4, '~f') + '万' : datum.label"
        en = "datum.value == 0 ? '0' : format(datum.value, '~s')"
        return alt.Axis(tickCount=5, labelExpr=self.say(zh, en))

    def amount(self, field: str, zh: str = "净销售额", en: str = "Net sales") -> alt.Tooltip:
        return alt.Tooltip(field=field, type="quantitative", title=self.say(zh, en), format=",.2f")

    def rate(self, field: str, zh: str, en: str) -> alt.Tooltip:
        return alt.Tooltip(field=field, type="quantitative", title=self.say(zh, en), format=".1%")

    def number(self, field: str, zh: str, en: str, form: str = ",") -> alt.Tooltip:
        return alt.Tooltip(field=field, type="quantitative", title=self.say(zh, en), format=form)

    def text(self, field: str, zh: str, en: str) -> alt.Tooltip:
        return alt.Tooltip(field=field, type="nominal", title=self.say(zh, en))


@cache
def specs() -> dict[str, dict[str, Spec]]:
    """Every chart by name and language, without its rows: these are the data sets `rows`, `line` and `cuts`."""
    drawn: dict[str, Callable[[_Language], Any]] = {
        "course": _course,
        "pareto": _pareto,
        "composition": _composition,
        "products": _products,
        "ageing": _ageing,
        "visits": _visits,
        "complaints": _complaints,
    }
    return {
        name: {label: _finished(draw(_Language(label))) for label in ("zh", "en")}
        for name, draw in drawn.items()
    }


def _finished(chart: Any) -> Spec:
    """As wide as its place on the page, in the page's own letters."""
    config = alt.Config(
        font=_FONT,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=_INK,
            titleColor=_INK,
            gridColor=_GRID,
            domainColor=_INK,
            tickColor=_INK,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        ),
        legend=alt.LegendConfig(
            orient="bottom", labelColor=_INK, titleColor=_INK, labelFontSize=12, symbolType="square"
        ),
        aria=True,
    )
    sized = chart.properties(
        width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    # Altair's own validation takes longer than all the rest; a test does it.
    return sized.configure(**config.to_dict()).to_dict(validate=False)


def _course(on: _Language) -> Any:
    return (
        alt.Chart(_ROWS)
        .mark_bar()
        .encode(
            x=alt.X("month:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            y=alt.Y("sales:Q", title=None, axis=on.money),
            color=alt.condition("datum.now", alt.value(_DARK), alt.value(_LIGHT)),
            tooltip=[on.text("month", "月份", "Month"), on.amount("sales")],
        )
        .properties(height=200)
    )


def _pareto(on: _Language) -> Any:
    tier = alt.Color(
        "tier:N",
        title=on.say("等级", "Tier"),
        scale=alt.Scale(domain=["A", "B", "C"], range=[_DARK, _MIDDLE, _LIGHT]),
    )
    customers = on.say("客户（按净销售额排列）", "Customers, the largest first")
    bars = (
        alt.Chart(_ROWS)
        .mark_bar()
        .encode(
            x=alt.X("start:Q", title=customers, axis=alt.Axis(format=",d", tickMinStep=1), scale=alt.Scale(nice=False)),
            x2="end:Q",
            y=alt.Y("sales:Q", title=on.say("净销售额", "Net sales"), axis=on.money, scale=alt.Scale(zero=True)),
            y2=alt.Y2Datum(0),
            color=tier,
            tooltip=[
                on.text("tier", "等级", "Tier"), on.number("end", "至第几位", "Up to customer"),
                on.number("count", "客户数", "Customers"), on.amount("sales", "净销售额（每客户）", "Net sales each"),
                on.rate("share", "累计构成比", "Cumulative share"),
            ],
        )
    )  # fmt: skip
    share = alt.Y(
        "share:Q",
        title=on.say("累计构成比", "Cumulative share"),
        axis=alt.Axis(format=".0%", grid=False),
        scale=alt.Scale(domain=[0, 1]),
    )
    line = alt.Chart(alt.NamedData("line")).mark_line(color=_WARM, strokeWidth=2).encode(x="end:Q", y=share)  # fmt: skip
    rules = alt.Chart(_CUTS).mark_rule(color=_INK, strokeDash=[4, 3]).encode(x="end:Q")
    told = f"datum.tier + ' {on.say('至第', 'up to')} ' + format(datum.end, ',') + '{on.say(' 位，', ', ')}' + format(datum.share, '.1%')"
    # On the side where there is room for the words.
    texts = alt.Chart(_CUTS).transform_calculate(
        left=f"datum.side == 'left' ? {told} : ''", right=f"datum.side == 'right' ? {told} : ''"
    )
    words = {"x": "end:Q", "y": share}
    left = texts.mark_text(align="left", dx=5, dy=12, color=_INK, fontSize=12).encode(**words, text="left:N")  # fmt: skip
    right = texts.mark_text(align="right", dx=-5, dy=12, color=_INK, fontSize=12).encode(**words, text="right:N")  # fmt: skip
    return (
        (bars + alt.layer(line, rules, left, right))
        .resolve_scale(y="independent")
        .properties(height=_PLOT)
    )


def _composition(on: _Language) -> Any:
    label = alt.Y(f"{on.label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=130))
    tips = [
        on.text(on.label, "类别", "Class"), on.number("customers", "客户数", "Customers"), on.amount("sales"),
        on.rate("share", "构成比", "Share"), on.amount("key", "其中重点客户", "Of which key accounts"),
    ]  # fmt: skip
    base = alt.Chart(_ROWS)
    total = base.mark_bar(color=_LIGHT).encode(y=label, x=alt.X("sales:Q", title=None, axis=on.money), tooltip=tips)  # fmt: skip
    keys = base.mark_bar(color=_DARK).encode(y=label, x="key:Q", tooltip=tips)
    return (total + keys).properties(height=alt.Step(_BAR))


def _products(on: _Language) -> Any:
    column = RPT_PROFITABILITY["quadrant"]
    names = [on.say(zh, en) for _, zh, en in column.codes]
    quadrant: Spec = {"field": on.label, "type": "nominal", "title": None, "sort": names}
    legend = alt.Legend(columns=2, symbolStrokeWidth=1.5)
    dots = (
        alt.Chart(_ROWS)
        .mark_point(filled=True, opacity=0.75)
        .encode(
            x=alt.X("turnover:Q", title=on.say("商品周转率（次）", "Stock turnover (times)")),
            y=alt.Y("margin:Q", title=on.say("毛利率", "Gross margin rate"), axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=False)),
            size=alt.Size("sales:Q", legend=None, scale=alt.Scale(range=[30, 600])),
            color=alt.Color(**quadrant, scale=alt.Scale(domain=names, range=_QUADRANTS), legend=legend),
            shape=alt.Shape(**quadrant, scale=alt.Scale(domain=names, range=_SHAPES), legend=legend),
            tooltip=[
                on.text("name", "商品", "Product"), on.text("id", "编号", "Id"), on.text(on.label, "象限", "Quadrant"),
                on.amount("sales"), on.rate("margin", "毛利率", "Gross margin rate"),
                on.number("turnover", "商品周转率", "Stock turnover", ",.2f"), on.number("cross", "交叉比率", "Cross ratio", ",.2f"),
            ],
        )
    )  # fmt: skip
    cuts = alt.Chart(_CUTS)
    across = cuts.mark_rule(color=_INK, strokeDash=[4, 3]).encode(x="turnover:Q")
    along = cuts.mark_rule(color=_INK, strokeDash=[4, 3]).encode(y="margin:Q")
    return (across + along + dots).properties(height=360)


def _ageing(on: _Language) -> Any:
    return (
        alt.Chart(_ROWS)
        .mark_bar()
        .encode(
            y=alt.Y(f"{on.label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            x=alt.X("amount:Q", title=None, axis=on.money),
            color=alt.Color("at:O", legend=None, scale=alt.Scale(domain=list(range(6)), range=_SHADES)),
            tooltip=[on.text(on.label, "账龄", "Age"), on.amount("amount", "金额", "Amount")],
        )
        .properties(height=alt.Step(_BAR))
    )  # fmt: skip


def _visits(on: _Language) -> Any:
    parts = {"late": on.say("已过期", "Overdue"), "soon": on.say("下月到期", "Due next month")}
    return _stacked(on, "who", parts, [_WARM, _LIGHT], on.say("应访客户数", "Customers to visit"))


def _complaints(on: _Language) -> Any:
    parts = {"met": on.say("按时", "In time"), "breached": on.say("超时", "Late")}
    return _stacked(on, on.label, parts, [_LIGHT, _WARM], on.say("件数", "Complaints"))


def _stacked(on: _Language, field: str, parts: dict[str, str], colours: list[str], title: str) -> Any:  # fmt: skip
    """Bars of several fields end to end."""
    words = f"{parts}[datum.part]"
    return (
        alt.Chart(_ROWS)
        .transform_fold(list(parts), as_=["part", "number"])
        .transform_calculate(word=words)
        .mark_bar()
        .encode(
            y=alt.Y(f"{field}:N", sort=None, title=None, axis=alt.Axis(labelLimit=140)),
            x=alt.X(
                "number:Q", title=title, axis=alt.Axis(format=",d", tickMinStep=1, tickCount=6)
            ),
            color=alt.Color(
                "word:N",
                title=None,
                sort=list(parts.values()),
                scale=alt.Scale(domain=list(parts.values()), range=colours),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                on.text(field, "项目", "Item"),
                on.text("word", "情况", "State"),
                on.number("number", "数目", "Number"),
            ],
        )
        .transform_calculate(order=f"datum.part == '{next(iter(parts))}' ? 0 : 1")
        .properties(height=alt.Step(_BAR))
    )
