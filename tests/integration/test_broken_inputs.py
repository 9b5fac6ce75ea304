"""What the user is told of every broken input, word for word."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from pipelines.errors import SettingsError
from pipelines.lake import Lake
from pipelines.landing import Landing, Loaded
from pipelines.settings import load
from schemas.catalogue import FEEDS
from schemas.state import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = "sales_2024-01-31.csv"
HEAD = "order_id,line_no,sold_on,customer_id,product_id,quantity,net_amount"
GOOD = "A,1,2024-01-05,C1,P1,1,10"
SETTINGS = """\
name: T
currency: EUR
calendar: {timezone: Asia/Shanghai}
feeds:
  customers: {path: customers.csv}
  sales: SOURCE
"""
BY_DATE = '{path: "sales_{date:%Y-%m-%d}.csv"}'


def take(folder: Path, content: bytes | str | None, source: str = BY_DATE, feed: str = "sales") -> Loaded:  # fmt: skip
    """What becomes of one delivery of the feed on 2024-01-31."""
    if content is not None:
        raw = content.encode() if isinstance(content, str) else content
        (folder / FILE).write_bytes(raw)
    return taken(folder, source, feed)


def taken(folder: Path, source: str, feed: str = "sales") -> Loaded:
    """What becomes of the deliveries that lie in the folder."""
    path = folder / "kehu.yaml"
    path.write_text(SETTINGS.replace("SOURCE", source), encoding="utf-8")
    landing = Landing(load(path), Lake(str(folder / "lake")))
    return landing.load(FEEDS[feed], "2024-01-01", "2024-01-31", {})


def rows(*lines: str, head: str = HEAD) -> str:
    """A csv."""
    return "\n".join([head, *lines]) + "\n"


def amount(value: str) -> str:
    """A csv whose one row has this amount."""
    return rows(f"A,1,2024-01-05,C1,P1,1,{value}")


def sold_on(value: str) -> str:
    """A csv whose one row has this date."""
    return rows(f"A,1,{value},C1,P1,1,10")


_NO_HEADER = "sales requires order_id, line_no, sold_on, customer_id, product_id, quantity, net_amount: not there and not mapped; none of its COUNT columns is required or mapped: is the line with their names missing?"
_CANNOT = f"{FILE}: cannot be read to its end: "
UNREADABLE: list[Any] = [
    ("column missing", rows("A,1,2024-01-05,C1,P1,1", head=HEAD.removesuffix(",net_amount")),
     f"{FILE}: sales requires net_amount: not there and not mapped; found: order_id, line_no, sold_on, customer_id, product_id, quantity"),
    ("column repeated", rows(GOOD, head=HEAD.replace("line_no", "order_id")),
     f"{FILE}: the header, its first line, has equal names in columns 1, 2"),
    ("empty file", "", f"{FILE}: the file is empty; allowed: at least a header"),
    ("blank first line", f"\n{rows(GOOD)}", f"{FILE}: the first line is blank; allowed: a header"),
    ("half a row", rows(GOOD) + "B,1,2024-0", f"{FILE}: ends in the middle of a row: 3 of 7 fields"),
    ("half a quoted field", rows(GOOD) + 'B,1,2024-01-05,C1,"P1',
     _CANNOT + "line 3, column product_id: a quoted field does not end as it should"),
    ("more behind a quoted field", rows(GOOD, 'B,1,2024-01-05,"C"1,P1,1,10'),
     _CANNOT + "line 3, column customer_id: a quoted field does not end as it should"),
    ("quotation mark in a field", rows(GOOD, '5" pipe,1,2024-01-05,C1,P1,1,10'),
     _CANNOT + "line 3, column order_id: a quotation mark in a field that is not quoted"),
    ("quotation mark in a column nobody asked for", rows(GOOD + ",7", GOOD + ',5" pipe', head=HEAD + ",Maß"),
     _CANNOT + "line 3, column 8: a quotation mark in a field that is not quoted"),
    ("more fields than the header", rows(GOOD, GOOD + ",7"), _CANNOT + "line 3: 8 fields, the header has 7"),
    ("gb18030 taken as utf-8", rows("订单,1,2024-01-05,C1,P1,1,10").encode("gb18030"),
     f"{FILE}: not utf-8 near byte 68; name its encoding in the settings, for example encoding: gb18030"),
    ("gb18030 far into the file", rows(*[GOOD] * 2000, "订单,1,2024-01-05,C1,P1,1,10").encode("gb18030"),
     _CANNOT + "line 2002: not utf-8"),
    ("utf-16 taken as utf-8", rows(GOOD).encode("utf-16"),
     f"{FILE}: not utf-8 near byte 0; name its encoding in the settings, for example encoding: utf-16"),
    ("not a text file", b"\x00" * 64, f"{FILE}: not a text file: its first line holds NUL bytes"),
    ("a page instead of a file", "<html><body>Error 500</body></html>\n",
     f"{FILE}: {_NO_HEADER.replace('COUNT', '1')}"),
    ("no header and equal values", f"{GOOD}\n" * 2, f"{FILE}: the header, its first line, has equal names in columns 2, 6"),
    ("no header", f"{GOOD.replace('P1,1', 'P1,2')}\n" * 2, f"{FILE}: {_NO_HEADER.replace('COUNT', '7')}"),
    ("a header that does not end", rows(GOOD, head=HEAD.replace("line_no", '"line_no')),
     f"{FILE}: a quoted name in the header does not end as it should"),
    ("a header longer than any", HEAD + ',"' + f"{GOOD}\n" * 9000, f"{FILE}: a quoted name in the header does not end as it should"),
    ("old line ends", rows(GOOD).replace("\n", "\r"),
     f"{FILE}: the header has 7 names, the first line 13 fields; allowed: lines that end with LF or CRLF"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE]
)
def test_unreadable_deliveries(tmp_path: Path, content: bytes | str, message: str) -> None:
    """Guards against half a delivery in the lake, and against messages that do not say what to mend."""
    found = take(tmp_path, content)
    assert [text.replace(f"{tmp_path}/", "") for text in found.failures] == [
        f"sales of 2024-01-31: {message}"
    ]
    assert found.accepted == found.quarantined == 0
    lake = Lake(str(tmp_path / "lake"))
    assert lake.open(FEEDS["sales"].accepted) is None


_AGAINST_SETTINGS: list[Any] = [
    ("an encoding that it is not", rows("订单,1,2024-01-05,C1,P1,1,10").encode("gb18030"),
     '", encoding: ascii}', f"{FILE}: not ascii near byte "),
    ("an encoding that is none", rows(GOOD), '", encoding: klingon}', f"{FILE}: unknown encoding klingon"),
    ("a mapping to a column that is not there", rows(GOOD), '", columns: {cost_amount: Kosten}}',
     f"{FILE}: column Kosten, which sales.cost_amount is mapped to, is not there; found: {HEAD.replace(',', ', ')}"),
    ("sql that is none", rows(GOOD), '", columns: {order_id: {sql: "coalesce("}}}',
     f"{FILE}: the sql of column order_id is wrong: "),
    ("sql that names no column", rows(GOOD), '", columns: {order_id: {sql: "upper(Belegnr)"}}}',
     f"{FILE}: the mapping fails: "),
    ("sql that fails on a value", amount("x"), '", columns: {net_amount: {sql: "CAST(net_amount AS DOUBLE)"}}}',
     _CANNOT + "conversion from `str` to `f64` failed in column 'net_amount' for 1 out of 1 values: ..."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "source", "message"),
    [case[1:] for case in _AGAINST_SETTINGS],
    ids=[case[0] for case in _AGAINST_SETTINGS],
)
def test_deliveries_that_the_settings_do_not_fit(
    tmp_path: Path, content: bytes | str, source: str, message: str
) -> None:
    """Guards against a mapping that silently maps nothing."""
    found = take(tmp_path, content, BY_DATE.replace('"}', source))
    assert found.accepted == found.quarantined == 0
    (told,) = found.failures
    assert told.startswith(f"sales of 2024-01-31: {message}")
    assert "\n" not in told


REFUSED: list[Any] = [
    ("no order", rows(",1,2024-01-05,C1,P1,1,10"), {"missing:order_id"}),
    ("blanks for an order", rows(" \u3000,1,2024-01-05,C1,P1,1,10"), {"missing:order_id"}),
    ("no line number", rows("A,,2024-01-05,C1,P1,1,10"), {"missing:line_no"}),
    ("line number 1.5", rows("A,1.5,2024-01-05,C1,P1,1,10"), {"type:line_no"}),
    ("line number beyond 64 bits", rows(f"A,{2**64},2024-01-05,C1,P1,1,10"), {"type:line_no"}),
    ("fewer fields than the header", rows("A,1,2024-01-05,C1,P1", GOOD), {"missing:quantity", "missing:net_amount"}),
    ("2^63", amount(str(2**63)), {"range:net_amount"}),
    ("2^63 of 1/10,000", amount("922337203685477.5807"), {"range:net_amount"}),
    ("1e30", amount("1e30"), {"range:net_amount"}),
    ("1e999999999", amount("1e999999999"), {"range:net_amount"}),
    ("1.234,56", amount('"1.234,56"'), {"type:net_amount"}),
    ("1,234.56", amount('"1,234.56"'), {"type:net_amount"}),
    ("#REF!", amount("#REF!"), {"type:net_amount"}),
    ("=1+1", amount("=1+1"), {"type:net_amount"}),
    ("NaN", amount("NaN"), {"type:net_amount"}),
    ("inf", amount("-inf"), {"type:net_amount"}),
    ("full-width digits", amount("１２"), {"type:net_amount"}),
    ("line break in a number", amount('"1\n0"'), {"type:net_amount"}),
    ("0000-00-00", sold_on("0000-00-00"), {"type:sold_on"}),
    ("2024-02-30", sold_on("2024-02-30"), {"type:sold_on"}),
    ("31/12/2023", sold_on("31/12/2023"), {"type:sold_on"}),
    ("a day as a number", sold_on("45000"), {"type:sold_on"}),
    ("1899-12-30", sold_on("1899-12-30"), {"range:sold_on"}),
    ("everything at once", rows(",x,0000-00-00,,P1,#N/A,2e20"),
     {"missing:order_id", "type:line_no", "type:sold_on", "missing:customer_id", "type:quantity", "range:net_amount"}),
    ("deleted maybe", rows(GOOD + ",maybe", head=HEAD + ",deleted"), {"type:deleted"}),
    ("deleted without its key", rows(",1,,,,,,yes", head=HEAD + ",deleted"), {"missing:order_id"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reasons"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_rows_that_go_to_quarantine(tmp_path: Path, content: str, reasons: set[str]) -> None:
    """Guards against a value that is guessed at, and against a row refused for one reason of several."""
    found = take(tmp_path, content)
    assert (found.failures, found.lost) == ([], [])
    assert set(found.reasons) == reasons
    assert found.quarantined == 1
    assert found.delivered == found.accepted + found.quarantined
    kept = Lake(str(tmp_path / "lake")).scan(QUARANTINE).collect()
    assert set(kept["reasons"].to_list()[0]) == reasons
    assert (kept["source_file"][0], kept["source_row"][0]) == (FILE, 1)


KEPT: list[Any] = [
    ("header only", rows(), BY_DATE, 0),
    ("header without a line break", HEAD, BY_DATE, 0),
    ("byte order mark", b"\xef\xbb\xbf" + rows(GOOD).encode(), BY_DATE, 1),
    ("last line without a line break", rows(GOOD).rstrip(), BY_DATE, 1),
    ("blank lines", rows(GOOD, "", ""), BY_DATE, 1),
    ("windows line ends", rows(GOOD).replace("\n", "\r\n"), BY_DATE, 1),
    ("line break in a cell", rows('"A\nB",1,2024-01-05,C1,P1,1,10'), BY_DATE, 1),
    ("semicolons", rows(GOOD).replace(",", ";"), BY_DATE, 1),
    ("tabs", rows(GOOD).replace(",", "\t"), BY_DATE, 1),
    ("bars", rows(GOOD).replace(",", "|"), BY_DATE, 1),
    ("a formula as an id is text", rows("=1+1,1,2024-01-05,C1,P1,1,10"), BY_DATE, 1),
    ("the same key twice", rows(GOOD, GOOD.replace(",10", ",20")), BY_DATE, 2),
    ("gb18030", rows("订单,1,2024-01-05,C1,P1,1,10").encode("gb18030"), BY_DATE.replace('"}', '", encoding: gb18030}'), 1),
    ("utf-16", rows("订单,1,2024-01-05,C1,P1,1,10").encode("utf-16"), BY_DATE.replace('"}', '", encoding: utf-16}'), 1),
    ("a column nobody asked for", rows(GOOD + ",7", head=HEAD + ",extra"), BY_DATE, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "source", "accepted"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT]
)
def test_odd_files_that_are_read_all_the_same(
    tmp_path: Path, content: bytes | str, source: str, accepted: int
) -> None:
    """Guards against refusing what is only unusual."""
    found = take(tmp_path, content, source)
    assert (found.failures, found.accepted, found.quarantined) == ([], accepted, 0)


def _directory(folder: Path) -> None:
    (folder / FILE).mkdir()


def _not_xlsx(folder: Path) -> None:
    (folder / "sales.xlsx").write_bytes(b"this is no spreadsheet")


def _half_parquet(folder: Path) -> None:
    whole = folder / "whole"
    pl.DataFrame({name: ["1"] for name in HEAD.split(",")}).write_parquet(whole)
    (folder / "sales.parquet").write_bytes(whole.read_bytes()[:200])


def _bad_ndjson(folder: Path) -> None:
    (folder / "sales.ndjson").write_text('{"order_id": "A"}\n{"order_id": \n', encoding="utf-8")


def _nothing(_folder: Path) -> None:
    pass


_PLACES: list[Any] = [
    ("a directory", _directory, BY_DATE, f"{FILE}: found a directory, allowed: a file"),
    ("no such snapshot", _nothing, "{path: sales.csv}", "sales.csv: there is no such file"),
    ("no xlsx", _not_xlsx, "{path: sales.xlsx}", "sales.xlsx: not a readable xlsx file: "),
    ("half a parquet", _half_parquet, "{path: sales.parquet}", "sales.parquet: cannot be read: "),
    ("broken ndjson", _bad_ndjson, "{path: sales.ndjson}", "sales.ndjson: cannot be read"),
    ("no such database", _nothing, '{database: "sqlite:///erp.db", sql: SELECT 1}', "erp.db: there is no such SQLite file"),
    ("no database url", _nothing, "{database: erp, sql: SELECT 1}", "database: not a database URL such as postgresql://user@host/name"),
    ("a database url with a port of letters", _nothing, '{database: "postgresql://u:secret@host:port/x", sql: SELECT 1}', "database: not a database URL such as postgresql://user@host/name"),
    ("a database url with a password", _nothing, '{database: "mysql://u:secret@host/x", sql: SELECT 1}', "mysql://...: the driver MySQLdb is not installed; pip install it beside kehu"),
    ("files joined by wrong sql", _nothing, "{files: {c: customers.csv}, sql: SELEC x FROM c}", "customers.csv: the sql of the source fails: "),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "source", "message"), [case[1:] for case in _PLACES], ids=[case[0] for case in _PLACES]
)  # fmt: skip
def test_places_that_cannot_be_read(
    tmp_path: Path, prepare: Callable[[Path], None], source: str, message: str
) -> None:
    """Guards against tracebacks of libraries, and against taking an unreadable source for an empty one."""
    (tmp_path / "customers.csv").write_text("customer_id,customer_name\nC1,One\n", encoding="utf-8")
    prepare(tmp_path)
    (told,) = taken(tmp_path, source).failures
    told = told.replace(f"{tmp_path}/", "").removeprefix("sales of 2024-01-31: ")
    assert told.removeprefix("sales: ").startswith(message)
    assert "\n" not in told


@contextmanager
def _as_somebody_else(folder: Path) -> Iterator[None]:
    """Root may read everything, so root becomes nobody meanwhile."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_file_without_permission() -> None:
    """Guards against a traceback where a colleague forgot to open a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        assert take(folder, rows(GOOD)).accepted == 1
        (folder / FILE).chmod(0)
        with _as_somebody_else(folder):
            (told,) = taken(folder, BY_DATE).failures
    assert told == f"sales of 2024-01-31: {folder / FILE}: no permission to read it"


def test_variable_that_is_not_set(tmp_path: Path) -> None:
    """Guards against a database that is asked with the name of a secret, and a message that says not where it is named."""
    with pytest.raises(SettingsError) as caught:
        taken(tmp_path, '[{database: env:NOT_THERE, sql: SELECT 1}, {files: {s: "$NOT_HERE/s.csv"}, sql: SELECT 1}]')  # fmt: skip
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'kehu.yaml'}: feeds.sales.0.database: env:NOT_THERE: the environment variable NOT_THERE is not set",
        f"{tmp_path / 'kehu.yaml'}: feeds.sales.1.files.s: $NOT_HERE/s.csv: the environment variable NOT_HERE is not set",
    ]


def test_unknown_codes_and_ranges_of_other_feeds(tmp_path: Path) -> None:
    """Guards against feeds whose declaration no one reads: codes, ranges, conditions."""
    (tmp_path / "customers.csv").write_text(
        "customer_id,customer_name,nature,credit_limit,growth_potential\n"
        "C1,One,firm,-1,6\nC2,Two,individual,0,5\n",
        encoding="utf-8",
    )
    found = taken(tmp_path, BY_DATE, "customers")
    assert set(found.reasons) == {"code:nature", "range:credit_limit", "range:growth_potential"}
    assert (found.accepted, found.quarantined) == (1, 1)
