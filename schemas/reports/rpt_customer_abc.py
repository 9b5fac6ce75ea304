"""The report `rpt_customer_abc`: which customers make up most of the sales, and who changed tier."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    ABC_SALES_SHARE,
    CUMULATIVE_SHARE,
    CUSTOMER_ID,
    PERIODIC,
    RANK,
    SALES_AMOUNT,
    TIER,
    TIER_CODES,
    reason,
)

RPT_CUSTOMER_ABC = Table(
    name="rpt_customer_abc",
    layer="reporting",
    zh="客户 ABC 分析",
    en="Customer ABC analysis",
    grain_zh="每个截止月份、期间和客户一行（有销售行，或上月等级为 A–C）",
    grain_en="as-of month, period and customer with a sales line in the period or a previous tier A–C",
    question_zh="哪些客户是重点客户，离上一级还差多少，等级为什么变动？",
    question_en="Which customers matter most, how far is each from the next tier, and why did its tier move?",
    not_for_zh="不用于判断盈利能力；见 rpt_customer_performance 和 rpt_customer_grade。",
    not_for_en="Judging what a customer earns; see rpt_customer_performance and rpt_customer_grade.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        CUSTOMER_ID,
        SALES_AMOUNT,
        RANK,
        ABC_SALES_SHARE,
        reason(ABC_SALES_SHARE, "net_return", "no_sales"),
        CUMULATIVE_SHARE,
        TIER,
        Column(
            "strict_tier", "text", "ABC 等级（严格）", "ABC tier (strict)", required=True,
            codes=TIER_CODES,
            zh_definition="另一种惯例：跨线者归低一级（含同额者的累计不超过 75% 为 A，不超过 95% 为 B），用于与其他系统核对。",
            en_definition="The convention that sends the crossing item down (A while the items at least as large sum to at most 75 %, B 95 %), to reconcile with other systems.",
        ),
        Column(
            "to_next_tier_amount", "num", "距上一级差额", "Amount to the next tier", low=0,
            unit="currency",
            formula="lowest net sales in the next higher tier − net sales",
            zh_definition="没有 B类时 C类对 A类；A类和 N类为空。",
            en_definition="Of a C to A where there is no B; NULL in tiers A and N.",
        ),
        Column(
            "previous_tier", "text", "上月等级", "Previous tier", codes=TIER_CODES,
            zh_definition="同一期间、上一截止月份的等级；当时没有销售行为空。",
            en_definition="Of the same period one as-of month earlier; NULL without a sales line in it.",
        ),
        Column(
            "movement", "text", "等级变动", "Movement", required=True,
            codes=(
                ("stay", "不变", "Stay"), ("up", "上升", "Up"), ("down", "下降", "Down"),
                ("enter", "进入", "Enter"), ("exit", "退出", "Exit"),
            ),
            zh_definition="进入：上月没有等级或为 N，本月为 A–C；退出：上月为 A–C，本月为 N 或没有销售。",
            en_definition="Enter: no tier or N before, A–C now. Exit: A–C before, N or no sales now.",
        ),
        Column(
            "movement_cause", "text", "变动原因", "Cause of the movement",
            codes=(
                ("own_sales", "自身销售变化", "Own sales"),
                ("threshold", "分级线移动", "Threshold"),
                ("both", "两者共同", "Both"),
            ),
            zh_definition="只对上升和下降：本月销售额按上月分级线是否变级，上月销售额按本月分级线是否变级；其余为空。",
            en_definition="For up and down only: whether today's sales against the previous cuts, or the previous sales against today's cuts, change the tier; else NULL.",
        ),
    ),
)  # fmt: skip
