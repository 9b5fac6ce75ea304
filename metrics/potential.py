"""Where the potential lies (deck: 分析不同客户的商品销售, 确定有潜力的客户作为以后商品销售的重点).

Over the trailing 12 months a customer is held against its peers, the customers of the same nature that bought (itself
among them): what would it buy of a product if it bought like them? S_cp = net sales of a product to a customer, S_c = to
the customer, S_p = of the product, S = of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics.periods import of_trailing_year
from metrics.ratios import flag, ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Frame = nw.LazyFrame[Any]

_CUSTOMER = ["month", "customer_id"]
_PRODUCT = ["month", "product_id"]
_PEERS = ["month", "nature"]
_CANDIDATE = [*_CUSTOMER, "nature", "product_id", "sales_amount", "customer_amount"]


def potential(
    pairs: Sequence[Frame],
    customers: Sequence[Frame],
    products: Frame,
    min_buyers_share: float,
    products_per_customer: int,
    held: Callable[[Frame], Frame],
) -> Frame:
    """One row per as-of month, customer and product with potential: each customer's best.

    All over the trailing 12 months. `pairs` (what `sold_pairs` returns) and `customers` (month, customer_id, nature,
    customer_amount S > 0) come in parts, each with the pairs of its own customers; several steps read them. `products`: month,
    product_id, sales_amount. `held`: computes a small frame once. Candidates are the products that a customer bought
    (S_cp > 0), and those that it did not but a share `min_buyers_share` of its peers did (`is_white_space`). Kept:
    potential_amount > 0 and rank_in_customer up to `products_per_customer`; ties share a rank.
    """
    parts = list(zip(pairs, customers, strict=True))
    peers = held(_peer_products(parts, held))
    kept = [
        held(_kept(bought, of_part, peers, min_buyers_share, products_per_customer))
        for bought, of_part in parts
    ]
    ranked = _ranked(nw.concat(kept, how="vertical"), "rank_in_product", _PRODUCT)
    return _with_shares(ranked, products)


def sold_pairs(customer_product_month: Frame, customers: Frame, windows: Frame) -> Frame:
    """One row per as-of month, product and customer of `customers`: sales_amount of the trailing 12 months (S_cp)."""
    return (
        customer_product_month.rename({"month": "fact_month"})
        .join(of_trailing_year(windows).select("month", "fact_month"), on="fact_month", how="inner")
        .group_by(*_CUSTOMER, "product_id")
        .agg(sales_amount=nw.col("sales_amount").sum())
        .join(customers.select(*_CUSTOMER), on=_CUSTOMER, how="semi")
    )


def _peer_products(parts: Sequence[tuple[Frame, Frame]], held: Callable[[Frame], Frame]) -> Frame:
    """Per nature and product: what the peers bought of it, how many did, and the peers' totals."""
    is_buyer = flag(nw.col("sales_amount") > 0)
    product = [*_PEERS, "product_id"]
    sums = [
        pairs.join(customers, on=_CUSTOMER, how="left")
        .group_by(*product)
        .agg(peers_product_amount=nw.col("sales_amount").sum(), buyer_count=is_buyer.sum())
        for pairs, customers in parts
    ]
    totals = [
        customers.group_by(*_PEERS).agg(
            peer_count=nw.len().cast(nw.Int64), peers_amount=nw.col("customer_amount").sum()
        )
        for _, customers in parts
    ]
    return _added([held(one) for one in sums], product).join(
        _added(totals, _PEERS), on=_PEERS, how="left"
    )


def _added(sums: Sequence[Frame], key: list[str]) -> Frame:
    """The sums of several parts, added."""
    frame = nw.concat(sums, how="vertical")
    return frame.group_by(*key).agg(
        nw.col(name).sum() for name in frame.collect_schema().names() if name not in key
    )


def _kept(
    pairs: Frame,
    customers: Frame,
    peers: Frame,
    min_buyers_share: float,
    products_per_customer: int,
) -> Frame:
    """The best candidates of each customer of a part, with its rank."""
    bought = pairs.filter(nw.col("sales_amount") > 0).join(customers, on=_CUSTOMER, how="left")
    white_space = _white_space(pairs, customers, peers, min_buyers_share)
    return (
        nw.concat([bought.select(_CANDIDATE), white_space.select(_CANDIDATE)], how="vertical")
        .join(peers, on=[*_PEERS, "product_id"], how="left")
        .with_columns(potential_amount=_potential())
        .filter(nw.col("potential_amount") > 0)
        .pipe(_ranked, "rank_in_customer", _CUSTOMER)
        .filter(nw.col("rank_in_customer") <= products_per_customer)
    )


def _white_space(pairs: Frame, customers: Frame, peers: Frame, min_buyers_share: float) -> Frame:
    """What enough peers buy and the customer does not, or sent back.

    Also where peers returned more than they bought: who returned more still has potential.
    """
    enough = ratio(nw.col("buyer_count"), nw.col("peer_count")) >= min_buyers_share
    return (
        customers.join(peers.filter(enough).select(*_PEERS, "product_id"), on=_PEERS, how="inner")
        .join(pairs, on=[*_CUSTOMER, "product_id"], how="left")
        .with_columns(nw.col("sales_amount").fill_null(0))
        .filter(nw.col("sales_amount") <= 0)
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


def _with_shares(kept: Frame, products: Frame) -> Frame:
    """potential_index = (S_cp / S_c) / (S_p / S)."""
    sold = products.select(*_PRODUCT, product_amount="sales_amount")
    company = sold.group_by("month").agg(company_amount=nw.col("product_amount").sum())
    product, total = nw.col("product_amount"), nw.col("company_amount")
    no_product = product <= 0
    no_index = no_product | (total <= 0)
    reason = nw.lit("total_not_positive")
    own = ratio(nw.col("sales_amount"), nw.col("customer_amount"))
    return (
        kept.join(sold, on=_PRODUCT, how="left")
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
