"""The demo company's feeds as files of many kinds, and the settings that read them."""

from __future__ import annotations

import csv
import json
import sqlite3
from typing import TYPE_CHECKING

import polars as pl

from pipelines.demo.make import make

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.demo.company import Company, Row

# Feeds that come as a csv file a month, with its encoding and delimiter, and those of which each night sees the whole.
_MONTHLY = {
    "customers": ("gb18030", ","),
    "sales": ("utf-8-sig", ","),
    "payments": ("utf-8", ";"),
    "visits": ("utf-8", ","),
    "complaints": ("utf-8", "\t"),
}
_SNAPSHOTS = ("invoices", "credit_investigations", "incidents", "reinstatements")


def write_demo(directory: Path, customers: int, months: int) -> Path:
    """Write feeds and settings into `directory`; equal arguments give equal files. Returns the settings file.

    The customers of the stories come on top of `customers`.
    """
    landing = directory / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    company = make(customers, months)
    for feed, (encoding, delimiter) in _MONTHLY.items():
        names = _names(_all(company, feed))
        for day, rows in company.rows[feed].items():
            _csv(landing / f"{feed}_{day}.csv", names, rows, encoding, delimiter)
    for feed in _SNAPSHOTS:
        rows = _all(company, feed)
        _csv(landing / f"{feed}.csv", _names(rows), rows, "utf-8", ";")
    for feed in ("products", "categories"):
        pl.DataFrame(_all(company, feed)).write_parquet(landing / f"{feed}.parquet")
    for feed in ("stock", "complaint_events"):
        for day, rows in company.rows[feed].items():
            _ndjson(landing / f"{feed}_{day}.ndjson", rows)
    _sqlite(landing / "planning.db", _all(company, "targets"))
    settings = directory / "kehu.yaml"
    settings.write_text(SETTINGS, encoding="utf-8")
    return settings


def _all(company: Company, feed: str) -> list[Row]:
    return [row for _, rows in sorted(company.rows[feed].items()) for row in rows]


def _names(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _csv(path: Path, names: list[str], rows: list[Row], encoding: str, delimiter: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _ndjson(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _sqlite(path: Path, rows: list[Row]) -> None:
    path.unlink(missing_ok=True)
    names = list(rows[0])
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"CREATE TABLE targets ({', '.join(names)})")
        marks = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT INTO targets VALUES ({marks})", rows)
        connection.commit()
    finally:
        connection.close()


SETTINGS = """\
# The demo company: a distributor of office goods, generated. Change anything and run again.
name: 示范办公用品有限公司
currency: CNY
language: zh
lake: ./lake                 # or s3://bucket/lake
time_travel_days: 30         # for so long earlier versions of the lake's tables can be read
calendar: {fiscal_year_starts: 1, timezone: Asia/Shanghai}

feeds:
  # A register in the encoding of an old ERP, delivered whenever somebody exports it: each change makes a version.
  customers:
    path: landing/customers_{date:%Y-%m-%d}.csv
    encoding: gb18030
    columns:
      customer_id: 客户号
      customer_name: 客户名称
      nature: 性质
      market_position: 市场地位
      region: 地区
      industry: 行业
      company_size: 企业规模
      traded_since: 开始交易
      salesperson_id: 业务员
      credit_limit: 信用额度
      credit_limit_expires_on: 额度到期日
      payment_terms_days: 付款期限
      phone: 联系电话
      address: 地址
    values:
      nature: {政府机构: government, 特殊公司: special_company, 普通公司: company, 个人: individual, 合作伙伴: partner}
      market_position: {领导者: leader, 挑战者: challenger, 追随者: follower, 补缺者: niche}

  # Two files joined by SQL; no date in their names, so a snapshot: read once a run.
  products:
    files: {p: landing/products.parquet, c: landing/categories.parquet}
    sql: >
      SELECT p.product_id, p.product_name, c.category, p.subcategory, p.unit, p.list_price, p.standard_cost
      FROM p LEFT JOIN c ON p.category_id = c.category_id

  # A delivery a month, with late lines, corrections and withdrawals of earlier months.
  sales:
    path: landing/sales_{date:%Y-%m-%d}.csv
    columns:
      order_id: 订单号
      line_no: 行号
      sold_on: {column: 日期, format: "%Y/%m/%d"}
      customer_id: 客户号
      product_id: 商品号
      salesperson_id: 业务员
      quantity: 数量
      net_amount: 金额
      cost_amount: 成本
      deleted: 撤回

  stock: {path: "landing/stock_{date:%Y-%m-%d}.ndjson"}

  # The whole book of invoices each night; payments by month, some of them again when their invoice is known.
  invoices: {path: landing/invoices.csv}
  payments: {path: "landing/payments_{date:%Y-%m-%d}.csv"}
  credit_investigations: {path: landing/credit_investigations.csv}
  incidents: {path: landing/incidents.csv}

  visits:
    path: landing/visits_{date:%Y-%m-%d}.csv
    values:  # what the source writes: what Kehu knows it as
      status: {已计划: planned, 已完成: done, 已取消: cancelled}
      outcome: {订货: order, 报价: quotation, 合同: contract, 收款: collection, 无效: none}
  reinstatements: {path: landing/reinstatements.csv}
  complaints: {path: "landing/complaints_{date:%Y-%m-%d}.csv"}
  complaint_events: {path: "landing/complaint_events_{date:%Y-%m-%d}.ndjson"}

  # From a database; a URL with a password belongs into the environment: database: env:ERP_URL
  targets:
    database: sqlite:///landing/planning.db
    sql: SELECT target_month, scope, member_id, period, target_amount, target_share FROM targets

publish: {duckdb: ./kehu.duckdb}
"""
