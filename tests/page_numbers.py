"""Every number of the manager's page against the tables, by queries of its own: nothing here uses the page's code."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

# State of the lake that the page tells beside the published tables.
_STATE = {
    "deliveries": "state/deliveries",
    "quarantine": "quarantine",
    "restatement": "restatement",
}
# What a unit behind a shown number is worth.
_WORTH = {
    "%": "0.01", "个百分点": "0.01", "pp": "0.01", "万": "1e4", "亿": "1e8", "k": "1e3", "M": "1e6", "bn": "1e9",
}  # fmt: skip
_SHOWN = re.compile(r"^([+−±-]?)([\d,]+(?:\.\d+)?)[\s\u00a0]?(\S*)$")

# Each element that tells a value, with what it inherits from its row, and what a reader sees in the page's language.
_READ = """() => Array.from(document.querySelectorAll('[data-value]'), (cell) => {
  const row = cell.closest('tr');
  const seen = cell.cloneNode(true);
  for (const extra of seen.querySelectorAll('small, .' + (document.documentElement.dataset.language === 'zh' ? 'en' : 'zh')))
    extra.remove();
  return {...(row ? row.dataset : {}), ...cell.dataset, shown: seen.textContent.trim(), number: cell.matches('.number, .value')};
})"""
# Numbers of which nobody could say where they come from.
_UNTOLD = """() => Array.from(document.querySelectorAll('td.number, dd.value, dd span.mark'))
  .filter((cell) => /\\d/.test(cell.textContent) && cell.dataset.value === undefined).map((cell) => cell.textContent)"""


def told(page: Page) -> list[dict[str, str]]:
    """All values that the page tells, hidden ones too, with their origin."""
    found: list[dict[str, str]] = page.evaluate(_READ)
    return found


def untold(page: Page) -> list[str]:
    """Numbers without an origin."""
    found: list[str] = page.evaluate(_UNTOLD)
    return found


def wrong(page: Page, tables: Tables) -> list[tuple[str, dict[str, str]]]:
    """The cells that tell something else than the tables, with what these hold."""
    cells = told(page)
    assert cells
    return [(right, cell) for cell in cells if (right := tables.expected(cell)) != cell["value"]]


def rightly_shown(cell: dict[str, str]) -> bool:
    """Whether what a reader sees is the value, rounded to the decimals that are shown; only of numbers."""
    number = _SHOWN.match(cell["shown"])
    if not number or not cell["value"]:
        return cell["shown"] in ("—", "·") and cell["value"] in ("", "0")
    sign, digits, unit = number.groups()
    worth = Decimal(_WORTH.get(unit, "1"))
    shown = Decimal(digits.replace(",", "")) * worth * (-1 if sign in ("−", "-") else 1)
    _, _, decimals = digits.partition(".")
    half = Decimal(5) * Decimal(10) ** (-len(decimals) - 1) * worth
    return abs(shown - Decimal(cell["value"])) <= half * (1 + Decimal("1e-9"))


class Tables:
    """The published file and the lake's state, asked by SQL."""

    def __init__(self, folder: Path) -> None:
        self._connection = duckdb.connect()
        self._connection.execute(f"ATTACH '{folder / 'kehu.duckdb'}' AS kehu (READ_ONLY)")
        self._connection.execute("USE kehu")
        for name, path in _STATE.items():
            if (folder / "lake" / path).exists():
                self._connection.register(name, pl.read_delta(str(folder / "lake" / path)).to_arrow())  # fmt: skip
        self._rows: dict[tuple[str, ...], dict[tuple[str, ...], dict[str, Any]]] = {}

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows that a query answers."""
        return self._connection.execute(sql, list(values)).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        """The only value that a query answers."""
        ((value,),) = self.ask(sql, *values)
        return value

    def expected(self, cell: dict[str, str]) -> str:
        """What the page must tell in a cell, as `data-value` writes it."""
        return _raw(self._expected(cell, cell.get("of", "row")))

    def _expected(self, cell: dict[str, str], of: str) -> Any:
        if of == "row":
            return self._row(cell["table"], cell["key"])[cell["column"]]
        if of in ("sum", "count"):
            return self._over(cell, of, cell["key"])
        if of in ("new", "cleared"):
            both = (cell["key"], cell["before"])
            return self._only_in(*(both if of == "new" else reversed(both)))
        if of == "reason":
            where, values = _where(cell["key"])
            sql = f"SELECT count(*) FROM quarantine WHERE {where} AND list_contains(reasons, ?)"
            return self.one(sql, *values, cell["reason"])
        now, before = self._both(cell)
        if of == "growth":
            return float((now - before) / before) if before > 0 else None
        assert of == "difference"
        return now - before

    def _row(self, table: str, key: str) -> dict[str, Any]:
        """The one row of a key; a table is read once."""
        wanted = json.loads(key)
        known = self._rows.setdefault((table, *wanted), {})
        if not known:
            rows = self._connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in rows.description]
            for values in rows.fetchall():
                row = dict(zip(names, values, strict=True))
                identity = tuple(str(row[name]) for name in wanted)
                assert identity not in known, f"{table}: {wanted} is no key"
                known[identity] = row
        return known[tuple(str(value) for value in wanted.values())]

    def _over(self, cell: dict[str, str], of: str, key: str) -> Any:
        where, values = _where(key)
        what = f'coalesce(sum("{cell["column"]}"), 0)' if of == "sum" else "count(*)"
        number = self.one(f"SELECT {what} FROM {cell['table']} WHERE {where}", *values)
        return number if isinstance(number, Decimal) and number.as_tuple().exponent else int(number)

    def _both(self, cell: dict[str, str]) -> tuple[Any, Any]:
        def value(key: str) -> Any:
            if cell["by"] == "row":
                where, values = _where(key)
                return self.one(f'SELECT "{cell["column"]}" FROM {cell["table"]} WHERE {where}', *values)  # fmt: skip
            return self._over(cell, cell["by"], key)

        return value(cell["now"]), value(cell["before"])

    def _only_in(self, one: str, other: str) -> int:
        """Findings of one month that the other has not, by rule, subject and what else tells them apart."""
        (where, values), (where_other, values_other) = _where(one), _where(other)
        name = "regexp_replace(finding_id, '^[0-9]{4}-[0-9]{2}/', '')"
        found: int = self.one(
            f"SELECT count(*) FROM rpt_finding WHERE {where} AND {name} NOT IN "
            f"(SELECT {name} FROM rpt_finding WHERE {where_other})",
            *values, *values_other,
        )  # fmt: skip
        return found


def _where(key: str) -> tuple[str, list[Any]]:
    """The SQL of a key: values, several values, NULL, or dates within a span."""
    parts, values = ["true"], []
    for name, value in json.loads(key).items():
        text = f'CAST("{name}" AS VARCHAR)'
        if isinstance(value, dict):
            parts.append(f'"{name}" <= CAST(? AS DATE) AND "{name}" > CAST(? AS DATE)')
            values += [value["upto"], value["after"] or "0001-01-01"]
        elif isinstance(value, list):
            parts.append(f"{text} IN (SELECT unnest(?))")
            values.append(value)
        else:
            parts.append(f"{text} IS NOT DISTINCT FROM ?")
            values.append(str(value).lower() if isinstance(value, bool) else value)
    return " AND ".join(parts), values


def _raw(value: Any) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
