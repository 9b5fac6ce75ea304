"""Which products make up the sales (deck: 商品销售构成分析), and whether they met their targets."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.abc import abc
from metrics.targets import targets_for, with_attainment

Frame = nw.LazyFrame[Any]

_ROW = ["month", "period", "product_id"]


def product_composition(
    product_period: Frame, targets: Frame, cut_a: int, cut_b: int, *, has_targets: bool
) -> Frame:
    """One row per as-of month, period and product with a line in it or a target.

    The ABC rule of customers over products; a share target is held against sales_share.
    `has_targets`: whether the targets feed is supplied.
    """
    own = targets_for(targets, "product").rename({"member_id": "product_id"})
    sold = product_period.select(*_ROW, "sales_amount")
    brought_in = own.select(*_ROW).join(sold, on=_ROW, how="anti")
    rows = nw.concat([sold.select(*_ROW), brought_in], how="vertical")
    total = nw.when(nw.col("sales_amount") > 0).then(nw.col("sales_amount")).otherwise(0)
    positive = sold.group_by("month", "period").agg(positive_amount=total.sum())
    return (
        rows.join(sold, on=_ROW, how="left")
        .with_columns(nw.col("sales_amount").fill_null(0))
        .pipe(abc, cut_a, cut_b)
        .join(own, on=_ROW, how="left")
        .join(positive, on=["month", "period"], how="left")
        .pipe(with_attainment, "sales_share", "positive_amount", has_targets=has_targets)
    )
