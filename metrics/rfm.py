"""RFM over the trailing 12 months: who bought lately, often and much. S = sales_amount."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from metrics.ranking import with_worse
from metrics.reasons import first_code

Frame = nw.LazyFrame[Any]

_FEWEST = 5  # fewer customers than scores: no scores
_HIGH, _LOW = 4, 2


def rfm(trailing: Frame, history: Frame, classification: Frame, calendar: Frame) -> Frame:
    """One row per as-of month and customer with S > 0 in the trailing 12 months.

    recency_days = as_of - last day with a line > 0; frequency = orders with a positive sum; monetary_amount = S. A score is
    1 + floor(5 x number strictly worse / n); with n < 5 scores are NULL and the segment is regular.
    """
    on = ["month", "customer_id"]
    scored = (
        trailing.filter(nw.col("sales_amount") > 0)
        .join(history.select(*on, "last_positive_day"), on=on, how="left")
        .join(calendar.select("month", "as_of_day"), on="month", how="left")
        .join(classification.select(*on, "seniority"), on=on, how="left")
        .with_columns(
            frequency=nw.col("positive_order_count"),
            monetary_amount=nw.col("sales_amount"),
            lateness=nw.col("last_positive_day") - nw.col("as_of_day"),
        )
    )
    for value in ("lateness", "frequency", "monetary_amount"):
        scored = with_worse(scored, ["month"], value)
    return scored.with_columns(
        recency_days=-nw.col("lateness"),
        r_score=_score("lateness"),
        f_score=_score("frequency"),
        m_score=_score("monetary_amount"),
    ).with_columns(segment=_segment())


def _score(value: str) -> nw.Expr:
    worse, count = nw.col(f"{value}_worse"), nw.col(f"{value}_count")
    return nw.when(count >= _FEWEST).then(1 + 5 * worse // count)


def _segment() -> nw.Expr:
    r, f, m = nw.col("r_score"), nw.col("f_score"), nw.col("m_score")
    return first_code(
        ((r >= _HIGH) & (f >= _HIGH) & (m >= _HIGH), "champion"),
        (f >= _HIGH, "loyal"),
        ((r >= _HIGH) & (nw.col("seniority") == "new"), "new"),
        ((r <= _LOW) & (f >= _HIGH - 1), "at_risk"),
        (r == 1, "lost"),
    ).fill_null("regular")
