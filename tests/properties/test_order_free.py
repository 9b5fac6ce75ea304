"""The same deliveries in any order, in batches and some of them twice, end in equal ledgers and reports."""

from __future__ import annotations

import csv
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import narwhals as nw
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ledgers import changes
from assets.ledgers.changes import ledger_of
from assets.ledgers.decided import decided
from assets.tables import Parts
from metrics.customer_abc import customer_abc
from metrics.periods import day_number, month_number
from pipelines.lake import Lake, in_units
from pipelines.landing import Landing
from pipelines.settings import load
from schemas.catalogue import FEEDS
from schemas.state import QUARANTINE
from tests.unit.metrics.customer_frames import calendar, period

if TYPE_CHECKING:
    import polars as pl

_SETTINGS = settings(max_examples=8)
SETTINGS = """\
name: T
currency: EUR
feeds:
  customers:
    - {path: "customers_{date}.csv", full: true}
    - {path: "more_{date}.csv"}
  sales: {path: "sales_{date}.csv"}
"""
START = date(2024, 5, 1)
SALES, CUSTOMERS = FEEDS["sales"], FEEDS["customers"]
Deliveries = dict[tuple[str, date], list[dict[str, Any]]]

_line = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["A", "B", "C"]),
        "line_no": st.integers(1, 2),
        "sold_on": st.sampled_from(["2024-04-30", "2024-05-01", "2024-06-30", "2024-02-30"]),
        "customer_id": st.sampled_from(["C1", "C2", "C3"]),
        "product_id": st.just("P"),
        "quantity": st.just(1),
        "net_amount": st.sampled_from(["10", "-3.00005", "7.5", "x"]),
        "deleted": st.sampled_from(["", "", "", "1"]),
    }
)
_member = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["C1", "C2", "C3"]),
        "customer_name": st.sampled_from(["One", "Uno"]),
        "region": st.sampled_from(["North", "South"]),
        "deleted": st.sampled_from(["", "", "", "1"]),
    }
)
_day = st.integers(0, 5).map(lambda days: START + timedelta(days=days))


def _of(kind: str, row: st.SearchStrategy[Any]) -> st.SearchStrategy[Deliveries]:
    return st.dictionaries(st.tuples(st.just(kind), _day), st.lists(row, max_size=5), max_size=4)


_deliveries = st.tuples(_of("sales", _line), _of("customers", _member), _of("more", _member)).map(
    lambda parts: {**parts[0], **parts[1], **parts[2]}
)


class Site:
    """A company's folder, lake and landing zone."""

    def __init__(self, folder: Path, text: str = SETTINGS) -> None:
        self.folder = folder
        (folder / "kehu.yaml").write_text(text, encoding="utf-8")
        self.lake = Lake(str(folder / "lake"))
        self.landing = Landing(load(folder / "kehu.yaml"), self.lake)

    def deliver(self, kind: str, day: date, rows: list[dict[str, Any]]) -> None:
        """Write a file; repeated, it is the same again."""
        path = self.folder / f"{kind}_{day}.csv"
        columns = (SALES if kind == "sales" else CUSTOMERS).columns
        names = list(rows[0]) if rows else [column.name for column in columns if column.required]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)

    def take(self, first: date, last: date) -> None:
        """Take in all that lies there for these dates, known or not."""
        for feed in (SALES, CUSTOMERS):
            loaded = self.landing.load(feed, f"{first}", f"{last}", {})
            assert (loaded.failures, loaded.lost) == ([], [])

    def decide(self) -> None:
        """Bring the ledgers up to what was taken in, as a run does."""
        for feed in (SALES, CUSTOMERS):
            version = self.lake.version(feed.accepted)
            found = ledger_of(feed, self.lake, self.landing.full_deliveries(feed))
            for table, one in zip((feed.ledger, feed.retired), found, strict=True):
                frame, parts = (one.frame, one.names) if isinstance(one, Parts) else (one, None)
                rows = nw.to_native(frame)
                self.lake.replace(table, rows, parts=parts, made_from=version)

    def kept(self) -> dict[str, list[Any]]:
        """The ledgers and retired rows as they lie in the lake, as sorted rows."""
        tables = [table for feed in (SALES, CUSTOMERS) for table in (feed.ledger, feed.retired)]
        frames = {"/".join(table.path): self.lake.scan(table) for table in tables}
        return {name: sorted(frame.collect().rows(), key=repr) for name, frame in frames.items()}

    def decided_anew(self) -> dict[str, list[Any]]:
        """What `kept` must be: everything decided from all accepted rows."""
        found = {}
        for feed in (SALES, CUSTOMERS):
            full = self.landing.full_deliveries(feed)
            rows = nw.from_native(self.lake.scan(feed.accepted))
            tables = (feed.ledger, feed.retired)
            for table, frame in zip(tables, decided(feed, rows, full, self.lake, 1), strict=True):
                shown = nw.to_native(frame.select(table.names)).collect()
                found["/".join(table.path)] = sorted(shown.rows(), key=repr)
        return found

    def tables(self) -> dict[str, list[Any]]:
        """Accepted and refused rows, ledgers, retired rows and a report, as sorted rows."""
        frames = {"quarantine": self.lake.scan(QUARANTINE).drop("amounts")}
        for feed in (SALES, CUSTOMERS):
            accepted = in_units(self.lake.scan(feed.accepted))
            full = self.landing.full_deliveries(feed)
            rows = nw.from_native(accepted)
            ledger, retired = decided(feed, rows, full, self.lake, 1)
            frames[f"{feed.name} accepted"] = accepted
            frames[f"{feed.name} ledger"] = nw.to_native(ledger)
            frames[f"{feed.name} retired"] = nw.to_native(retired)
        frames["abc"] = _abc(frames["sales ledger"])
        return {name: sorted(frame.collect().rows(), key=repr) for name, frame in frames.items()}


