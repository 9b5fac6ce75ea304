"""Night after night from sources of every kind: what was missed comes later, what was taken stays, nothing comes twice."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets.checks import feed_key
from assets.feeds.deliveries import FIRST_DATE, LAST_DATE
from pipelines.lake import Lake
from pipelines.landing import Landing, Loaded
from pipelines.punctuality import missing
from pipelines.requests import ingest_request
from pipelines.settings import load
from schemas.catalogue import FEEDS
from schemas.state import DELIVERIES, QUARANTINE
from tests.company import Company, line

if TYPE_CHECKING:
    from pathlib import Path

SALES = FEEDS["sales"]
SETTINGS = """\
name: T
currency: EUR
calendar: {timezone: UTC}
feeds:
  customers: {path: customers.csv}
  sales:
"""
HISTORY = "    - {path: history.csv}\n"
DATED = '    - {path: "landing/sales_{date}.csv"}\n'
ERP = """\
    - database: sqlite:///erp.db
      sql: SELECT * FROM lines WHERE moved_at >= :start AND moved_at < :end
"""
BY_DAY = "      delivered_on: DATE(moved_at)\n"


class Nights:
    """A company whose nights are told from their end."""

    def __init__(self, folder: Path, *sources: str) -> None:
        self.company = Company(folder, SETTINGS + "".join(sources))
        self.lake = Lake(str(folder / "lake"))
        self.landing = Landing(load(self.company.settings), self.lake)

    def pass_(self, day: int) -> Loaded:
        """The night after a day of January: what became of what was new."""
        last = date(2024, 1, day)
        pending = self.landing.pending(None, last, only_new=True, feeds=["sales"])
        asked = ingest_request(pending, last, "night")
        chosen = [] if isinstance(asked, dg.SkipReason) else asked.asset_selection or []
        if isinstance(asked, dg.SkipReason) or feed_key("sales") not in chosen:
            return Loaded()
        loaded = self.landing.load(SALES, asked.tags[FIRST_DATE], asked.tags[LAST_DATE], asked.tags)
        assert loaded.lost == []
        return loaded

    def rows(self) -> list[tuple[str, str]]:
        """Order and day of delivery of what was accepted, and of what was refused."""
        accepted = self.lake.scan(SALES.accepted).select("order_id", "delivered_on").collect()
        refused = self.lake.scan(QUARANTINE).select("source_file", "delivered_on").collect()
        rows = [*accepted.iter_rows(), *refused.iter_rows()]
        return sorted((name, f"{day:%m-%d}") for name, day in rows)

    def counts(self) -> list[tuple[str, int, int]]:
        """Day, accepted and refused rows of each delivery."""
        told = self.lake.scan(DELIVERIES).select("delivered_on", "accepted_rows", "quarantined_rows").collect()  # fmt: skip
        return sorted((f"{day:%m-%d}", *counts) for day, *counts in told.iter_rows())

    def history(self, *rows: dict[str, Any]) -> None:
        """Write the file without a date."""
        self.company.deliver("history", "", *rows).replace(self.company.folder / "history.csv")

    def erp(self, *moved: str) -> None:
        """Add orders of these moments to the database, each called by its moment."""
        with sqlite3.connect(self.company.folder / "erp.db") as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS lines (order_id, line_no, sold_on, customer_id, product_id, quantity, net_amount, moved_at)"
            )
            connection.executemany(
                "INSERT INTO lines VALUES (?, 1, '2024-01-01', 'C1', 'P1', 1, 10, ?)",
                [(at, at) for at in moved],
            )
        connection.close()


@pytest.mark.parametrize("delivered_on", ["", BY_DAY])
def test_days_on_which_the_database_was_away_come_later(tmp_path: Path, delivered_on: str) -> None:
    """Guards against days that no night asks for again, and a first night that takes the last day of a whole history."""
    nights = Nights(tmp_path, ERP, delivered_on)
    nights.erp("2023-06-01", "2024-01-01")
    nights.pass_(1)
    nights.erp("2024-01-02")
    shutil.move(tmp_path / "erp.db", tmp_path / "away.db")
    assert "no such SQLite file" in nights.pass_(2).failures[0]
    shutil.move(tmp_path / "away.db", tmp_path / "erp.db")
    nights.erp("2024-01-03", "2024-01-04")
    nights.pass_(3)
    by_night = [("2023-06-01", "01-01"), ("2024-01-01", "01-01"), ("2024-01-02", "01-03"), ("2024-01-03", "01-03")]  # fmt: skip
    assert nights.rows() == (by_night if not delivered_on else [(at, at[5:]) for at, _ in by_night])
    assert nights.pass_(3).dates == []


def test_a_snapshot_beside_dated_files_counts_once(tmp_path: Path) -> None:
    """Guards against a history that moves to the day of each night, or goes with the correction of a file of its day."""
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.history(line("H1", "2023-05-01", 1), line("", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    of_first = [("A1", "01-01"), ("H1", "01-01"), ("history.csv", "01-01")]
    assert nights.rows() == of_first
    nights.company.deliver("sales", "2024-01-02", line("A2", "2024-01-02", 10))
    assert nights.pass_(2).dates == ["2024-01-02"]
    assert nights.rows() == sorted([*of_first, ("A2", "01-02")])
    corrected = line("A1", "2024-01-01", 11), line("B1", "2024-01-01", 12)
    nights.company.deliver("sales", "2024-01-01", *corrected)
    assert nights.pass_(3).dates == ["2024-01-01"]
    assert nights.rows() == sorted([*of_first, ("A2", "01-02"), ("B1", "01-01")])
    assert nights.counts() == [("01-01", 3, 1), ("01-02", 1, 0)]
    assert nights.pass_(4).dates == []
    nights.history(line("H1", "2023-05-01", 2), line("H2", "2023-05-01", 3))
    assert nights.pass_(4).dates == ["2024-01-04"]
    assert ("H2", "01-04") in nights.rows()
    assert ("H1", "01-01") in nights.rows()  # what was delivered then


@pytest.mark.parametrize("delivered_on", ["", BY_DAY])
def test_a_database_beside_dated_files_is_asked_for_no_day_twice(
    tmp_path: Path, delivered_on: str
) -> None:
    """Guards against rows of a database that go as soon as the file of their day is looked at without them."""
    nights = Nights(tmp_path, DATED, ERP, delivered_on)
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.erp("2024-01-01")
    nights.pass_(1)
    assert nights.rows() == [("2024-01-01", "01-01"), ("A1", "01-01")]
    nights.company.deliver("sales", "2024-01-02", line("A2", "2024-01-02", 10))
    nights.erp("2024-01-02")
    assert nights.pass_(2).dates == ["2024-01-02"]
    nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 12))
    assert nights.pass_(2).dates == ["2024-01-01"]
    assert nights.rows() == [
        ("2024-01-01", "01-01"), ("2024-01-02", "01-02"), ("A2", "01-02"), ("B1", "01-01"),
    ]  # fmt: skip


def test_a_row_that_changed_leaves_its_day_whole(tmp_path: Path) -> None:
    """Guards against a day of which only the order that was changed later is left."""
    nights = Nights(tmp_path, ERP, "      delivered_on: DATE(order_id)\n")
    nights.erp("2024-01-01", "2024-01-02", "2024-01-02 12:00")
    nights.pass_(2)
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("UPDATE lines SET moved_at = '2024-01-05', net_amount = 11 WHERE order_id = '2024-01-02'")  # fmt: skip
    connection.close()
    assert nights.pass_(5).dates == ["2024-01-02"]
    assert nights.rows() == [("2024-01-01", "01-01"), ("2024-01-02", "01-02"), ("2024-01-02 12:00", "01-02")]  # fmt: skip
    assert nights.pass_(5).dates == []
    nights.landing.load(SALES, "2024-01-02", "2024-01-02", {})  # the day alone, after the change
    assert ("2024-01-02", "01-02") in nights.rows()


def test_databases_of_one_feed_leave_each_other_whole(tmp_path: Path) -> None:
    """Guards against days of one database that go because another one brings a row of them again."""
    erp, shop = "      delivered_on: DATE(order_id)\n", ERP.replace("lines", "more") + BY_DAY
    nights = Nights(tmp_path, ERP, erp)
    nights.erp("2024-01-01", "2024-01-02")
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("CREATE TABLE more AS SELECT * FROM lines")
        connection.execute("UPDATE more SET order_id = 'shop ' || order_id")
    nights.pass_(2)
    assert len(nights.rows()) == 2
    nights = Nights(tmp_path, ERP, erp, shop)
    nights.pass_(3)
    both = [("2024-01-01", "01-01"), ("2024-01-02", "01-02"), ("shop 2024-01-01", "01-01"), ("shop 2024-01-02", "01-02")]  # fmt: skip
    assert nights.rows() == both
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("UPDATE lines SET moved_at = '2024-01-05', net_amount = 11 WHERE order_id = '2024-01-01'")  # fmt: skip
    connection.close()
    assert nights.pass_(5).dates == ["2024-01-01"]
    assert nights.rows() == both
    assert nights.pass_(5).dates == []


def test_a_database_with_days_beside_one_without(tmp_path: Path) -> None:
    """Guards against a second run of a day that asks one of them for the whole history and the other for nothing."""
    nights = Nights(tmp_path, ERP, BY_DAY, ERP.replace("lines", "more"))
    nights.erp("2024-01-01", "2024-01-02")
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("CREATE TABLE more AS SELECT * FROM lines")
        connection.execute("UPDATE more SET order_id = 'shop ' || order_id")
    connection.close()
    nights.pass_(2)
    taken = [("2024-01-01", "01-01"), ("2024-01-02", "01-02"), ("shop 2024-01-01", "01-02"), ("shop 2024-01-02", "01-02")]  # fmt: skip
    assert nights.rows() == taken
    assert nights.pass_(2).dates == []
    nights.landing.load(SALES, "2024-01-02", "2024-01-02", {})
    assert nights.rows() == taken


def test_one_query_mapped_in_two_ways_is_two_sources(tmp_path: Path) -> None:
    """Guards against half of what a query told that goes with the correction of a file of its day."""
    again = ERP + BY_DAY + "      columns: {order_id: {sql: \"order_id || ' again'\"}}\n"
    nights = Nights(tmp_path, ERP, BY_DAY, again, DATED)
    nights.erp("2024-01-01")
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 10))
    nights.pass_(2)
    assert [name for name, _ in nights.rows()] == ["2024-01-01", "2024-01-01 again", "B1"]


def test_one_of_two_databases_taken_out(tmp_path: Path) -> None:
    """Guards against rows of the database that went kept for those of the one that stays."""
    more = ERP.replace("lines", "more") + BY_DAY
    nights = Nights(tmp_path, ERP, BY_DAY, more, DATED)
    nights.erp("2024-01-01")
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        connection.execute("CREATE TABLE more AS SELECT * FROM lines")
        connection.execute("UPDATE more SET order_id = 'shop ' || order_id")
    connection.close()
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights = Nights(tmp_path, more, DATED)
    nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 10))
    nights.pass_(2)
    assert nights.rows() == [("B1", "01-01"), ("shop 2024-01-01", "01-01")]


def test_a_range_read_again_keeps_what_came_with_its_last_day(tmp_path: Path) -> None:
    """Guards against a backfill of three days that takes the place of all that the first night had read."""
    nights = Nights(tmp_path, ERP)
    nights.erp("2023-06-01", "2024-01-01", "2024-01-02")
    nights.pass_(2)
    told = nights.landing.load(SALES, "2024-01-02", "2024-01-02", {})
    assert (told.dates, told.accepted) == (["2024-01-02"], 3)
    nights.erp("2024-01-03")
    nights.pass_(3)
    assert nights.counts() == [("01-02", 3, 0), ("01-03", 1, 0)]


def test_a_late_file_does_not_date_the_snapshot_back(tmp_path: Path) -> None:
    """Guards against a register of February that holds in January, because a file of January came late."""
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.history(line("H1", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights.history(line("H2", "2023-05-01", 1))
    nights.pass_(4)
    nights.company.deliver("sales", "2024-01-02", line("A2", "2024-01-02", 10))
    assert nights.pass_(5).dates == ["2024-01-02"]
    assert nights.rows() == [("A1", "01-01"), ("A2", "01-02"), ("H1", "01-01"), ("H2", "01-04")]


def test_sources_that_are_added_leave_what_was_taken(tmp_path: Path) -> None:
    """Guards against rows kept for those of another source, because the settings count the sources anew."""
    nights = Nights(tmp_path, ERP, DATED)
    nights.erp("2024-01-01")
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights = Nights(tmp_path, HISTORY, ERP, DATED)
    nights.history(line("H1", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 12))
    nights.pass_(2)
    assert nights.rows() == [("2024-01-01", "01-01"), ("B1", "01-01"), ("H1", "01-02")]
    numbers = dict(nights.lake.scan(SALES.accepted).select("order_id", "source_no").collect().iter_rows())  # fmt: skip
    assert numbers == {"2024-01-01": 2, "B1": 3, "H1": 1}


def test_a_database_that_is_added_is_asked_for_its_history(tmp_path: Path) -> None:
    """Guards against the years before a database was named, which no night asks for."""
    nights = Nights(tmp_path, DATED)
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights = Nights(tmp_path, DATED, ERP, BY_DAY)
    nights.erp("2023-06-01", "2024-01-01", "2024-01-02")
    nights.pass_(2)
    assert [name for name, _ in nights.rows()] == ["2023-06-01", "2024-01-01", "2024-01-02", "A1"]
    assert nights.pass_(2).dates == []


@pytest.mark.parametrize(
    ("before", "after"),
    [("{timezone: UTC}", "{timezone: Asia/Shanghai}"), ("sales:\n", "sales:\n    # mapped\n")],
)
def test_what_is_read_in_another_way_is_read_again(tmp_path: Path, before: str, after: str) -> None:
    """Guards against days that stay in an old time zone or mapping beside new ones, which no rebuild would bring."""
    nights = Nights(tmp_path, DATED, ERP, BY_DAY)
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.erp("2023-06-01", "2024-01-01")
    nights.pass_(1)
    mapped = "      columns: {net_amount: {sql: net_amount * 2}}\n" if "mapped" in after else ""
    again = Nights(tmp_path, DATED, ERP, BY_DAY, mapped)
    text = again.company.settings.read_text(encoding="utf-8").replace(before, after)
    again.company.settings.write_text(text, encoding="utf-8")
    again.landing = Landing(load(again.company.settings), again.lake)
    assert again.pass_(2).dates == ["2023-06-01", "2024-01-01"]
    amounts = dict(again.lake.scan(SALES.accepted).select("order_id", "net_amount").collect().iter_rows())  # fmt: skip
    doubled = 20 if mapped else 10
    assert amounts == {"A1": 10, "2023-06-01": doubled, "2024-01-01": doubled}
    assert again.pass_(2).dates == []


def test_a_source_that_was_taken_out_is_read_again_when_it_is_back(tmp_path: Path) -> None:
    """Guards against a snapshot that passes for known, whose rows went with the day that was read without it."""
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.history(line("H1", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    without = Nights(tmp_path, DATED)
    without.pass_(2)
    assert without.rows() == [("A1", "01-01")]
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.pass_(3)
    assert nights.rows() == [("A1", "01-01"), ("H1", "01-03")]


def test_a_run_that_dies_keeps_what_was_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Guards against a snapshot of an earlier night that goes because the run that read the file of its day anew died."""
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.history(line("H1", "2023-05-01", 1), line("", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 12))
    replace, calls = Lake.replace, []

    def dies(lake: Lake, *given: Any, **more: Any) -> None:
        calls.append(given)
        if len(calls) == 3:  # the accepted rows are there, the refused ones not
            raise KeyboardInterrupt
        replace(lake, *given, **more)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            nights.pass_(2)
    assert nights.counts() == [("01-01", 2, 1)]
    nights.pass_(3)
    assert nights.rows() == [("B1", "01-01"), ("H1", "01-01"), ("history.csv", "01-01")]
    assert nights.counts() == [("01-01", 2, 1)]
    assert nights.pass_(3).dates == []


