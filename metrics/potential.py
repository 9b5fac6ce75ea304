"""Where the potential lies (deck: 分析不同客户的商品销售, 确定有潜力的客户作为以后商品销售的重点).

Over the trailing 12 months a customer is held against its peers, the customers of the same nature that bought (itself
among them): what would it buy of a product if it bought like them?
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ratios import ratio

Frame = nw.LazyFrame[Any]

_CUSTOMER = ["month", "customer_id"]
_PRODUCT = ["month", "product_id"]
_PEERS = ["month", "nature"]


def potential(
    customer_product_month: Frame,
    customers_at: Frame,
    windows: Frame,
    min_buyers_share: float,
    products_per_customer: int,
) -> Frame:
    """One row per as-of month, customer and product with potential: each customer's best.

    Candidates are the products that a customer with S > 0 bought (S_cp > 0), and those that it did not but a share
    `min_buyers_share` of its peers did (`is_white_space`). Kept: potential_amount > 0 and rank_in_customer up to
    `products_per_customer`; ties share a rank.
    """
    pairs = _pairs(customer_product_month, windows)
    customers = (
        pairs.group_by(*_CUSTOMER)
        .agg(customer_amount=nw.col("sales_amount").sum())
        .filter(nw.col("customer_amount") > 0)
        .join(customers_at.select(*_CUSTOMER, "nature"), on=_CUSTOMER, how="inner")
    )
    peers = _peer_products(pairs, customers)
    bought = pairs.join(customers, on=_CUSTOMER, how="inner")
    candidates = nw.concat(
        [_bought(bought, peers), _white_space(bought, customers, peers, min_buyers_share)],
        how="vertical",
    )
    kept = (
        candidates.with_columns(potential_amount=_potential())
        .filter(nw.col("potential_amount") > 0)
        .pipe(_ranked, "rank_in_customer", _CUSTOMER)
        .filter(nw.col("rank_in_customer") <= products_per_customer)
        .pipe(_ranked, "rank_in_product", _PRODUCT)
    )
    return _with_shares(kept, pairs)


def _pairs(customer_product_month: Frame, windows: Frame) -> Frame:
    """Sales of each customer and product over the trailing 12 months of each as-of month."""
    trailing = windows.filter(nw.col("period") == "trailing_12_months")
    return (
        customer_product_month.rename({"month": "fact_month"})
        .join(trailing.select("month", "fact_month"), on="fact_month", how="inner")
        .group_by("month", "customer_id", "product_id")
        .agg(sales_amount=nw.col("sales_amount").sum())
    )


def _peer_products(pairs: Frame, customers: Frame) -> Frame:
    """Per nature and product: what the peers bought of it, how many did, and the peers' totals."""
    totals = customers.group_by(*_PEERS).agg(
        peer_count=nw.len().cast(nw.Int64), peers_amount=nw.col("customer_amount").sum()
    )
    bought = nw.when(nw.col("sales_amount") > 0).then(1).otherwise(0).cast(nw.Int64)
    return (
        pairs.join(customers.select(*_CUSTOMER, "nature"), on=_CUSTOMER, how="inner")
        .group_by(*_PEERS, "product_id")
        .agg(peers_product_amount=nw.col("sales_amount").sum(), buyer_count=bought.sum())
        .join(totals, on=_PEERS, how="inner")
    )


_CANDIDATE = [
    *_CUSTOMER, "nature", "product_id", "sales_amount", "customer_amount", "peers_product_amount",
    "peers_amount", "buyer_count", "peer_count", "is_white_space",
]  # fmt: skip


def _bought(bought: Frame, peers: Frame) -> Frame:
    return (
        bought.filter(nw.col("sales_amount") > 0)
        .join(peers, on=[*_PEERS, "product_id"], how="inner")
        .with_columns(is_white_space=nw.lit(value=False))
        .select(_CANDIDATE)
    )


def _white_space(bought: Frame, customers: Frame, peers: Frame, min_buyers_share: float) -> Frame:
    """What enough peers buy and the customer does not, or sent back.

    Also where peers returned more than they bought: who returned more still has potential.
    """
    enough = ratio(nw.col("buyer_count"), nw.col("peer_count")) >= min_buyers_share
    own = bought.select(*_CUSTOMER, "product_id", own_amount=nw.col("sales_amount"))
    return (
        customers.join(peers.filter(enough), on=_PEERS, how="inner")
        .join(own, on=[*_CUSTOMER, "product_id"], how="left")
        .with_columns(sales_amount=nw.col("own_amount").fill_null(0))
        .filter(nw.col("sales_amount") <= 0)
        .with_columns(is_white_space=nw.lit(value=True))
        .select(_CANDIDATE)
    )


def _potential() -> nw.Expr:
    """floor((double(peers' S_cp) / double(peers' S_c)) x S_c - S_cp + 0.5), in units of 1/10,000."""
    share = nw.col("peers_product_amount").cast(nw.Float64) / nw.col("peers_amount").cast(
        nw.Float64
    )
    expected = share * nw.col("customer_amount").cast(nw.Float64)
    return (expected - nw.col("sales_amount").cast(nw.Float64) + 0.5).floor().cast(nw.Int64)


def _ranked(frame: Frame, name: str, group: list[str]) -> Frame:
    """Adds the rank by potential, largest first; ties share it."""
    standing = (
        frame.group_by(*group, "potential_amount")
        .agg(equal=nw.len().cast(nw.Int64))
        .with_columns(descending=-nw.col("potential_amount"))
        .with_columns(up_to=nw.col("equal").cum_sum().over(*group, order_by="descending"))
        .select(*group, "potential_amount", (nw.col("up_to") - nw.col("equal") + 1).alias(name))
    )
    return frame.join(standing, on=[*group, "potential_amount"], how="inner")


def _with_shares(kept: Frame, pairs: Frame) -> Frame:
    """potential_index = (S_cp / S_c) / (S_p / sum of S)."""
    products = pairs.group_by(*_PRODUCT).agg(product_amount=nw.col("sales_amount").sum())
    company = pairs.group_by("month").agg(company_amount=nw.col("sales_amount").sum())
    product, total = nw.col("product_amount"), nw.col("company_amount")
    no_product = product <= 0
    no_index = no_product | (total <= 0)
    reason = nw.lit("total_not_positive")
    own = ratio(nw.col("sales_amount"), nw.col("customer_amount"))
    return (
        kept.join(products, on=_PRODUCT, how="left")
        .join(company, on="month", how="left")
        .with_columns(nw.col("product_amount").fill_null(0))
        .with_columns(
            expected_amount=nw.col("potential_amount") + nw.col("sales_amount"),
            share_of_customer=own,
            share_of_product=nw.when(~no_product).then(ratio(nw.col("sales_amount"), product)),
            share_of_product_reason=nw.when(no_product).then(reason),
            potential_index=nw.when(~no_index).then(own / ratio(product, total)),
            potential_index_reason=nw.when(no_index).then(reason),
            buyers_share=ratio(nw.col("buyer_count"), nw.col("peer_count")),
        )
    )
