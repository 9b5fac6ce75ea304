"""Personal values stay in feeds, ledger and quarantine, unless the settings let them out; then in the form they say."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from assets.checks import _against_declaration
from pipelines.lake import Lake
from pipelines.landing import Landing
from pipelines.look import check
from pipelines.settings import PRIVACY_KEY, load
from schemas.catalogue import FEEDS
from tests.company import Company, line, product
from tests.marks import PERSONAL, core, leaks, mark, marked, marks_in

ROOT = Path(__file__).parents[2]
PASSWORD = "Zq7xPassword"
SETTINGS = f"""\
name: Marks
currency: CNY
lake: ./lake
calendar: {{timezone: UTC}}
feeds:
  customers:
    - {{path: "landing/customers_{{date}}.csv"}}
    - {{path: "landing/cast_{{date}}.csv", columns: {{growth_potential: {{sql: "CAST(phone AS BIGINT)"}}}}}}
    - {{files: {{c: "landing/join_{{date}}.csv"}}, sql: "SELECT *, CAST(address AS DOUBLE) AS registered_capital FROM c"}}
    - {{path: "landing/rows_{{date}}.ndjson"}}
    - {{path: "landing/typed_{{date}}.parquet"}}
    - {{path: "landing/constant_{{date}}.csv", columns: {{customer_id: _row, customer_name: {{sql: "'x'"}}}}}}
  products: {{path: "landing/products_{{date}}.csv"}}
  sales: {{path: "landing/sales_{{date}}.csv"}}
  invoices: {{path: "landing/invoices_{{date}}.csv"}}
  incidents: {{database: "sqlite:///erp.db", sql: SELECT * FROM incidents}}
  stock: {{database: "postgresql://kehu:{PASSWORD}@127.0.0.1:1/erp", sql: SELECT 1}}
publish: {{duckdb: ./kehu.duckdb}}
"""
# What holds personal values by its nature: where the feeds lie, and what keeps them.
KEPT = ("landing", "lake/feeds", "lake/ledger", "lake/quarantine", "erp.db", "kehu.yaml")


def written(*rows: dict[str, Any]) -> str:
    """Rows as a csv."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def broken(row: int) -> dict[str, tuple[str, bytes]]:
    """Files that cannot be read, each in its own way, with marks wherever one may be: by fault, name and content."""
    good = written(marked(row), marked(row + 1))
    head, first, second, _ = good.split("\n")
    address = mark(row, "address")
    texts = {
        "quotation mark in a field": good.replace(address, f'{address[:3]}"{address[3:]}'),
        "more behind a quoted field": good.replace(address, f'"{address}"{address}'),
        "quoted field that does not end": good + first.replace(address, f'"{address}'),
        "more fields": f"{good}{second},{address}\n",
        "no header": f"{first}\n{second}\n",
        "no header and equal values": f"{first},{address}\n{second},{address}\n",
        "no header, and a value that is a column's name": f"{first.replace(address, 'phone')}\n",
        "header that does not end": f'{head},"Zq7x\n{first}\n{second}\n',
        "header of all rows": f'customer_id,customer_name,"Zq7x\n{first}\n{second}\n',
        "old line ends": good.replace("\n", "\r"),
        "cut off": good + second[:40],
        "half the columns": written({"customer_id": "C1", "phone": mark(row, "phone")}),
        "a mapped name alone": f"unknown,customer_id\n{address},C1\n",
        "semicolons": good.replace(",", ";").replace("customer_id;", "customer_id,", 1),
    }
    files = {fault: ("customers_DAY.csv", text.encode()) for fault, text in texts.items()}
    typed = pl.DataFrame([{**marked(row), "growth_potential": {"Zq7xField": mark(row, "phone")}}])
    parquet = io.BytesIO()
    typed.write_parquet(parquet)
    return {
        **files,
        "another encoding": ("customers_DAY.csv", good.encode("gb18030")),
        "another encoding, far down": ("customers_DAY.csv", (good * 500).encode() + good.encode("gb18030")),
        "wide characters": ("customers_DAY.csv", good.encode("utf-16")),
        "sql of a column fails on the value": ("cast_DAY.csv", good.encode()),
        "sql of the source fails on the value": ("join_DAY.csv", good.encode()),
        "broken ndjson": ("rows_DAY.ndjson", json.dumps(marked(row)).encode() + b"\n{" + address.encode()),
        "ndjson of other fields": ("rows_DAY.ndjson", json.dumps({address: {address: 1}}).encode()),
        "ndjson of mixed types": ("rows_DAY.ndjson", b"".join(json.dumps(one).encode() + b"\n" for one in (marked(row), marked(row, phone={address: 1})))),
        "half a parquet": ("typed_DAY.parquet", parquet.getvalue()[:400]),
        "nested parquet": ("typed_DAY.parquet", parquet.getvalue()),
        "only constants mapped, and no header": ("constant_DAY.csv", f"{first}\n".encode()),
    }  # fmt: skip


