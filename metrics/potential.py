"""Where the potential lies (deck: 分析不同客户的商品销售, 确定有潜力的客户作为以后商品销售的重点).

Over the trailing 12 months a customer is held against its peers, the customers of the same nature that bought (itself
among them): what would it buy of a product if it bought like them?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.ratios import ratio

if TYPE_CHECKING:
    from collections.abc import Callable

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
    held: Callable[[Frame], Frame],
) -> Frame:
    """One row per as-of month, customer and product with potential: each customer's best.

    `held`: computes a frame that several steps read, once. Candidates are the products that a customer with S > 0 bought (S_cp > 0), and those that it did not but a share
    `min_buyers_share` of its peers did (`is_white_space`). Kept: potential_amount > 0 and rank_in_customer up to
    `products_per_customer`; ties share a rank.
    """
    pairs = held(_pairs(customer_product_month, windows))
    bought = held(_of_customers_with_sales(pairs, customers_at))
    peers = held(_peer_products(bought))
    white_space = _white_space(bought, peers, min_buyers_share)
    kept = (
        nw.concat([bought.filter(nw.col("sales_amount") > 0), white_space], how="vertical")
        .join(peers, on=[*_PEERS, "product_id"], how="left")
        .with_columns(potential_amount=_potential())
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


def _of_customers_with_sales(pairs: Frame, customers_at: Frame) -> Frame:
    """The pairs of customers with S > 0, with nature and customer_amount (S).

    Sums over windows and left joins only: an optimiser may put inner joins in another order, and
    one that joins products before natures multiplies the rows.
    """
    return (
        pairs.with_columns(customer_amount=nw.col("sales_amount").sum().over(*_CUSTOMER))
        .filter(nw.col("customer_amount") > 0)
        .join(customers_at.select(*_CUSTOMER, "nature"), on=_CUSTOMER, how="left")
        .select(*_CUSTOMER, "nature", "product_id", "sales_amount", "customer_amount")
    )


def _customers(bought: Frame) -> Frame:
    return bought.group_by(*_CUSTOMER, "nature").agg(
        customer_amount=nw.col("customer_amount").max()
    )


def _peer_products(bought: Frame) -> Frame:
    """Per nature and product: what the peers bought of it, how many did, and the peers' totals."""
    totals = (
        _customers(bought)
        .group_by(*_PEERS)
        .agg(peer_count=nw.len().cast(nw.Int64), peers_amount=nw.col("customer_amount").sum())
    )
    is_buyer = nw.when(nw.col("sales_amount") > 0).then(1).otherwise(0).cast(nw.Int64)
    return (
        bought.group_by(*_PEERS, "product_id")
        .agg(peers_product_amount=nw.col("sales_amount").sum(), buyer_count=is_buyer.sum())
        .join(totals, on=_PEERS, how="left")
    )


def _white_space(bought: Frame, peers: Frame, min_buyers_share: float) -> Frame:
    """What enough peers buy and the customer does not, or sent back; as columns of `bought`.

    Also where peers returned more than they bought: who returned more still has potential.
    """
    enough = ratio(nw.col("buyer_count"), nw.col("peer_count")) >= min_buyers_share
    own = bought.select(*_CUSTOMER, "product_id", "sales_amount")
    return (
        _customers(bought)
        .join(peers.filter(enough).select(*_PEERS, "product_id"), on=_PEERS, how="inner")
        .join(own, on=[*_CUSTOMER, "product_id"], how="left")
        .with_columns(nw.col("sales_amount").fill_null(0))
        .filter(nw.col("sales_amount") <= 0)
        .select(*_CUSTOMER, "nature", "product_id", "sales_amount", "customer_amount")
    )


def _potential() -> nw.Expr:
    """floor((double(peers' S_cp) / double(peers' S_c)) x S_c - S_cp + 0.5), in units of 1/10,000."""
    share = nw.col("peers_product_amount").cast(nw.Float64) / nw.col("peers_amount").cast(
        nw.Float64
    )
    expected = share * nw.col("customer_amount").cast(nw.Float64)
    return (expected - nw.col("sales_amount").cast(nw.Float64) + 0.5).floor().cast(nw.Int64)


def _ranked(frame: Frame, name: str, group: list[str]) -> Frame:
    """Adds the rank by potential, largest first; ties share the first place that they take."""
    rank = nw.col("potential_amount").rank("min", descending=True).over(*group)
    return frame.with_columns(rank.cast(nw.Int64).alias(name))


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
            is_white_space=nw.col("sales_amount") <= 0,
            expected_amount=nw.col("potential_amount") + nw.col("sales_amount"),
            share_of_customer=own,
            share_of_product=nw.when(~no_product).then(ratio(nw.col("sales_amount"), product)),
            share_of_product_reason=nw.when(no_product).then(reason),
            potential_index=nw.when(~no_index).then(own / ratio(product, total)),
            potential_index_reason=nw.when(no_index).then(reason),
            buyers_share=ratio(nw.col("buyer_count"), nw.col("peer_count")),
        )
    )