def test_a_half_taken_day_whose_file_went_keeps_what_was_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Guards against half of a file that is gone by now, which stays because its day holds a snapshot as well."""
    nights = Nights(tmp_path, HISTORY, DATED)
    nights.history(line("H1", "2023-05-01", 1))
    nights.company.deliver("sales", "2024-01-01", line("A1", "2024-01-01", 10))
    nights.pass_(1)
    path = nights.company.deliver("sales", "2024-01-01", line("B1", "2024-01-01", 12))
    replace, calls = Lake.replace, []

    def dies(lake: Lake, *given: Any, **more: Any) -> None:
        calls.append(given)
        replace(lake, *given, **more)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            nights.pass_(2)
    path.unlink()
    nights.pass_(3)
    assert nights.rows() == [("H1", "01-01")]
    assert nights.counts() == [("01-01", 1, 0)]
    nights.company.deliver("sales", "2024-01-03", line("A3", "2024-01-03", 10))
    assert nights.pass_(3).dates == ["2024-01-03"]


def test_a_night_in_which_databases_have_nothing_new_changes_nothing(tmp_path: Path) -> None:
    """Guards against ledgers and reports made anew each night, now that the run itself finds out what is new."""
    both = "    - {database: sqlite:///erp.db, sql: SELECT * FROM one}\n"
    register = "  customers:\n" + both + both.replace("one", "more")
    settings = SETTINGS.replace("  customers: {path: customers.csv}\n", register)
    Nights(tmp_path, ERP, BY_DAY).erp("2024-01-01")
    company = Company(tmp_path, f"{settings}{ERP}{BY_DAY}publish: {{duckdb: ./kehu.duckdb}}\n")
    with sqlite3.connect(tmp_path / "erp.db") as connection:
        for name, member in (("one", "C1"), ("more", "C2")):
            connection.execute(f"CREATE TABLE {name} AS SELECT '{member}' customer_id, 'One' customer_name, 'company' nature")  # fmt: skip
    connection.close()
    first = company.run(last="2024-01-31")
    assert (first.problems, first.months) == ([], ["2024-01"])
    lake = Lake(str(tmp_path / "lake"))
    tables = [one for name in ("customers", "sales") for one in (FEEDS[name].accepted, FEEDS[name].ledger)]  # fmt: skip
    before = [lake.states(table) for table in tables]
    again = company.run(last="2024-02-01")
    assert (again.problems, again.months) == ([], [])
    assert [lake.states(table) for table in tables] == before


@pytest.mark.parametrize("delivered_on", ["", BY_DAY])
def test_a_day_of_a_database_that_is_missed(tmp_path: Path, delivered_on: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Guards against a sensor that copies a database every five minutes to see one day, and a snapshot that passes for the day."""
    nights = Nights(tmp_path, HISTORY, ERP, delivered_on, '      expected_by: "06:00"\n')
    nights.history(line("H1", "2023-05-01", 1))
    nights.erp("2024-01-01")
    monkeypatch.delattr("pipelines.sources.find.database_parts")
    settings = load(nights.company.settings)
    assert missing(settings, nights.lake, datetime(2024, 1, 2, 7)) == []
    (late,) = missing(settings, nights.lake, datetime(2024, 1, 3, 7))
    assert late.delivered_on == date(2024, 1, 2)


