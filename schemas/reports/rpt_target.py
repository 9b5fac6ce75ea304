"""The report `rpt_target`: every target and what became of it."""

from schemas.columns import Column
from schemas.feeds.targets import TARGETS
from schemas.table import Table
from schemas.vocabulary import (
    ATTAINMENT_RATE,
    ATTAINMENT_RATE_REASON,
    MEMBER_ID,
    PERIODIC,
    TARGET_AMOUNT,
    TARGET_SHARE,
    TARGET_STATUS,
    reason,
)

_ACTUAL_SHARE = Column(
    "actual_share", "ratio", "实际份额", "Actual share", unit="%",
    formula="actual / Σ net sales",
    zh_definition="商品的分母只含净销售额为正的商品，其余为全公司净销售额。",
    en_definition="Of products, in the net sales of those with positive net sales; of all others, in the company's net sales.",
)  # fmt: skip

RPT_TARGET = Table(
    name="rpt_target",
    layer="reporting",
    zh="目标达成",
    en="Targets",
    grain_zh="每个截止月份、期间、范围和成员一行",
    grain_en="as-of month, period, scope and member with a target",
    question_zh="每个目标达成了没有？",
    question_en="Was each target met?",
    not_for_zh="没有目标的成员不在此表。",
    not_for_en="Members without a target: they have no row.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        Column(
            "scope", "text", "范围", "Scope", required=True, key=True,
            codes=next(column.codes for column in TARGETS.columns if column.name == "scope"),
        ),
        MEMBER_ID,
        TARGET_AMOUNT,
        TARGET_SHARE,
        Column(
            "actual_amount", "num", "实际金额", "Actual amount", required=True, unit="currency",
            formula="Σ net_amount of the member's lines",
            zh_definition="业务员按销售行上的业务员，类别按截止日登记的类别；没有销售行为 0。",
            en_definition="A salesperson's by the lines, a category's by the register at as_of; 0 without lines.",
        ),
        _ACTUAL_SHARE,
        reason(_ACTUAL_SHARE, "total_not_positive", "no_sales", "net_return"),
        ATTAINMENT_RATE,
        ATTAINMENT_RATE_REASON,
        TARGET_STATUS,
    ),
)  # fmt: skip
