"""The other peer: the same sales tables as `peer.py` makes, as a careful analyst writes them in pandas.

Whole columns by groupby, merge and rank, month by month; money in integers of 1/10,000, ids in categories, so that pandas is at its best.
No history of registers, no checks, no lake, no quarantine beyond dropping bad rows.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from benchmarks.pandas_customers import (
    abc,
    classes,
    concentration,
    grade,
    moves,
    performance,
    potential,
    rfm,
)
from benchmarks.pandas_products import averages, composition, profitability

UNITS = 10_000
PERIODS = ("month", "year_to_date", "trailing_12_months")
_TEXT = ["order_id", "customer_id", "product_id"]
_MONEY = ("_amount", "quantity")


class Inputs(NamedTuple):
    """Registers, the ledger with its costs, stock by month-end; amounts in units, months counted from year 0."""

    customers: pd.DataFrame
    products: pd.DataFrame
    lines: pd.DataFrame
    stock: pd.DataFrame


def units(column: pd.Series) -> pd.Series:
    """Amounts as integers of 1/10,000; what is missing stays so."""
    return (
        (pd.to_numeric(column, errors="coerce").astype("float64") * UNITS).round().astype("Int64")
    )


def month_of(dates: pd.Series) -> pd.Series:
    """Months since year 0."""
    return (dates.dt.year * 12 + dates.dt.month - 1).astype("int64")


def inputs(folder: Path) -> Inputs:
    """Read all files; of a sales line the newest delivery."""
    ending = next(folder.glob("sales_*")).suffix
    customers = _read(folder / f"customers{ending}")
    products = _read(folder / f"products{ending}")
    for price in ("list_price", "standard_cost"):
        products[price] = units(products[price]).astype("int64")
    delivered = [_read(path) for path in sorted(folder.glob(f"sales_*{ending}"))]
    lines = pd.concat(delivered, ignore_index=True).dropna(
        subset=[*_TEXT, "line_no", "sold_on", "quantity", "net_amount"]
    )
    lines = lines.drop_duplicates(["order_id", "line_no"], keep="last")
    lines = _costed(lines, products)
    for name, register in (("customer_id", customers), ("product_id", products)):
        kind = pd.CategoricalDtype(register[name])
        register[name], lines[name] = register[name].astype(kind), lines[name].astype(kind)
    lines["order_id"] = pd.factorize(lines["order_id"])[0]
    stock = _stock(_read(folder / f"stock{ending}"), products)
    return Inputs(customers, products, lines, stock)


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    for name in frame.columns.intersection([*_TEXT, "stock_on", "sold_on"]):
        if name.endswith("_on"):
            frame[name] = pd.to_datetime(frame[name], errors="coerce")
        else:
            frame[name] = frame[name].replace("", None)
    return frame


def _costed(lines: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Lines with amounts in units, their month, and a cost: the booked one, else quantity × standard cost."""
    for name in ("quantity", "net_amount", "cost_amount"):
        lines[name] = units(lines[name])
    standard = lines["product_id"].map(products.set_index("product_id")["standard_cost"])
    product = lines["quantity"] * standard.astype("Int64")
    away = product.abs().add(UNITS // 2) // UNITS
    cost = lines["cost_amount"].fillna(away.where(product >= 0, -away))
    return pd.DataFrame({
        "order_id": lines["order_id"],
        "customer_id": lines["customer_id"],
        "product_id": lines["product_id"],
        "month": month_of(lines["sold_on"]),
        "sold_on": lines["sold_on"],
        "positive_on": lines["sold_on"].where(lines["net_amount"] > 0),
        "sales": lines["net_amount"].astype("int64"),
        "quantity": lines["quantity"].astype("int64"),
        "cost": cost.fillna(0).astype("int64"),
        "uncosted": cost.isna().astype("int64"),
    })  # fmt: skip


def _stock(stock: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """The last stock of each product and month, in units and valued at cost and at retail."""
    stock["month"] = month_of(stock["stock_on"])
    last = stock.sort_values("stock_on").drop_duplicates(["product_id", "month"], keep="last")
    last = last.astype({"product_id": products["product_id"].dtype}).merge(
        products, on="product_id"
    )
    quantity = units(last["quantity"]).astype("int64")
    prices = {"at_cost": "standard_cost", "at_retail": "list_price"}
    valued = {
        name: (quantity * last[price] + UNITS // 2) // UNITS for name, price in prices.items()
    }
    return pd.DataFrame({"product_id": last["product_id"], "month": last["month"], "quantity": quantity, **valued})  # fmt: skip


def by_month(lines: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Sums of the lines by month of sale and these keys, in the order of the months."""
    groups = lines.groupby(["month", *keys], observed=True, sort=False)
    sums = groups[["sales", "quantity", "cost", "uncosted"]].sum()
    if keys == ["customer_id"]:
        sums["first_on"], sums["last_on"] = groups["positive_on"].min(), groups["positive_on"].max()
        sums["active_months"] = sums["first_on"].notna().astype("int64")
    return sums.reset_index().sort_values("month", kind="stable", ignore_index=True)


def within(frame: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The rows of these months, of a frame in the order of its months."""
    begin, end = frame["month"].searchsorted([first, last + 1])
    return frame.iloc[begin:end]


def starts(month: int) -> dict[str, int]:
    """The first month of each period that ends with this one."""
    return dict(zip(PERIODS, (month, month - month % 12, month - 11), strict=True))


def reports(given: Inputs) -> dict[str, pd.DataFrame]:
    """All tables, all as-of months."""
    sums = {
        name: by_month(given.lines, keys)
        for name, keys in {
            "customer": ["customer_id"],
            "product": ["product_id"],
            "pair": ["customer_id", "product_id"],
            "order": ["customer_id", "order_id"],
        }.items()
    }
    made: dict[str, list[pd.DataFrame]] = defaultdict(list)
    past: dict[tuple[int, str], pd.DataFrame] = {}
    for month in range(given.lines["month"].min(), given.lines["month"].max() + 1):
        for table, frame in _of_month(given, sums, month, past):
            frame.insert(0, "as_of_month", f"{month // 12}-{month % 12 + 1:02}")
            made[table].append(frame)
    return {table: pd.concat(frames, ignore_index=True) for table, frames in made.items()}


def _of_month(
    given: Inputs, sums: dict[str, pd.DataFrame], month: int, past: dict[tuple[int, str], pd.DataFrame]
) -> list[tuple[str, pd.DataFrame]]:  # fmt: skip
    """The tables of an as-of month; `past` holds what the customers did in each period until now."""
    as_of = pd.Timestamp(month // 12, month % 12 + 1, 1) + pd.offsets.MonthEnd(0)
    for period, first in starts(month).items():
        past[month, period] = _customers(sums, first, month)
    year = past[month, PERIODS[-1]]
    known = classes(given.customers, within(sums["customer"], 0, month), year, as_of)
    told = [
        ("rpt_customer_classification", known.told),
        ("rpt_rfm", rfm(year, known.frame, as_of)),
        ("rpt_customer_grade", grade(year, past, month)),
        ("rpt_customer_product", potential(_sum(sums["pair"], ["customer_id", "product_id"], month - 11, month), year, given.customers)),
    ]  # fmt: skip
    for period, first in starts(month).items():
        now = past[month, period]
        sold = _sum(sums["product"], ["product_id"], first, month)
        stock = averages(given.stock, first, month)
        of_period = {
            "rpt_customer_abc": moves(now, past.get((month - 1, period))),
            "rpt_concentration": concentration(now),
            "rpt_customer_performance": performance(now, past.get((month - 12, period))),
            "rpt_product_composition": composition(sold),
            "rpt_profitability": profitability(sold, stock, given.products),
            **known.compositions(now),
        }
        for table, frame in of_period.items():
            frame.insert(0, "period", period)
            told.append((table, frame))
    return told


def _sum(sums: pd.DataFrame, keys: list[str], first: int, last: int) -> pd.DataFrame:
    inside = within(sums, first, last)
    return inside.groupby(keys, observed=True)[["sales", "quantity", "cost", "uncosted"]].sum()


def _customers(sums: dict[str, pd.DataFrame], first: int, last: int) -> pd.DataFrame:
    """Each customer's sums, orders and place in a period."""
    frame = _sum(sums["customer"], ["customer_id"], first, last)
    groups = within(sums["customer"], first, last).groupby("customer_id", observed=True)
    frame["last_on"], frame["active_months"] = (
        groups["last_on"].max(),
        groups["active_months"].sum(),
    )
    orders = _sum(sums["order"], ["customer_id", "order_id"], first, last)["sales"]
    frame["order_count"] = orders.groupby("customer_id", observed=True).size()
    frame["positive_orders"] = (orders > 0).groupby("customer_id", observed=True).sum()
    return frame.join(abc(frame["sales"]))


def write(tables: dict[str, pd.DataFrame], target: Path) -> None:
    """All tables into a DuckDB file, amounts as decimals."""
    target.unlink(missing_ok=True)
    with duckdb.connect(str(target)) as connection:
        for name, frame in tables.items():
            connection.register("made", frame)
            columns = ", ".join(_column(column, frame[column]) for column in frame.columns)
            connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM made")


def _column(name: str, values: pd.Series) -> str:
    if name.endswith(_MONEY):
        return f'CAST("{name}" AS DECIMAL(19, 0)) * 0.0001 AS "{name}"'
    if isinstance(values.dtype, pd.CategoricalDtype):
        return f'CAST("{name}" AS VARCHAR) AS "{name}"'
    return f'CAST("{name}" AS DATE) AS "{name}"' if name.endswith("_on") else f'"{name}"'


def run(folder: Path, target: Path) -> dict[str, float]:
    """Compute the tables of the files in `folder` into the DuckDB file `target`. Returns the seconds of both parts."""
    began = time.perf_counter()
    given = inputs(folder)
    read = time.perf_counter()
    write(reports(given), target)
    return {"ingestion": read - began, "reports": time.perf_counter() - read}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]))))
