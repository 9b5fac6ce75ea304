"""A generated company of any size: the files that both sides of the benchmark read.

Two years of monthly deliveries; of each a hundredth corrects the month before, and a thousandth is broken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

MONTHS = 24
SETTINGS = """\
name: Generated
currency: EUR
lake: ./lake
calendar: {timezone: UTC}
feeds:
  customers: {path: customers.csv}
  products: {path: products.csv}
  sales: {path: "sales_{date}.csv"}
  stock: {path: stock.csv}
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
       'Subcategory ' || n % 60 AS subcategory, round(5 + 95 * chance(n, 6), 2) AS list_price,
       round(3 + 60 * chance(n, 7), 2) AS standard_cost
FROM range({products}) t(n)
"""
_STOCK = """
SELECT 'P' || p AS product_id, last_day(DATE '2023-01-01' + INTERVAL (m) MONTH) AS stock_on,
       pick(p * 100 + m, 8, 5000) AS quantity
FROM range({products}) t(p), range({months}) u(m)
"""
# Few customers and products make most of the sales: chances are squared and cubed.
_LINES = """
SELECT CASE WHEN chance(n, 19) < 0.001 THEN '' ELSE 'O' || n // 4 END AS order_id, n % 4 AS line_no,
       CAST(DATE '{first}' + CAST(pick(n // 4, 9, {days}) AS INTEGER) AS VARCHAR) AS sold_on,
       'C' || CAST(floor(pow(chance(n // 4, 10), 2) * {customers}) AS BIGINT) AS customer_id,
       'P' || CAST(floor(pow(chance(n, 11), 3) * {products}) AS BIGINT) AS product_id,
       CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 + pick(n, 13, 9) END AS quantity,
       CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 END * round(1 + 900 * pow(chance(n, {salt}), 2), 4) AS net_amount,
       CASE WHEN chance(n, 15) < 0.9
            THEN CASE WHEN chance(n, 12) < 0.03 THEN -1 ELSE 1 END * round(1 + 500 * pow(chance(n, 16), 2), 4) END AS cost_amount
FROM range({begin}, {end}) t(n) {where}
"""


def generate(folder: Path, lines: int) -> Path:
    """Write a company with about this many sales lines, unless it lies there already. Returns the settings file."""
    settings = folder / "kehu.yaml"
    if settings.exists():
        return settings
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"customers": max(50, lines // 500), "products": 1_000, "months": MONTHS}
    with duckdb.connect() as connection:
        connection.execute(MACROS)
        for name, query in (("customers", _CUSTOMERS), ("products", _PRODUCTS), ("stock", _STOCK)):
            _write(connection, query.format(**sizes), folder / f"{name}.csv")
        for month in range(MONTHS):
            _deliver(connection, folder, month, lines // MONTHS, sizes)
    settings.write_text(SETTINGS, encoding="utf-8")
    return settings


def _deliver(
    connection: duckdb.DuckDBPyConnection, folder: Path, month: int, lines: int, sizes: dict[str, int]
) -> None:  # fmt: skip
    """The lines of a month, and corrected amounts for a hundredth of the month before."""
    parts = [_lines(month, lines, 14, "", sizes)]
    if month:
        parts.append(_lines(month - 1, lines, 17, "WHERE chance(n, 18) < 0.01", sizes))
    year, of_year = 2023 + (month + 1) // 12, (month + 1) % 12 + 1
    path = folder / f"sales_{year}-{of_year:02}-01.csv"
    _write(connection, " UNION ALL ".join(f"({part})" for part in parts), path)


def _lines(month: int, lines: int, salt: int, where: str, sizes: dict[str, int]) -> str:
    first = f"{2023 + month // 12}-{month % 12 + 1:02}-01"
    span = {"begin": month * lines, "end": (month + 1) * lines, "days": 28}
    return _LINES.format(first=first, salt=salt, where=where, **span, **sizes)


def _write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{path}' (HEADER, DELIMITER ',')")