def _abc(ledger: pl.LazyFrame) -> pl.LazyFrame:
    lines = nw.from_native(ledger).with_columns(
        day=day_number(nw.col("sold_on")), month=month_number(nw.col("sold_on"))
    )
    months = calendar("2024-04", "2024-06")
    found = customer_abc(period(lines, months), 7_500, 9_500)
    return nw.to_native(found.drop("previous_line_count", strict=False))


def _newest(deliveries: Deliveries) -> dict[tuple[str, int], tuple[str, str]]:
    """What a plain reading of the rule leaves of the sales: key -> customer, amount."""
    current: dict[tuple[str, int], tuple[str, str]] = {}
    for (kind, _), rows in sorted(deliveries.items(), key=lambda item: item[0][1]):
        for row in rows if kind == "sales" else []:
            key = (row["order_id"], row["line_no"])
            if row["deleted"]:
                current.pop(key, None)
            elif row["sold_on"] != "2024-02-30" and row["net_amount"] != "x":
                current[key] = (row["customer_id"], row["net_amount"])
    return current


@_SETTINGS
@given(_deliveries, st.data())
def test_any_order_ends_in_equal_tables(deliveries: Deliveries, data: st.DataObject) -> None:
    """A table that depends on when a file happened to be read cannot be rebuilt, and no one can say which is right."""
    with tempfile.TemporaryDirectory() as once, tempfile.TemporaryDirectory() as shuffled:
        whole, pieces = Site(Path(once)), Site(Path(shuffled))
        for (kind, day), rows in deliveries.items():
            whole.deliver(kind, day, rows)
        whole.take(START, START + timedelta(days=5))
        order = data.draw(st.permutations(sorted(deliveries)))
        again = data.draw(st.lists(st.sampled_from(order), max_size=3)) if order else []
        for kind, day in [*order, *again]:
            pieces.deliver(kind, day, deliveries[kind, day])
            pieces.take(day, day)
        expected = whole.tables()
        assert pieces.tables() == expected
        index = {name: place for place, name in enumerate(SALES.ledger.names)}
        current = {
            (row[index["order_id"]], row[index["line_no"]]): row[index["customer_id"]]
            for row in expected["sales ledger"]
        }
        assert current == {key: value[0] for key, value in _newest(deliveries).items()}


_ONE_SOURCE = """\
name: T
currency: EUR
feeds:
  customers: {path: "customers_{date}.csv"CUSTOMERS}
  sales: {path: "sales_{date}.csv"SALES}
"""
_night = st.one_of(
    st.tuples(st.just("sales"), _day, st.lists(_line, max_size=5)),
    st.tuples(st.just("customers"), _day, st.lists(_member, max_size=4)),
)


@settings(_SETTINGS, max_examples=25)
@given(st.lists(_night, min_size=2, max_size=7), st.booleans(), st.booleans())
def test_ledgers_kept_night_by_night_equal_those_decided_anew(
    nights: list[tuple[str, date, list[dict[str, Any]]]], full_customers: bool, full_sales: bool
) -> None:
    """A ledger brought up by what changed alone may keep a row that nothing delivers any longer, or miss one."""
    text = _ONE_SOURCE.replace("CUSTOMERS}", ", full: true}" if full_customers else "}")
    text = text.replace("SALES}", ", full: true}" if full_sales else "}")
    with (
        tempfile.TemporaryDirectory() as name,
        mock.patch.object(changes, "_NEARLY_ALL", 2),
    ):
        site = Site(Path(name), text)
        for kind, day, rows in nights:
            site.deliver(kind, day, rows)
            site.take(day, day)
            site.decide()
            assert site.kept() == site.decided_anew()
