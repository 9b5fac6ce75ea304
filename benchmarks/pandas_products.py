"""Products in pandas: composition, average stock, profitability. Of one period; amounts in integers of 1/10,000."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.pandas_customers import abc, ratio

_STOCK = {"at_cost": "cost_stock", "at_retail": "retail_stock"}
_AMOUNTS = ["sales", "cost", "uncosted"]
_SUMMED = [*_AMOUNTS, *_STOCK.values(), "stocked_sales", "stocked_cost"]


def composition(sold: pd.DataFrame) -> pd.DataFrame:
    """Each product's place among all that were sold."""
    ranked = abc(sold["sales"])
    positive = sold["sales"] > 0
    return pd.DataFrame({
        "sales_amount": sold["sales"],
        "rank": ranked["place"].where(positive),
        "sales_share": ratio(sold["sales"], ranked["total"]).where(positive),
        "cumulative_share": ratio(ranked["upto"], ranked["total"]).where(positive),
        "tier": ranked["tier"],
    }).reset_index()  # fmt: skip


def averages(stock: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Average stock by product: of all month-ends where none is missing, else of the first and the last."""
    inside = stock[stock["month"].between(first - 1, last)]
    at_ends = inside[inside["month"].isin([first - 1, last])]
    every, ends = inside.groupby("product_id", observed=True), at_ends.groupby("product_id", observed=True)  # fmt: skip
    counted = every.size()
    is_whole = counted == last - first + 2
    sums = every[list(_STOCK)].sum().where(is_whole, ends[list(_STOCK)].sum())
    kept = ends.size().reindex(sums.index, fill_value=0) == 2
    return sums.div(np.where(is_whole, counted, 2), axis=0).rename(columns=_STOCK)[kept]


def profitability(sold: pd.DataFrame, stock: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Margin, turnover and contribution of products, of what they belong to, and of the company."""
    frame = sold.join(stock, how="outer")
    frame["is_stocked"] = frame["cost_stock"].notna()
    frame[_AMOUNTS] = frame[_AMOUNTS].fillna(0).astype("int64")
    frame["stocked_sales"] = frame["sales"].where(frame["is_stocked"])
    frame["stocked_cost"] = frame["cost"].where(frame["is_stocked"])
    frame = frame.drop(columns=["quantity", "is_stocked"]).reset_index()
    of_product = products.set_index("product_id")
    frame["company"] = "*"
    for level in ("subcategory", "category"):
        frame[level] = frame["product_id"].map(of_product[level]).astype(str)
    levels = {"product": "product_id", "subcategory": "subcategory", "category": "category", "company": "company"}  # fmt: skip
    return pd.concat([_level(frame, level, by) for level, by in levels.items()], ignore_index=True)


def _level(frame: pd.DataFrame, level: str, by: str) -> pd.DataFrame:
    sums = frame.groupby(by, observed=True)[_SUMMED].sum(min_count=1)
    company = sums["sales"].sum()
    profit = sums["sales"] - sums["cost"]
    stocked = sums["stocked_sales"] - sums["stocked_cost"]
    made = pd.DataFrame({
        "level": level,
        "member_id": sums.index.astype(str),
        "sales_amount": sums["sales"],
        "cost_amount": sums["cost"],
        "gross_profit_amount": profit.astype("Int64").where(sums["uncosted"] == 0),
        "gross_margin_rate": ratio(profit, sums["sales"]).where(sums["sales"] > 0),
        "turnover_retail": ratio(sums["stocked_sales"], sums["retail_stock"]),
        "turnover_cost": ratio(sums["stocked_cost"], sums["cost_stock"]),
        "cross_ratio": ratio(stocked, sums["retail_stock"]),
        "gmroi": ratio(stocked, sums["cost_stock"]),
        "sales_share": sums["sales"] / company,
        "margin_mix": profit / company,
    })  # fmt: skip
    contribution = (made["cross_ratio"] * made["sales_share"]).where(sums["sales"] >= 0)
    made["contribution_ratio"] = contribution
    made["contribution_degree"] = contribution / contribution.sum()
    return made
