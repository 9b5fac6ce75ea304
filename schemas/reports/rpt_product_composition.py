"""The report `rpt_product_composition`: which products make up most of the sales, against their targets."""

from schemas.table import Table
from schemas.vocabulary import (
    ABC_SALES_SHARE,
    ATTAINMENT_RATE,
    ATTAINMENT_RATE_REASON,
    CUMULATIVE_SHARE,
    PERIODIC,
    PRODUCT_ID,
    RANK,
    SALES_AMOUNT,
    TARGET_AMOUNT,
    TARGET_STATUS,
    TIER,
    reason,
)

RPT_PRODUCT_COMPOSITION = Table(
    name="rpt_product_composition",
    layer="reporting",
    zh="商品销售构成",
    en="Product composition",
    grain_zh="每个截止月份、期间和商品一行（有销售行或目标）",
    grain_en="as-of month, period and product with a sales line or a target",
    question_zh="哪些商品构成了大部分销售额，是否达成目标？",
    question_en="Which products make up most of the sales, and were their targets met?",
    not_for_zh="不用于判断盈利能力；见 rpt_profitability。",
    not_for_en="Judging what a product earns; see rpt_profitability.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        PRODUCT_ID,
        SALES_AMOUNT,
        RANK,
        ABC_SALES_SHARE,
        reason(ABC_SALES_SHARE, "net_return", "no_sales"),
        CUMULATIVE_SHARE,
        TIER,
        TARGET_AMOUNT,
        ATTAINMENT_RATE,
        ATTAINMENT_RATE_REASON,
        TARGET_STATUS,
    ),
)
