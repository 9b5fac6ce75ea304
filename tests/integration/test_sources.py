"""Sources of every kind, and what the settings can say of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import openpyxl
import polars as pl
import pytest

from pipelines.lake import Lake
from pipelines.landing import Landing, Loaded
from pipelines.settings import load
from schemas.catalogue import FEEDS
from tests.company import line

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
name: T
currency: EUR
calendar: {timezone: Asia/Shanghai}
feeds:
  customers: {path: customers.csv}
  sales: SOURCE
"""
ROWS = [line("A", "2024-01-05", "1.25"), line("B", "2024-01-06", "-2.5", customer_id="C2")]


class Site:
    """A company's folder and landing zone."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        path = folder / "kehu.yaml"
        path.write_text(SETTINGS.replace("SOURCE", source), encoding="utf-8")
        self.lake = Lake(str(folder / "lake"))
        self.landing = Landing(load(path), self.lake)

    def take(self, first: str = "2024-01-01", last: str = "2024-01-31") -> Loaded:
        """Take in the deliveries from `first` to `last`."""
        return self.landing.load(FEEDS["sales"], first, last, {})

    def rows(self, *names: str) -> list[Any]:
        """Some columns of the accepted rows."""
        frame = self.lake.scan(FEEDS["sales"].accepted).select(names or ("order_id", "net_amount"))
        return sorted(frame.collect().rows(), key=repr)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as a source would type them."""
    return pl.DataFrame(rows).with_columns(
        pl.col("sold_on").str.to_date(), pl.col("net_amount").cast(pl.Float64)
    )


def write_xlsx(path: Path, rows: list[dict[str, Any]]) -> None:
    """A workbook as people make them: numbers as numbers, dates as dates."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(rows[0]))
    for row in frame_of(rows).iter_rows():
        sheet.append(list(row))
    book.save(path)
    book.close()


def test_xlsx(tmp_path: Path) -> None:
    """A date or number of a workbook that arrives as another, or with a binary tail, is a wrong sale."""
    write_xlsx(tmp_path / "sales_2024-01-31.xlsx", [*ROWS, line("C", "2024-01-07", 0.1 + 0.2)])
    found = Site(tmp_path, '{path: "sales_{date}.xlsx"}')
    assert found.take().accepted == 3
    assert found.rows("order_id", "sold_on", "net_amount") == [
        ("A", date(2024, 1, 5), Decimal("1.25")),
        ("B", date(2024, 1, 6), Decimal("-2.5")),
        ("C", date(2024, 1, 7), Decimal("0.3")),
    ]


@pytest.mark.parametrize("kind", ["parquet", "ndjson"])
def test_typed_files(tmp_path: Path, kind: str) -> None:
    """A typed file goes through the same rules as text, so that a value means the same in each."""
    frame = frame_of(ROWS)
    if kind == "parquet":
        frame.write_parquet(tmp_path / "sales.parquet")
    else:
        frame.write_ndjson(tmp_path / "sales.ndjson")
    site = Site(tmp_path, f"{{path: sales.{kind}}}")
    assert site.take().accepted == 2
    assert site.rows() == [("A", Decimal("1.25")), ("B", Decimal("-2.5"))]


def test_templates_and_globs(tmp_path: Path) -> None:
    """A file of another day or another shop that matches by chance is taken twice; one that does not match is lost."""
    for name in ("shop1/sales-20240105.csv", "shop2/sales-20240105.csv", "shop1/sales-20240106.csv",
                 "shop1/sales-2024010.csv", "shop1/sales-20241399.csv", "shop1/returns-20240105.csv"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        shop, day = name[:5], name.split("-")[1][:8]
        pl.DataFrame([line(f"{shop} {day}", "2024-01-05", "1")]).write_csv(path)
    site = Site(tmp_path, '{path: "shop*/sales-{date:%Y%m%d}.csv", columns: {line_no: _row}}')
    assert site.take().dates == ["2024-01-05", "2024-01-06"]
    assert [order for order, _ in site.rows()] == ["shop1 20240105", "shop1 20240106", "shop2 20240105"]  # fmt: skip


def test_mapping(tmp_path: Path) -> None:
    """A column read in the wrong form or under the wrong name shows in no total."""
    (tmp_path / "sales.csv").write_text(
        "Beleg;Datum;Kunde;Artikel;Preis;Menge;Storno\n"
        " A ;05.01.2024;C1;p1;1.5;2;nein\nB;06.01.2024;;p2;2;3;nein\nC;06.01.2024;C1;p2;2;3;ja\n",
        encoding="utf-8",
    )
    site = Site(
        tmp_path,
        """
    path: sales.csv
    columns:
      order_id: Beleg
      line_no: _row
      sold_on: {column: Datum, format: "%d.%m.%Y"}
      customer_id: {sql: "coalesce(Kunde, 'ANONYMOUS')"}
      product_id: {sql: "upper(Artikel)"}
      quantity: Menge
      net_amount: {sql: "CAST(Preis AS DECIMAL(10,2)) * CAST(Menge AS BIGINT)"}
      salesperson_id: _file
      deleted: Storno
    values: {deleted: {ja: "true", nein: "false"}}
