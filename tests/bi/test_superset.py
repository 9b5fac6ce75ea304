"""The dashboards in a real Superset, over a real PostgreSQL, in a real browser: every chart's totals are the tables'."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import psycopg
import pytest
from playwright.sync_api import sync_playwright

from dashboards.superset.dashboards import DASHBOARDS, Dashboard
from dashboards.superset.load import answer, signed_in
from dashboards.superset.words import LANGUAGES, Language, said
from schemas.catalogue import TABLES
from schemas.ddl import latest_view
from tests import postgres
from tests.bi.server import BIN, PASSWORD, ROOT, USER, superset
from tests.bi.totals import TOTALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Response

    from dashboards.superset.charts import Chart

LARGEST_IMAGE = 250_000
WIDTH = 1600
BOARDS = [(board, language) for board in DASHBOARDS for language in LANGUAGES]
CHARTS = [(chart, language) for board, language in BOARDS for chart in board.charts]
DRAWN = """count => document.querySelectorAll('[data-test=chart-container], .chart-container').length >= count
    && !document.querySelector('[data-test=loading-indicator], .loading')"""


@dataclass
class Shown:
    """What the browser saw: of each chart (name, language) its question and Superset's answer; of a dashboard its errors.

    Pictures lie in a folder of the test's, or where `make pictures` wants those of the README.
    """

    site: str
    file: Path
    images: Path
    asked: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = field(
        default_factory=dict
    )
    errors: dict[str, list[str]] = field(default_factory=dict)


def publish(folder: Path, url: str) -> subprocess.Popen[str]:
    """The demo company, run and published into the database: what a user does."""
    kehu = [sys.executable, "-m", "pipelines.cli"]
    subprocess.run([*kehu, "demo", folder], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    settings = folder / "kehu.yaml"
    text = settings.read_text(encoding="utf-8")
    both = "publish: {duckdb: ./kehu.duckdb, postgres: env:KEHU_PUBLISH_URL}"
    settings.write_text(text.replace("publish: {duckdb: ./kehu.duckdb}", both), encoding="utf-8")
    return subprocess.Popen(
        [*kehu, "run", "--settings", settings],
        cwd=ROOT, env={**os.environ, "KEHU_PUBLISH_URL": url}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """All dashboards, opened once: imported by the documented command, read as a member of kehu_reader."""
    demo, home = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("superset")
    with postgres.server() as url:
        run = publish(demo, url)
        with superset(home) as site:
            told, _ = run.communicate()
            assert run.returncode == 0, told
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE ROLE bi LOGIN IN ROLE kehu_reader")
            load(site, url.replace("kehu@", "bi@"))
            images = Path(os.environ.get("KEHU_PICTURES", home))
            found = Shown(site, demo / "kehu.duckdb", images)
            browse(found)
            yield found


@pytest.fixture(scope="module")
def tables(shown: Shown) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published DuckDB file."""
    with duckdb.connect(str(shown.file), read_only=True) as connection:
        yield connection


