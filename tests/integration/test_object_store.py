"""Lake and landing on an S3 server: the same tables as on a disk, and one clear sentence where the server is away."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import obstore
import openpyxl
import polars as pl
import pytest
from obstore.store import from_url

from pipelines.errors import LakeError
from pipelines.lake import Lake
from pipelines.landing import open_landing
from pipelines.lock import lock_file
from pipelines.upkeep import upkeep
from schemas.catalogue import FEEDS, TABLES
from schemas.state import COMPUTED
from tests.company import Company, customer, line, product
from tests.crash import to_do
from tests.lakes import published_file
from tests.object_store import BUCKET, Server, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORE = f"s3://{BUCKET}"
# Every way in which files become deliveries: a snapshot of several files, files that are joined, files of a date.
SETTINGS = """\
name: Test
currency: EUR
lake: PLACE/lake
calendar: {timezone: UTC}
feeds:
  customers: {path: "PLACE/landing/customers*.xlsx"}
  products:
    files: {p: PLACE/landing/products.parquet, c: PLACE/landing/categories.ndjson}
    sql: SELECT p.product_id, p.product_name, c.category FROM p LEFT JOIN c ON p.c = c.c
  sales: {path: "PLACE/landing/sales_{date:%Y-%m-%d}.csv", encoding: gb18030}
publish: {duckdb: ./kehu.duckdb}
"""


NIGHTS = {
    "2024-01-31": [line("单一", "2024-01-05", 100), line("B", "2024-02-06", "50.0001"), line("bad", "2024-02-30", 1)],
    "2024-03-01": [line("late", "2024-02-09", 7, customer_id="C2")],
}  # fmt: skip


class Twins(NamedTuple):
    """Two companies with the same deliveries; `local` took them at once from this disk, `stored` night by night from the server."""

    local: Company
    stored: Company
    months: list[list[str]]


@pytest.fixture(scope="module")
def s3() -> Iterator[Server]:
    with server() as found:
        yield found


@pytest.fixture(scope="module")
def twins(s3: Server, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    folder = tmp_path_factory.mktemp("twins")
    local = Company(folder / "local", SETTINGS.replace("PLACE", "."))
    stored = Company(folder / "stored", SETTINGS.replace("PLACE", STORE))
    _registers(local.folder / "landing")
    months = []
    for day, lines in NIGHTS.items():
        path = local.deliver("sales", day, *lines)
        path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
        _land(local)
        summary = stored.run()
        assert summary.problems == []
        months.append(summary.months)
    assert local.run().problems == []
    return Twins(local, stored, months)


def _registers(landing: Path) -> None:
    for number in (1, 2):
        workbook = openpyxl.Workbook()
        for row in zip(*customer(number, region="华东").items(), strict=True):
            workbook.active.append(row)
        workbook.save(landing / f"customers{number}.xlsx")
    products = pl.DataFrame([product(1), product(2)]).drop("category")
    products.with_columns(c=pl.lit(7)).write_parquet(landing / "products.parquet")
    pl.DataFrame([{"c": 7, "category": "X"}]).write_ndjson(landing / "categories.ndjson")


def _land(company: Company) -> None:
    """Bring the company's files to the server."""
    for path in (company.folder / "landing").iterdir():
        obstore.put(from_url(STORE), f"landing/{path.name}", path)


def test_two_nights_end_as_on_a_disk(twins: Twins) -> None:
    """Guards against a store whose lists, reads or commits differ from a disk's: deliveries lost, months not computed."""
    assert twins.months == [["2024-01", "2024-02"], ["2024-02"]]
    for name in TABLES:
        assert twins.stored.table(name) == twins.local.table(name), name
    sold = "SELECT sum(sales_amount) FROM rpt_concentration WHERE period = 'month'"
    assert twins.stored.rows(sold) == [(Decimal("157.0001"),)]
    assert list(to_do(twins.stored)) == []
    assert not (twins.stored.folder / "lake").exists()
    assert lock_file(Lake(f"{STORE}/lake")).exists()