""",
    )
    found = site.take()
    assert (found.accepted, found.failures) == (3, [])
    columns = ("order_id", "line_no", "sold_on", "customer_id", "product_id", "net_amount", "salesperson_id", "deleted")  # fmt: skip
    assert site.rows(*columns)[:2] == [
        ("A", 1, date(2024, 1, 5), "C1", "P1", Decimal(3), "sales.csv", False),
        ("B", 2, date(2024, 1, 6), "ANONYMOUS", "P2", Decimal(6), "sales.csv", False),
    ]


def test_files_joined_by_sql(tmp_path: Path) -> None:
    """Headers and lines in files of their own, joined day by day; a line without its header is not money made up."""
    for day in ("2024-01-05", "2024-01-06"):
        heads = [{"no": f"{day}", "sold_on": day, "customer_id": "C1"}]
        pl.DataFrame(heads).write_csv(tmp_path / f"heads_{day}.csv")
        lines = [{"no": day, "product_id": "P1", "quantity": 1, "net_amount": n} for n in (1, 2)]
        pl.DataFrame(lines).write_parquet(tmp_path / f"lines_{day}.parquet")
    site = Site(
        tmp_path,
        """
    files: {h: "heads_{date}.csv", l: "lines_{date}.parquet"}
    sql: >
      SELECT h.no AS order_id, ROW_NUMBER() OVER (ORDER BY l.net_amount) AS line_no, h.sold_on, h.customer_id, l.product_id,
             l.quantity, l.net_amount FROM l JOIN h ON l.no = h.no
""",
    )
    found = site.take()
    assert (found.dates, found.failures) == (["2024-01-05", "2024-01-06"], [])
    assert site.rows() == [(d, Decimal(n)) for d in ("2024-01-05", "2024-01-06") for n in (1, 2)]
    (tmp_path / "heads_2024-01-06.csv").unlink()
    (told,) = site.take().failures
    assert told.endswith("heads_2024-01-06.csv: there is no such file")


def test_sources_follow_each_other(tmp_path: Path) -> None:
    """Of one key in two sources the later source's row counts, whatever their files are called."""
    pl.DataFrame([line("A", "2024-01-05", 1)]).write_csv(tmp_path / "z_2024-01-31.csv")
    pl.DataFrame([line("A", "2024-01-05", 2)]).write_csv(tmp_path / "a_2024-01-31.csv")
    site = Site(tmp_path, '[{path: "z_{date}.csv"}, {path: "a_{date}.csv"}]')
    assert site.take().accepted == 2
    assert site.rows("source_no", "source_file", "net_amount") == [
        (1, "z_2024-01-31.csv", Decimal(1)),
        (2, "a_2024-01-31.csv", Decimal(2)),
    ]


def test_a_repaired_file_replaces_what_was_taken(tmp_path: Path) -> None:
    """A delivery sent again with a correction must not stand beside the wrong one."""
    path = tmp_path / "sales_2024-01-31.csv"
    pl.DataFrame([line("A", "2024-01-05", "x"), line("B", "2024-01-05", "2")]).write_csv(path)
    site = Site(tmp_path, '{path: "sales_{date}.csv"}')
    assert (site.take().accepted, site.take().quarantined) == (1, 1)
    assert site.landing.new_deliveries(FEEDS["sales"], date(2024, 1, 31), tmp_path) == []
    pl.DataFrame([line("A", "2024-01-05", "1.5")]).write_csv(path)
    assert len(site.landing.new_deliveries(FEEDS["sales"], date(2024, 1, 31), tmp_path)) == 1
    found = site.take()
    assert (found.accepted, found.quarantined) == (1, 0)
    assert site.rows() == [("A", Decimal("1.5"))]