def load(site: str, database: str) -> None:
    """What the README tells users."""
    given = {"SUPERSET_URL": site, "SUPERSET_USER": USER, "SUPERSET_PASSWORD": PASSWORD, "KEHU_BI_URL": database}  # fmt: skip
    command = [sys.executable, "-m", "dashboards.superset.load"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def browse(found: Shown) -> None:
    """Open every dashboard, keep what its charts were told, take its picture."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": WIDTH, "height": 1000})
        page.goto(f"{found.site}/login/")
        page.fill("#username", USER)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/welcome/**")
        for board, language in BOARDS:
            look(page, found, board, language)
        chromium.close()


def look(page: Page, found: Shown, board: Dashboard, language: Language) -> None:
    """One dashboard: all of it in the window, for a chart that is out of sight is not drawn."""
    name = f"{board.name}-{language}"
    heard: list[Response] = []

    def hear(response: Response) -> None:
        if "/api/v1/chart/data" in response.url:
            heard.append(response)

    page.goto(f"{found.site}/lang/{language}")
    page.on("response", hear)
    height = 8 * sum(height for height, _ in board.rows) + 16 * len(board.rows) + 180
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.goto(f"{found.site}/superset/dashboard/kehu-{name}/?standalone=1")
    page.wait_for_function(DRAWN, arg=len(board.charts), timeout=120_000)
    page.wait_for_timeout(1500)  # bars and lines grow for a second
    page.remove_listener("response", hear)
    found.errors[name] = page.locator(".ant-alert-error, [data-test=error-container]").all_inner_texts()  # fmt: skip
    keep(found, board, language, heard)
    picture(page, found.images / f"superset-{name}.png")


def keep(found: Shown, board: Dashboard, language: Language, heard: list[Response]) -> None:
    """A chart is known by its title: its number is Superset's own."""
    session, api = signed_in(found.site, USER, PASSWORD)
    listed = answer(session.get(f"{api}/dashboard/kehu-{board.name}-{language}/charts"))["result"]
    titles = {said(chart.title, language): chart.name for chart in board.charts}
    names = {one["id"]: titles[one["slice_name"]] for one in listed}
    for response in heard:
        question = json.loads(response.request.post_data or "{}")
        number = question["form_data"].get("slice_id")
        if number:  # the others ask for the choices of a filter
            found.asked[names[number], language] = (question, response.json())


def picture(page: Page, path: Path) -> None:
    """A screenshot of few colours, which is all that a diagram needs; Superset's environment has the library for it."""
    page.screenshot(path=path)
    fewer = (
        "import sys; from PIL import Image; image = Image.open(sys.argv[1]).convert('RGB'); "
        "image.quantize(256, dither=Image.Dither.NONE).save(sys.argv[1], optimize=True)"
    )
    subprocess.run([BIN / "python", "-c", fewer, path], check=True)


def totals(chart: Chart, told: dict[str, Any]) -> dict[str, float]:
    """The total of each number in an answer; of a chart by series, of all series together."""
    axis = set() if chart.kind == "table" else {*chart.columns[:1]}
    by_series = chart.kind.startswith("echarts") and len(chart.columns) > 1
    found: dict[str, float] = {}
    for row in (row for result in told["result"] for row in result["data"]):
        for column, value in row.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            is_share = column.endswith(
                "__contribution"
            )  # Superset adds each slice's share of a ring
            if is_number and not is_share and column not in axis:
                name = chart.metrics[0] if by_series else column
                found[name] = found.get(name, 0) + value
    return found


def ids(cases: list[tuple[Any, str]]) -> list[str]:
    return [f"{thing.name}-{language}" for thing, language in cases]


def test_every_chart_has_a_total_to_be_compared_with() -> None:
    """Guards against a new chart whose numbers nobody checks."""
    assert set(TOTALS) == {chart.name for chart, _ in CHARTS}


@pytest.mark.parametrize(("chart", "language"), CHARTS, ids=ids(CHARTS))
def test_totals_are_those_of_the_tables(
    shown: Shown, tables: duckdb.DuckDBPyConnection, chart: Chart, language: Language
) -> None:
    """Guards against sums over several months or periods, joins that double rows, filters that do not hold, lost rows."""
    _, told = shown.asked[chart.name, language]
    cursor = tables.execute(TOTALS[chart.name])
    count, *numbers = cursor.fetchone()
    names = [column for column, *_ in cursor.description][1:]
    assert len(told["result"][0]["data"]) == count
    expected = dict(zip(names, map(float, numbers), strict=True))
    dates = {"received_at", "last_visited_on", "next_visit_on"}
    found = {name: value for name, value in totals(chart, told).items() if name not in dates}
    assert {name: found.get(name, 0) for name in expected} == pytest.approx(expected, rel=1e-9)
    assert set(found) <= set(expected)
    assert count


@pytest.mark.parametrize(("board", "language"), BOARDS, ids=ids(BOARDS))
def test_every_chart_is_drawn(shown: Shown, board: Dashboard, language: Language) -> None:
    """Guards against a chart that shows an error where the reader expects a picture."""
    assert not shown.errors[f"{board.name}-{language}"]
    for chart in board.charts:
        _, told = shown.asked[chart.name, language]
        assert all(result["status"] == "success" for result in told["result"])
        assert not any(result["rejected_filters"] for result in told["result"])
    image = shown.images / f"superset-{board.name}-{language}.png"
    assert 20_000 < image.stat().st_size < LARGEST_IMAGE


def test_no_total_over_several_months_or_periods(shown: Shown) -> None:
    """Guards against a chart that, opened without its dashboard's filters, counts the same sales in many months."""
    session, api = signed_in(shown.site, USER, PASSWORD)
    for name in ("buyers", "regions", "overdue", "salespeople"):
        question, _ = shown.asked[name, "en"]
        query = question["queries"][0]
        chosen = [
            one for one in query["filters"] if one["col"] not in {"as_of_month", "period_label"}
        ]
        assert len(chosen) < len(query["filters"])
        query = {**query, "filters": chosen, "orderby": []}
        told = answer(session.post(f"{api}/chart/data", json={**question, "queries": [query]}))
        (metric, *_) = query["metrics"]
        assert {row[metric] for row in told["result"][0]["data"]} == {None}, name


def test_an_old_client_reads_the_file(shown: Shown, tables: duckdb.DuckDBPyConnection) -> None:
    """Guards against a file that only the newest client opens: a BI tool's driver is seldom the newest."""
    names = [
        name
        for table in TABLES.values()
        for name in (table.name, *([latest_view(table.name)] if table.partition else []))
    ]
    script = (
        "import duckdb, json, sys; file = duckdb.connect(sys.argv[1], read_only=True); "
        "print(duckdb.__version__, json.dumps([file.execute(f'SELECT count(*) FROM {n}').fetchone()[0] for n in sys.argv[2:]]))"
    )
    told = subprocess.run(
        [BIN / "python", "-c", script, shown.file, *names],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    version, counts = told.split(" ", 1)
    assert version == "1.0.0"
    ask = "SELECT count(*) FROM {}"
    assert json.loads(counts) == [
        tables.execute(ask.format(name)).fetchall()[0][0] for name in names
    ]
