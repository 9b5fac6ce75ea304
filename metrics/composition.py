"""Composition (deck: 客户构成分析): what share each class, and each customer in its class, brings.

Shares are of net sales, returns deducted; where the total is not positive a share is NULL with the reason
`class_total_not_positive`.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.classification import UNCLASSIFIED
from metrics.ratios import share_of
from schemas import vocabulary

Frame = nw.LazyFrame[Any]

DIMENSIONS = tuple(code for code, _, _ in vocabulary.DIMENSIONS)
_CUSTOMER = ["month", "customer_id"]
_ROW = ["month", "period", "customer_id"]


def classes(customers_at: Frame, classification: Frame) -> Frame:
    """One row per as-of month and existing customer: its class in every dimension but the tier."""
    open_dimensions = customers_at.select(
        *_CUSTOMER,
        nw.col("region").fill_null(UNCLASSIFIED),
        nw.col("industry").fill_null(UNCLASSIFIED),
        salesperson=nw.col("salesperson_id").fill_null(UNCLASSIFIED),
    )
    return open_dimensions.join(
        classification.select(*_CUSTOMER, "nature", "stage", "seniority", "volume_class"),
        on=_CUSTOMER,
        how="inner",
    )


def class_composition(customer_classes: Frame, customer_abc: Frame, bounds: Frame) -> Frame:
    """One row per as-of month, period, dimension and class that has an existing customer.

    `customer_abc`: customers with lines in the period; every other existing customer is of tier N and sold 0. Key
    accounts are the customers of tier A.
    """
    sold = customer_abc.select(*_ROW, "tier", "sales_amount")
    everyone = (
        customer_classes.join(bounds.select("month", "period"), on="month", how="inner")
        .join(sold, on=_ROW, how="left")
        .with_columns(
            tier=nw.col("tier").fill_null("N"), sales_amount=nw.col("sales_amount").fill_null(0)
        )
    )
    key = nw.when(nw.col("tier") == "A").then(nw.col("sales_amount")).otherwise(0)
    everyone = everyone.with_columns(key_account_amount=key)
    totals = [_class_totals(everyone, dimension) for dimension in DIMENSIONS]
    company = company_amount(customer_abc)
    return _with_shares(
        nw.concat(totals, how="vertical").join(company, on=["month", "period"], how="left")
    )


def _class_totals(everyone: Frame, dimension: str) -> Frame:
    return (
        everyone.group_by("month", "period", dimension)
        .agg(
            customer_count=nw.len().cast(nw.Int64),
            sales_amount=nw.col("sales_amount").sum(),
            key_account_amount=nw.col("key_account_amount").sum(),
        )
        .rename({dimension: "class"})
        .with_columns(dimension=nw.lit(dimension))
        .select(
            "month", "period", "dimension", "class", "customer_count", "sales_amount",
            "key_account_amount",
        )
    )  # fmt: skip


def company_amount(sold: Frame) -> Frame:
    """One row per as-of month and period: company_amount, the net sales of all its customers or products."""
    return sold.group_by("month", "period").agg(
        company_amount=nw.col("sales_amount").sum().cast(nw.Int64)
    )


def _with_shares(totals: Frame) -> Frame:
    return totals.with_columns(
        *share_of("sales_amount", "company_amount", "sales_share"),
        *share_of("key_account_amount", "sales_amount", "key_account_share"),
    )


def customer_composition(
    customer_classes: Frame, customer_abc: Frame, class_totals: Frame
) -> Frame:
    """One row per as-of month, period and customer with a line in it: its share in the company and in its classes.

    `customer_abc`: customers with lines in the period. `class_totals`: what `class_composition` returns.
    """
    rows = (
        customer_abc.select(*_ROW, "sales_amount", "tier")
        .join(customer_classes, on=_CUSTOMER, how="inner")
        .join(company_amount(customer_abc), on=["month", "period"], how="left")
        .with_columns(*share_of("sales_amount", "company_amount", "share_in_company"))
    )
    # share_in_nature, share_in_stage, share_in_seniority, share_in_volume_class, share_in_region, share_in_industry,
    # share_in_salesperson, share_in_tier
    for dimension in DIMENSIONS:
        total = class_totals.filter(nw.col("dimension") == dimension).select(
            "month",
            "period",
            nw.col("class").alias(dimension),
            nw.col("sales_amount").alias("class_amount"),
        )
        rows = (
            rows.join(total, on=["month", "period", dimension], how="left")
            .with_columns(*share_of("sales_amount", "class_amount", f"share_in_{dimension}"))
            .drop("class_amount")
        )
    return rows
