"""The report `rpt_visit_plan`: whom each salesperson is to visit, when, and whom no longer."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    COMPLETED_COUNT,
    CUSTOMER_ID,
    EFFECTIVE_COUNT,
    MONTHLY,
    PENDING_COUNT,
    SALESPERSON_ID,
    STAGE_CODES,
    TIER,
)

RPT_VISIT_PLAN = Table(
    name="rpt_visit_plan",
    layer="reporting",
    zh="客户访问计划",
    en="Visit plan",
    grain_zh="每个截止月份、业务员和客户一行（登记的负责业务员，或曾完成访问的业务员）",
    grain_en="as-of month, salesperson and customer: the register's salesperson, and whoever visited",
    question_zh="每个业务员下次何时访问哪个客户，哪些客户连续访问无实效，应删除或检讨？",
    question_en="When is each customer to be visited next and by whom, and where were so many visits in vain that it must stop or be reviewed?",
    not_for_zh="不用于按期间考核业务员；见 rpt_visit_effectiveness。",
    not_for_en="Judging salespeople by period; see rpt_visit_effectiveness.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        SALESPERSON_ID,
        CUSTOMER_ID,
        TIER.but(
            zh_definition="近十二个月的 ABC 等级；没有净销售额为 N。",
            en_definition="Over the trailing 12 months; N without net sales.",
        ),
        Column(
            "stage", "text", "交易阶段", "Stage of trading", required=True, codes=STAGE_CODES,
            zh_definition="截止日的交易阶段，同 rpt_customer_classification。",
            en_definition="At as_of, as in rpt_customer_classification.",
        ),
        Column(
            "last_visited_on", "date", "上次访问日期", "Last visited on",
            zh_definition="该业务员最近一次完成访问的日期；从未访问为空。",
            en_definition="Of this salesperson's last completed visit; NULL: never visited.",
        ),
        Column(
            "next_visit_on", "date", "下次访问日期", "Next visit on",
            formula="last_visited_on + months by tier (policy.visits.months)",
            zh_definition="A类 1 个月、B类 3 个月、C类和 N类 6 个月后的同日，该月无此日则取月末；从未访问为截止日的次日。早于截止日即已过期。应删除者，以及已不是其登记业务员者为空。",
            en_definition="The same day 1 (tier A), 3 (B), 6 (C, N) months later, or that month's last day; never visited: the day after as_of. Before as_of: overdue. NULL where the customer is to be removed, or is no longer this salesperson's in the register.",
        ),
        Column(
            "ineffective_streak", "int", "连续无实效次数", "Ineffective visits in a row",
            required=True, low=0, unit="visits",
            zh_definition="最近一次有实效的访问之后、最近一次恢复访问之日以后（不含当日）的无实效访问；待定的访问跳过。",
            en_definition="After the last effective visit and after the day of the last reinstatement; pending visits are passed over.",
        ),
        COMPLETED_COUNT.but(
            zh_definition="截至截止日的全部；同一业务员同日多次访问同一客户计一次。",
            en_definition="All up to as_of; several on one day by the same salesperson count as one.",
        ),
        EFFECTIVE_COUNT,
        PENDING_COUNT,
        Column(
            "action", "text", "处置", "Action", required=True,
            codes=(
                ("keep", "保留", "Keep"),
                ("remove", "删除", "Remove"),
                ("review", "检讨", "Review"),
            ),
            zh_definition="连续无实效达到 5 次（policy.visits.max_ineffective，含 5 次）：潜在客户删除，其他客户检讨；否则保留。",
            en_definition="From 5 ineffective visits in a row (policy.visits.max_ineffective, 5 included) a prospective customer is to be removed, another one reviewed; else keep.",
        ),
    ),
)  # fmt: skip