FAULTS = broken(30)
# Read, with a row in quarantine or a column ignored: these fail no delivery.
READ = {"nested parquet", "ndjson of mixed types", "only constants mapped, and no header"}


def company_in(folder: Path, settings: str = SETTINGS) -> Company:
    """A company with marks in good rows and in quarantine: companies, individuals, and who became one later."""
    company = Company(folder, settings)
    deliver = company.deliver
    deliver(
        "customers", "2024-01-01",
        marked(1, nature="company", customer_name="One"),
        marked(52, customer_id="C2"),  # superseded within its delivery
        marked(2), marked(3), marked(4, nature=""), marked(5),
        marked(40, growth_potential=9),
        marked(41, birth_date="Zq7xNoDate"),
        marked(42, customer_id=""),
        marked(43, nature="Zq7xNature"),
    )  # fmt: skip
    deliver("customers", "2024-02-01", marked(14, customer_id="C4"), {**marked(5), "deleted": "yes"}, marked(13, customer_id="C3"))  # fmt: skip
    deliver("products", "2024-01-01", product(1))
    deliver("sales", "2024-01-31", *(line(f"A{n}", "2024-01-05", 100, customer_id=f"C{n}") for n in range(1, 6)))  # fmt: skip
    deliver("invoices", "2024-01-31", *({"invoice_id": f"I{n}", "customer_id": f"C{n}", "invoiced_on": "2023-06-01", "amount": 5000} for n in range(1, 5)))  # fmt: skip
    with sqlite3.connect(folder / "erp.db") as erp:
        names = "incident_id, customer_id, reported_on, kind, description"
        erp.execute(f"CREATE TABLE incidents ({names})")
        erp.execute(f"INSERT INTO incidents SELECT 'I', 'C1', '2024-01-01', 'x', CAST(x'{mark(60, 'family').encode().hex()}ff' AS TEXT)")  # fmt: skip
    erp.close()
    return company


def deliver_broken(company: Company, month: int) -> None:
    """Every broken file, each as the delivery of a day of its own."""
    for day, (name, content) in enumerate(FAULTS.values(), start=1):
        path = company.folder / "landing" / name.replace("DAY", f"2024-{month:02}-{day:02}")
        path.write_bytes(content)


def found_outside(company: Company, *more: Path) -> dict[str, set[str]]:
    """The marks in all that lies anywhere but where the personal data is kept."""
    kept = tuple(company.folder / place for place in KEPT)
    return leaks(company.folder, *more, without=kept)


