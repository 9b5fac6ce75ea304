"""A generated company that has run for so many years: monthly deliveries of all that happened, and the delivery of one more night.

Every day is like every other, whatever the history behind it: what grows from one year to ten is the history alone.
Numbers of documents rise with time, as they do in books; a hundredth of a night's sales corrects the days before.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import duckdb

from benchmarks.generate import MACROS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NIGHT = date(2024, 12, 31)
_BEGIN = date(2000, 1, 1)
_FEEDS = ("customers", "products", "sales", "invoices", "payments", "visits", "complaints", "complaint_events")  # fmt: skip
_HELPERS = """
CREATE MACRO customer(n) AS 'C' || CAST(floor(pow(chance(n, 10), 2) * {customers}) AS BIGINT);
CREATE MACRO serial(letter, n) AS letter || lpad(CAST(n AS VARCHAR), 10, '0');
"""
# Of each feed the records of a day: `d` is the day, `n` a number that no other record has. By a thousand customers and day.
# Invoices are paid within forty days of thirty, so that no customer needs a written report.
_RECORDS = {
    "sales": (160, """
SELECT serial('O', n // 4) AS order_id, n % 4 AS line_no, d AS sold_on, customer(n // 4) AS customer_id,
       'P' || CAST(floor(pow(chance(n, 11), 3) * 2000) AS BIGINT) AS product_id, 'S' || pick(n // 4, 5, 50) AS salesperson_id,
       1 + pick(n, 13, 9) AS quantity, round(1 + 900 * pow(chance(n, {salt}), 2), 4) AS net_amount, round(1 + 400 * chance(n, 15), 4) AS cost_amount"""),
    "invoices": (30, """
SELECT serial('V', n) AS invoice_id, customer(n) AS customer_id, d AS invoiced_on, d + 30 AS due_on, 100 + pick(n, 33, 900) AS amount"""),
    "payments": (30, """
SELECT serial('Y', n) AS payment_id, customer(n - {back}) AS customer_id, serial('V', n - {back}) AS invoice_id, d AS paid_on,
       100 + pick(n - {back}, 33, 900) AS amount"""),
    "visits": (6, """
SELECT serial('B', n) AS visit_id, customer(n) AS customer_id, 'S' || pick(n, 71, 50) AS salesperson_id, d AS planned_on, d AS visited_on,
       'done' AS status, ['order', 'none', 'none', 'quotation'][1 + pick(n, 75, 4)] AS outcome"""),
    "complaints": (2, """
SELECT serial('K', n) AS complaint_id, customer(n) AS customer_id, d + to_minutes(pick(n, 62, 600)) AS received_at,
       ['quality', 'contract', 'transport', 'service'][1 + pick(n, 63, 4)] AS category"""),
    # Eight steps, all on the day of the receipt.
    "complaint_events": (2, """
SELECT serial('K', n // 8) AS complaint_id, n % 8 + 1 AS sequence,
       ['recorded', 'responded', 'judged', 'assigned', 'analysed', 'proposed', 'approved', 'closed'][n % 8 + 1] AS step,
       d + to_minutes(600 + 60 * (n % 8)) AS occurred_at, CASE n % 8 WHEN 2 THEN 'valid' WHEN 6 THEN 'approved' END AS result"""),
}  # fmt: skip
_CUSTOMERS = """
SELECT 'C' || n AS customer_id, 'Customer ' || n AS customer_name,
       ['company', 'company', 'partner', 'government', 'individual'][1 + pick(n, 1, 5)] AS nature,
       'Region ' || pick(n, 3, 12) AS region, 'S' || pick(n, {salt}, 50) AS salesperson_id
FROM range({customers}) t(n) WHERE chance(n, {salt}) < {share}"""
_PRODUCTS = """
SELECT 'P' || n AS product_id, 'Product ' || n AS product_name, 'Category ' || n % 12 AS category, 50 AS list_price, 20 AS standard_cost
FROM range(2000) t(n)"""


def generate(folder: Path, years: int, customers: int) -> Path:
    """Write the history of so many years up to the day before `NIGHT`. Returns the settings file."""
    with _company(folder, customers) as connection:
        first = date(NIGHT.year - years + 1, 1, 1)
        _deliver(connection, folder, "products", first, _PRODUCTS)
        registered = _CUSTOMERS.format(customers=customers, salt=5, share=2)
        _deliver(connection, folder, "customers", first, registered)
        for begin, end in _months(first):
            _of_days(connection, folder, begin, end, customers)
    feeds = "".join(f'  {name}: {{path: "landing/{name}_{{date}}.parquet"}}\n' for name in _FEEDS)
    settings = folder / "kehu.yaml"
    settings.write_text(
        f"name: Generated\ncurrency: EUR\nlake: ./lake\ncalendar: {{timezone: UTC}}\nfeeds:\n{feeds}"
        "publish: {duckdb: ./kehu.duckdb}\n",
        encoding="utf-8",
    )
    return settings


def one_more_night(folder: Path, customers: int) -> None:
    """Add the deliveries of `NIGHT`."""
    with _company(folder, customers) as connection:
        changed = _CUSTOMERS.format(customers=customers, salt=6, share=0.001)
        _deliver(connection, folder, "customers", NIGHT, changed)
        _of_days(connection, folder, NIGHT, NIGHT, customers, corrected_days=10)


def _company(folder: Path, customers: int) -> duckdb.DuckDBPyConnection:
    (folder / "landing").mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute(MACROS + _HELPERS.format(customers=customers))
    return connection


def _months(begin: date) -> Iterator[tuple[date, date]]:
    """First and last day of each delivery of the history; the last one ends the day before the night."""
    while begin < NIGHT:
        following = (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begin, min(following, NIGHT) - timedelta(days=1)
        begin = following


def _of_days(
    connection: duckdb.DuckDBPyConnection, folder: Path, begin: date, end: date, customers: int, corrected_days: int = 0
) -> None:  # fmt: skip
    """One delivery of each feed, with the records of these days; of sales also corrections of the days before."""
    for name, (a_thousand, query) in _RECORDS.items():
        a_day = a_thousand * customers // 1000 * (8 if name == "complaint_events" else 1)
        told = _records(query, a_day, begin, end, 14)
        if name == "sales" and corrected_days:
            before = begin - timedelta(days=corrected_days)
            late = _records(query, a_day, before, begin - timedelta(days=1), 17)
            told = f"({told}) UNION ALL ({late} AND chance(n, 18) < {0.01 / corrected_days})"
        _deliver(connection, folder, name, end, told)


def _records(query: str, a_day: int, begin: date, end: date, salt: int) -> str:
    first, last = ((day - _BEGIN).days for day in (begin, end))
    told = query.format(salt=salt, back=f"{a_day} * (20 + n % {a_day} % 20)")
    return (
        f"{told} FROM (SELECT n, DATE '{_BEGIN}' + CAST(n // {a_day} AS INTEGER) AS d "
        f"FROM range({first * a_day}, {(last + 1) * a_day}) t(n)) WHERE true"
    )


def _deliver(
    connection: duckdb.DuckDBPyConnection, folder: Path, name: str, day: date, query: str
) -> None:
    connection.execute(f"COPY ({query}) TO '{folder}/landing/{name}_{day}.parquet'")
