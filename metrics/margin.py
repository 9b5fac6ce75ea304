"""Gross profit and gross margin rate 毛利率, and whether enough is known to tell them."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ratios import ratio
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

# The sums over lines that a margin needs; `gross_profit` also finds them behind a prefix.
MARGIN_SUMS = (
    "sales_amount", "cost_amount", "costed_sales_amount", "uncosted_line_count",
    "absolute_amount", "costed_absolute_amount",
)  # fmt: skip


def is_complete(min_cost_coverage: float, prefix: str = "") -> nw.Expr:
    """Whether the costs behind the sums of a row suffice; never NULL.

    No line without a cost; or, where `min_cost_coverage` is below 1, a cost coverage of at least that.
    """
    costed = nw.col(f"{prefix}uncosted_line_count") == 0
    if min_cost_coverage >= 1:
        return costed
    return costed | (cost_coverage(prefix) >= min_cost_coverage).fill_null(value=False)


def cost_coverage(prefix: str = "") -> nw.Expr:
    """Sum of |net_amount| of the lines with a cost, over that of all lines; NULL where nothing was sold."""
    return ratio(nw.col(f"{prefix}costed_absolute_amount"), nw.col(f"{prefix}absolute_amount"))


def gross_profit(min_cost_coverage: float, prefix: str = "") -> nw.Expr:
    """Net sales less cost, over the lines with a cost (units); NULL unless complete."""
    return nw.when(is_complete(min_cost_coverage, prefix)).then(
        nw.col(f"{prefix}costed_sales_amount") - nw.col(f"{prefix}cost_amount")
    )


def with_margin(frame: Frame, min_cost_coverage: float) -> Frame:
    """Adds cost_coverage, gross_profit_amount, gross_margin_rate and gross_margin_rate_reason.

    `frame`: the MARGIN_SUMS in units of 1/10,000, cost_amount being the sum of the known costs. With all lines costed,
    gross profit = sales - cost and the rate is gross profit / sales; with fewer, but enough by `min_cost_coverage` < 1,
    both are over the costed lines. Reasons, first that applies: `no_sales` (the rate's sales are 0), `net_return` (below
    0), `cost_incomplete`. The rate is never clipped and may be negative.
    """
    complete = is_complete(min_cost_coverage)
    base = nw.when(complete).then(nw.col("costed_sales_amount")).otherwise(nw.col("sales_amount"))
    profit = gross_profit(min_cost_coverage)
    return frame.with_columns(
        cost_coverage=cost_coverage(),
        gross_profit_amount=profit,
        gross_margin_rate=nw.when(base > 0).then(ratio(profit, base)),
        gross_margin_rate_reason=first_code(
            (base == 0, "no_sales"), (base < 0, "net_return"), (~complete, "cost_incomplete")
        ),
    )