def kehu(company: Company, temporary: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with a folder of its own for temporary files."""
    env = {k: v for k, v in os.environ.items() if k not in ("DAGSTER_HOME", "KEHU_SETTINGS")}
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *arguments, "--settings", str(company.settings)],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**env, "TMPDIR": str(temporary)},
    )  # fmt: skip


def test_marks_stand_in_every_personal_column() -> None:
    """Guards against a feed that gets a personal column which no test of this file plants a value in."""
    assert [name for name, feed in FEEDS.items() if feed.personal] == ["customers"]
    assert set(marked(1)) >= set(PERSONAL)
    assert len({core(mark(row, name)) for row in (1, 2) for name in PERSONAL}) == 2 * len(PERSONAL)


def test_nothing_personal_leaves(tmp_path: Path) -> None:
    """Guards against a personal value in a table, log, message, event, document or forgotten file of whole runs."""
    company, temporary = company_in(tmp_path / "company"), tmp_path / "temporary"
    deliver_broken(company, month=3)
    temporary.mkdir()
    told = [
        kehu(company, temporary, "check"),
        kehu(company, temporary, "run", "--to", "2024-12-31"),
    ]
    assert (company.folder / "kehu.duckdb").exists()
    assert list((company.folder / "report" / "credit").rglob("*.pdf"))
    assert len([text for text in told[1].stdout.splitlines() if "PROBLEM customers of 2024-03" in text]) == len(FAULTS) - len(READ)  # fmt: skip
    assert "PROBLEM incidents: sqlite:///erp.db: Could not decode to UTF-8 column 'description'" in told[1].stdout  # fmt: skip
    assert "PROBLEM stock: postgresql://...: connection failed" in told[1].stdout

    Lake(str(company.folder / "lake")).delete(FEEDS["sales"].accepted, "order_id = 'A1'")
    company.deliver("sales", "2024-04-01", line("B", "2024-01-20", 1))
    company.deliver("customers", "2024-04-01", marked(6))
    told += [kehu(company, temporary, "run"), kehu(company, temporary, "status")]
    assert [one.returncode for one in told] == [1, 1, 1, 0]
    assert "check balanced blocks" in told[2].stdout

    assert not [one for one in told if marks_in(one.stdout + one.stderr)]
    assert found_outside(company, temporary) == {}
    # The search does find them where they belong, in every form of file that is there.
    kept = set().union(*leaks(company.folder / "lake").values())
    rows = (1, 2, 3, 4, 5, 14, 13, 52, 40, 42, 6)
    assert {core(mark(row, name)) for row in rows for name in PERSONAL[1:]} <= kept


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_files_are_told_without_their_content(tmp_path: Path, fault: str) -> None:
    """Guards against a message, of a run or of a check, that quotes a row."""
    company = Company(tmp_path / "company", SETTINGS)
    name, content = FAULTS[fault]
    (company.folder / "landing" / name.replace("DAY", "2024-03-01")).write_bytes(content)
    settings = load(company.settings)
    loaded = Landing(settings, Lake(settings.lake_root)).load(
        FEEDS["customers"], "2024-03-01", "2024-03-01", {}
    )
    assert bool(loaded.failures) == (fault not in READ), loaded
    seen, _ = check(company.settings)
    assert bool(seen["customers"].problem) == (fault not in READ)
    assert not marks_in(f"{loaded} {seen['customers']}"), loaded


def test_failed_checks_do_not_show_personal_values() -> None:
    """Guards against a blocking check whose example is somebody's address."""
    ledger = FEEDS["customers"].ledger
    codes = (("a", "甲", "A"),)
    coded = tuple(ledger[name].but(codes=codes) for name in ("phone", "region"))
    rows = pl.LazyFrame({"phone": ["a", mark(1, "phone")], "region": ["a", "North"]})
    told = _against_declaration(replace(ledger, columns=coded), rows)
    assert told == [
        "phone: isin(['a']) failed in 1 rows",
        "region: isin(['a']) failed in 1 rows, first: North",
    ]


# What the settings let out

ACCEPTED = {1: "C1", 2: "C2", 3: "C3", 13: "C3", 4: "C4", 14: "C4", 5: "C5"}  # rows by customer
KEY_ONE, KEY_TWO = "Zq7xKeyOne", "Zq7xKeyTwo"
PSEUDONYMS = ("customer_name", "phone", "family", "birth_date")
IN_PART = ("address", "owner_name")


def company_with(folder: Path, privacy: str) -> Company:
    """The company of this file, without its databases, run with a privacy section."""
    company = company_in(folder, settings_with(privacy))
    assert company.run().problems == []
    return company


def settings_with(privacy: str) -> str:
    """The settings with a privacy section."""
    readable = [text for text in SETTINGS.splitlines() if "database:" not in text]
    return "\n".join([*readable, f"privacy: {privacy}\n"])


def shown(company: Company) -> list[dict[str, Any]]:
    """What the published dimension says of the register: every version, and not the row of whoever was withdrawn."""
    with duckdb.connect(str(company.folder / "kehu.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT * FROM dim_customer WHERE is_registered ORDER BY customer_id, valid_from"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def labelled(company: Company) -> set[str]:
    """The personal columns that the table of labels, and the comments of the published table, know of the dimension."""
    found = company.rows("SELECT column_name FROM dim_label WHERE table_name = 'dim_customer'")
    commented = company.rows("SELECT column_name FROM duckdb_columns() WHERE table_name = 'dim_customer' AND comment IS NOT NULL")  # fmt: skip
    assert set(found) - {(None,)} == set(commented)
    return {name for (name,) in found} & {*PERSONAL}


def pseudonym(key: str, column: str, value: str) -> str:
    """What the settings promise, written down once more."""
    told = hmac.new(key.encode(), f"{column}={value}".encode(), hashlib.sha256).hexdigest()
    return told[:16]


def test_published_columns_leave_as_they_are(tmp_path: Path) -> None:
    """Guards against settings that let out more than they name: another column, or rows that were not accepted."""
    company = company_with(tmp_path / "company", "{publish: [customer_name, phone, birth_date]}")
    named = ("customer_name", "phone", "birth_date")
    allowed = {core(mark(row, column)) for row in ACCEPTED for column in named}
    allowed -= {core(mark(1, "customer_name"))}  # a company with a name of its own
    found = found_outside(company)
    told = set().union(*found.values())
    assert allowed <= told
    other = {one for one in told - allowed if not any(whole.startswith(one) for whole in allowed)}
    assert other == set()  # compressed bytes hold the beginnings of some
    assert {row["phone"] for row in shown(company)} == {mark(row, "phone") for row in ACCEPTED}
    assert all(isinstance(row["birth_date"], str) for row in shown(company))
    assert labelled(company) == {*named}
    # The search sees into every kind of file that may hold them.
    assert {Path(path).suffix for path in found} >= {".duckdb", ".parquet", ".html", ".pdf"}


def test_masked_columns_leave_in_their_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guards against a mask that a file, an old name or an equal value in another column undoes."""
    monkeypatch.setenv(PRIVACY_KEY, KEY_ONE)
    masks = {**dict.fromkeys(PSEUDONYMS, "pseudonym"), **dict.fromkeys(IN_PART, "partial"), "abilities": "drop"}  # fmt: skip
    privacy = json.dumps({"publish": ["phone"], "mask": masks})
    company = company_with(tmp_path / "company", privacy)
    assert found_outside(company) == {}
    assert labelled(company) == {*PSEUDONYMS, *IN_PART}
    by_key = {KEY_ONE: shown(company)}
    for row in by_key[KEY_ONE]:
        assert row["address"] == f"秘Z{'*' * (len(row['address']) - 4)}Z密"

    monkeypatch.setenv(PRIVACY_KEY, KEY_TWO)
    assert company.run().months == ["2024-01"]  # another key alone
    by_key[KEY_TWO] = shown(company)
    for key, rows in by_key.items():
        for column in ("phone", "family", "birth_date"):
            promised = {pseudonym(key, column, mark(row, column)) for row in ACCEPTED}
            assert {row[column] for row in rows} == promised
        names = {row["customer_name"] for row in rows if row["customer_id"] != "C1"}
        assert names == {pseudonym(key, "customer_name", mark(row, "customer_name")) for row in ACCEPTED if row > 1}  # fmt: skip
        assert {row["customer_name"] for row in rows if row["customer_id"] == "C1"} == {"One"}
    assert found_outside(company) == {}  # nor the keys
    monkeypatch.delenv(PRIVACY_KEY)
    company.settings.write_text(settings_with("{}"), encoding="utf-8")
    assert company.run().months == ["2024-01"]  # the settings alone
    assert not {*PERSONAL[1:]} & shown(company)[0].keys()
    assert labelled(company) == {"customer_name"}
    assert {row["customer_name"] for row in shown(company)} == {"One", None}