def test_upkeep_of_a_stored_lake(twins: Twins, tmp_path: Path) -> None:
    """Guards against an upkeep that only works where files can be renamed and listed."""
    lake = Lake(f"{STORE}/lake")
    assert upkeep(lake, 1).merged > 0
    assert list(to_do(twins.stored)) == []
    (file,) = lake.open(FEEDS["sales"].accepted).file_uris()
    assert file.startswith(STORE)
    published_file(lake, tmp_path / "kehu.duckdb")
    published = Company(tmp_path)
    for name in TABLES:
        assert published.table(name) == twins.local.table(name), name


def test_what_changed_is_new_and_nothing_else(twins: Twins) -> None:
    """Guards against a corrected file of the same size that is not taken, and against one that is taken again for being sent again."""
    sales = "landing/sales_2024-01-31.csv"
    store, last = from_url(STORE), date(2024, 12, 31)
    whole = bytes(obstore.get(store, sales).bytes())
    landing = open_landing(twins.stored.settings)
    obstore.put(store, sales, whole)
    assert landing.pending(None, last, only_new=True) == {}
    obstore.put(store, sales, whole.replace(b",100,", b",101,"))
    assert landing.pending(None, last, only_new=True) == {"sales": [date(2024, 1, 31)]}
    obstore.put(store, sales, whole)
    assert landing.pending(None, last, only_new=True) == {}
    obstore.put(store, f"{sales}.part", b"x")  # an object that only begins like a delivery
    obstore.put(store, "landing/old/sales_2024-01-30.csv", b"x")
    assert landing.pending(None, last, only_new=True) == {}


def test_commits_exclude_each_other(s3: Server) -> None:
    """Guards against two machines that write at once, and one's rows that vanish without a word."""
    lake = Lake(f"{STORE}/other")

    def write(number: int) -> str:
        row = {"as_of_month": f"{number}", "inputs": "x", "publication": 1, "delivered_up_to": date(2024, 1, 31), "totals": "{}"}  # fmt: skip
        try:
            lake.replace(COMPUTED, pl.LazyFrame([row], schema=COMPUTED.schema))
        except LakeError as error:
            return str(error)
        return "written"

    assert write(0) == "written"
    with ThreadPoolExecutor(6) as writers:
        done = list(writers.map(write, range(1, 13)))
    assert lake.open(COMPUTED).version() == done.count("written") >= 1
    assert all("another writer was first" in said for said in done if said != "written")
    assert lake.scan(COMPUTED).collect().height == 1


def test_a_missing_bucket_and_a_missing_object(twins: Twins, tmp_path: Path) -> None:
    """Guards against a bucket that is misspelt and passes for one without news."""
    text = SETTINGS.replace("PLACE/lake", "./lake").replace("PLACE", STORE)
    wrong = text.replace(f"{STORE}/landing/sales", "s3://nowhere/landing/sales").replace("products.parquet", "gone.parquet")  # fmt: skip
    company = Company(tmp_path / "company", wrong)
    problems = sorted(company.run().problems)
    assert len(problems) == 2
    assert problems[0] == f"products of 2024-12-31: {STORE}/landing/gone.parquet: there is no such file"  # fmt: skip
    assert problems[1].startswith("sales: s3://nowhere/landing/sales_*.csv: cannot be asked (")


def test_a_server_that_is_away(twins: Twins, tmp_path: Path, s3: Server) -> None:
    """Guards against a traceback, a good end or half a publication when the store cannot be reached."""
    shutil.copytree(twins.local.folder, tmp_path / "company")
    away = Company(tmp_path / "company", SETTINGS.replace("PLACE/lake", "./lake").replace("PLACE", STORE))  # fmt: skip
    published = (away.folder / "kehu.duckdb").read_bytes()
    s3.stop()
    with pytest.raises(LakeError, match=rf"^{STORE}/lake/state/format: cannot be read \(.*\)$"):
        twins.stored.run()
    problems = away.run().problems  # the lake lies on this disk
    assert [problem.split(": ")[0] for problem in problems] == ["customers", "products", "sales"]
    assert all("cannot be asked" in problem and "\n" not in problem for problem in problems)
    assert (away.folder / "kehu.duckdb").read_bytes() == published