def test_files_of_one_name_in_several_folders_are_told_apart(tmp_path: Path) -> None:
    """Guards against a row that is taken for that of another branch, because both files have one name."""
    company = Company(
        tmp_path,
        "name: T\ncurrency: EUR\ncalendar: {timezone: UTC}\npublish: {duckdb: ./kehu.duckdb}\nfeeds:\n"
        '  customers: {path: "landing/*/customers_{date}.csv"}\n'
        '  sales: {path: "landing/sales_{date}.csv"}\n',
    )
    for branch, name in (("north", "Of the north"), ("south", "Of the south")):
        (tmp_path / "landing" / branch).mkdir()
        written = company.deliver("customers", "2024-01-01", {"customer_id": "CASH", "customer_name": name, "nature": "company"})  # fmt: skip
        written.replace(tmp_path / "landing" / branch / written.name)
    company.deliver("sales", "2024-01-05", line("O1", "2024-01-05", 10, customer_id="CASH"))
    assert company.run().problems == []
    assert company.rows("SELECT customer_name FROM dim_customer") == [("Of the south",)]
    assert company.rows("SELECT bool_and(is_balanced) FROM rpt_reconciliation") == [(True,)]
    kept = Lake(str(tmp_path / "lake")).scan(FEEDS["customers"].ledger).collect()
    assert kept["source_file"].to_list() == ["south/customers_2024-01-01.csv"]


def test_two_files_a_day_of_one_name_are_refused(tmp_path: Path) -> None:
    """Guards against a file that is never read because a statement joins one of each name a day."""
    joined = '    - {files: {s: "landing/sales_{date}_*.csv"}, sql: "SELECT * FROM s"}\n'
    nights = Nights(tmp_path, joined)
    for half in ("a", "b"):
        nights.company.deliver("sales", f"2024-01-01_{half}", line(half, "2024-01-01", 1))
    told = nights.pass_(1)
    assert "two files of 2024-01-01, sales_2024-01-01_a.csv and sales_2024-01-01_b.csv" in told.failures[0]  # fmt: skip
