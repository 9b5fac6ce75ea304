"""Findings on trading: tiers that moved, targets that were missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from metrics import texts
from metrics.periods import of_trailing_year
from metrics.reasons import first_code

if TYPE_CHECKING:
    from metrics.findings.told import Engine

Frame = nw.LazyFrame[Any]

_KEY = ["month", "customer_id"]


def tier_moved(customer_abc: Frame) -> Frame:
    """Customers whose tier of the trailing 12 months moved; watch if A before and now lower."""
    fell = (nw.col("previous_tier") == "A") & (nw.col("tier") != "A")
    moved = of_trailing_year(customer_abc).filter(nw.col("movement") != "stay")
    return moved.select(
        "month",
        "movement",
        "movement_cause",
        "sales_amount",
        subject_id="customer_id",
        severity=first_code((fell, "watch")).fill_null("info"),
        observed="tier",
        threshold=nw.col("previous_tier").fill_null("N"),
    )


def target_missed(targets: Frame, engine: Engine) -> Frame:
    """Target rows that were missed: by the amount where one is set, else by the share."""
    by_amount = ~nw.col("target_amount").is_null()
    amount, share = nw.col("actual_amount"), nw.col("actual_share")
    goal, goal_share = nw.col("target_amount"), nw.col("target_share")
    is_company = nw.col("member_id") == "*"
    missed = targets.filter(nw.col("target_status") == "missed")
    return engine.in_text(missed, share_text="actual_share", goal_text="target_share").select(
        "month",
        "period",
        subject_type="scope",
        subject_id="member_id",
        observed=nw.when(by_amount).then(texts.exact_money(amount)).otherwise(nw.col("share_text")),
        threshold=nw.when(by_amount).then(texts.exact_money(goal)).otherwise(nw.col("goal_text")),
        actual=nw.coalesce(
            nw.when(by_amount).then(texts.money(amount)).otherwise(texts.percent(share)),
            nw.lit("—"),
        ),
        target=nw.when(by_amount).then(texts.money(goal)).otherwise(texts.percent(goal_share)),
        member=nw.when(~is_company).then(nw.concat_str(nw.lit(" "), nw.col("member_id"))),
    )
