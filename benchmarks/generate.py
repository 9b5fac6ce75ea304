"""A generated company of any size: the files that all sides of the sales benchmark read, CSV or Parquet.

Three years of monthly deliveries; of each a hundredth corrects the month before, and a thousandth is broken. Then one more night.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = 36
FORMATS = ("csv", "parquet")
_FIRST_YEAR = 2022
SETTINGS = """\
name: Generated
currency: EUR
engine: %(engine)s
lake: ./lake
calendar: {timezone: UTC}
feeds:
  customers: {path: %(landing)s/customers.%(ending)s}
  products: {path: %(landing)s/products.%(ending)s}
  sales: {path: "%(landing)s/sales_{date}.%(ending)s"}
  stock: {path: %(landing)s/stock.%(ending)s}
publish: {duckdb: ./kehu.duckdb}
"""
# A number from 0 to 1 that looks like chance and is the same on every machine.
MACROS = """
CREATE MACRO chance(n, salt) AS (hash(n * 1000003 + salt) % 1000000007) / 1000000007.0;
CREATE MACRO pick(n, salt, count) AS CAST(floor(chance(n, salt) * count) AS BIGINT);
"""
_CUSTOMERS = """
SELECT 'C' || n AS customer_id, 'Customer ' || n AS customer_name,
       ['company', 'company', 'partner', 'government', 'individual'][1 + pick(n, 1, 5)] AS nature,
       ['leader', 'follower', 'challenger', 'niche'][1 + pick(n, 2, 4)] AS market_position,
       'Region ' || pick(n, 3, 12) AS region, 'Industry ' || pick(n, 4, 20) AS industry,
       'S' || pick(n, 5, 50) AS salesperson_id
FROM range({customers}) t(n)
"""
_PRODUCTS = """
SELECT 'P' || n AS product_id, 'Product ' || n AS product_name, 'Category ' || n % 12 AS category,
       'Subcategory ' || n % 60 AS subcategory, CAST(5 + 95 * chance(n, 6) AS DECIMAL(9, 2)) AS list_price,
       CAST(3 + 60 * chance(n, 7) AS DECIMAL(9, 2)) AS standard_cost
FROM range({products}) t(n)
"""
_STOCK = """
SELECT 'P' || p AS product_id, last_day(DATE '{first_year}-01-01' + INTERVAL (m) MONTH) AS stock_on,
       pick(p * 100 + m, 8, 5000) AS quantity
FROM range({products}) t(p), range({months}) u(m)
"""
# Few customers and products make most of the sales: chances are squared and cubed.
_LINES = """
SELECT CASE WHEN chance(n, 19) < 0.001 THEN '' ELSE 'O' || n // 4 END AS order_id, n % 4 AS line_no,
       DATE '{first}' + CAST(pick(n // 4, 9, {days}) AS INTEGER) AS sold_on,
       'C' || CAST(floor(pow(chance(n // 4, 10), 2) * {customers}) AS BIGINT) AS customer_id,
       'P' || CAST(floor(pow(chance(n, 11), 3) * {products}) AS BIGINT) AS product_id,
       CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 + pick(n, 13, 9) END AS quantity,
       CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 END * CAST(1 + 900 * pow(chance(n, {salt}), 2) AS DECIMAL(12, 4)) AS net_amount,
       CASE WHEN chance(n, 15) < 0.9
            THEN CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 END * CAST(1 + 500 * pow(chance(n, 16), 2) AS DECIMAL(12, 4)) END AS cost_amount
FROM range({begin}, {end}) t(n)
"""


class Company(NamedTuple):
    """A company of about so many sales lines in so many months, and how its files are written."""

    folder: Path
    lines: int
    ending: str = "parquet"
    months: int = MONTHS

    @property
    def sizes(self) -> dict[str, int]:
        """What the queries ask: more lines make more customers and products, up to a size that companies have."""
        return {
            "customers": min(max(50, self.lines // 500), 100_000),
            "products": min(max(100, self.lines // 1_000), 20_000),
            "months": self.months,
            "first_year": _FIRST_YEAR,
        }

    def generate(self) -> Path:
        """Write all files, unless they lie there already. Returns the settings file."""
        settings = self.settings(self.folder, "polars", ".")
        if list(self.folder.glob("sales_*")):
            return settings
        with _connection() as connection:
            for name, query in (("customers", _CUSTOMERS), ("products", _PRODUCTS), ("stock", _STOCK)):  # fmt: skip
                self._write(connection, query.format(**self.sizes), name)
            for month in range(self.months):
                parts = [self._lines(month, 14)]
                if month:
                    parts.append(self._lines(month - 1, 17) + "WHERE chance(n, 18) < 0.01")
                told = " UNION ALL ".join(f"({part})" for part in parts)
                self._write(connection, told, f"sales_{_month(month + 1)}-01")
        return settings

    def settings(self, folder: Path, engine: str, landing: str) -> Path:
        """Write a settings file into a folder, from where the deliveries lie in `landing`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "kehu.yaml"
        words = {"engine": engine, "landing": landing, "ending": self.ending}
        path.write_text(SETTINGS % words, encoding="utf-8")
        return path

    def one_more_night(self) -> None:
        """Add a delivery with a hundredth of new lines, all of the month that has just begun."""
        with _connection() as connection:
            new = self._lines(self.months, 14, share=0.01, days=10)
            self._write(connection, new, f"sales_{_month(self.months)}-11")

    def _lines(self, month: int, salt: int, share: float = 0, days: int = 28) -> str:
        a_month = self.lines // self.months
        begin = month * a_month
        end = begin + (int(self.lines * share) or a_month)
        return _LINES.format(first=f"{_month(month)}-01", salt=salt, begin=begin, end=end, days=days, **self.sizes)  # fmt: skip

    def _write(self, connection: duckdb.DuckDBPyConnection, query: str, name: str) -> None:
        connection.execute(f"COPY ({query}) TO '{self.folder}/{name}.{self.ending}' (FORMAT {self.ending})")  # fmt: skip


def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(MACROS)
    return connection


def _month(number: int) -> str:
    return f"{_FIRST_YEAR + number // 12}-{number % 12 + 1:02}"
