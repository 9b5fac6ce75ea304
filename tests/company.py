"""A small company for tests: csv feeds and settings in a folder, and runs of it."""

from __future__ import annotations

import csv
import os
import shutil
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.run import Summary, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """\
name: Test
currency: EUR
lake: ./lake
calendar: {timezone: UTC}
feeds:
  customers: {path: "landing/customers_{date:%Y-%m-%d}.csv"}
  products: {path: "landing/products_{date:%Y-%m-%d}.csv"}
  sales: {path: "landing/sales_{date:%Y-%m-%d}.csv"}
  stock: {path: "landing/stock_{date:%Y-%m-%d}.csv"}
publish: {duckdb: ./kehu.duckdb}
"""


class Company:
    """A folder with landing files, settings, a lake and a DuckDB file."""

    def __init__(self, folder: Path, settings: str = SETTINGS) -> None:
        self.folder = folder
        self.settings = folder / "kehu.yaml"
        (folder / "landing").mkdir(parents=True, exist_ok=True)
        self.settings.write_text(settings, encoding="utf-8")

    def copied(self, folder: Path) -> Company:
        """The same company with the same past in a folder of its own."""
        shutil.copytree(self.folder, folder)  # times stay, and so do deliveries taken
        return Company(folder, self.settings.read_text(encoding="utf-8"))

    def deliver(self, feed: str, day: str, *rows: dict[str, Any]) -> Path:
        """Write a csv delivery of a feed."""
        path = self.folder / "landing" / f"{feed}_{day}.csv"
        names = list(dict.fromkeys(name for row in rows for name in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def run(
        self,
        first: str | None = None,
        last: str | None = "2024-12-31",
        tell: Callable[[str, str], None] = lambda *_: None,
    ) -> Summary:
        """Run the company as the command does; by default all that is new up to the end of 2024."""
        return run_settings(self.settings, first, last, tell)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the published DuckDB file answers."""
        with duckdb.connect(str(self.folder / "kehu.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """All rows of a published table, in an order of their own."""
        return sorted(self.rows(f"SELECT * FROM {name}"), key=repr)


def run_settings(
    settings: Path,
    first: str | None,
    last: str | None,
    tell: Callable[[str, str], None] = lambda *_: None,
) -> Summary:
    """Run a settings file as the command does, remembering the run beside it."""
    os.environ.pop("DAGSTER_HOME", None)
    first_day, last_day = (date.fromisoformat(day) if day else None for day in (first, last))
    return run(settings, first_day, last_day, tell)


def customer(number: int, **more: Any) -> dict[str, Any]:
    """A customer of the register."""
    return {
        "customer_id": f"C{number}",
        "customer_name": f"Customer {number}",
        "nature": "company",
        **more,
    }


def product(number: int, **more: Any) -> dict[str, Any]:
    """A product of the register."""
    return {
        "product_id": f"P{number}",
        "product_name": f"Product {number}",
        "category": "X",
        "list_price": 10,
        "standard_cost": 6,
        **more,
    }


def line(order: str, day: str, amount: Any, **more: Any) -> dict[str, Any]:
    """An order line; one piece of product P1 to customer C1 unless said otherwise."""
    return {
        "order_id": order,
        "line_no": 1,
        "sold_on": day,
        "customer_id": "C1",
        "product_id": "P1",
        "quantity": 1,
        "net_amount": amount,
        "cost_amount": "",
        "deleted": "",
        **more,
    }
