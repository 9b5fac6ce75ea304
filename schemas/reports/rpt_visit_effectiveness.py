"""The report `rpt_visit_effectiveness`: what each salesperson's visits achieve."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    COMPLETED_COUNT,
    EFFECTIVE_COUNT,
    PENDING_COUNT,
    PERIODIC,
    SALESPERSON_ID,
    reason,
)

_EFFECTIVE_RATE = Column(
    "effective_rate", "ratio", "访问实效率", "Effective rate", low=0, high=1, unit="%",
    formula="effective / (effective + ineffective)",
    zh_definition="待定的访问不计入。",
    en_definition="Pending visits do not count.",
)  # fmt: skip
_COMPLETION_RATE = Column(
    "completion_rate", "ratio", "计划完成率", "Completion rate", low=0, high=1, unit="%",
    formula="planned visits of the period done by as_of / planned visits",
    zh_definition="计划内的访问截至截止日已完成的比例，不论在哪一天完成。",
    en_definition="Of the visits planned in the period, those done by as_of, on whichever day.",
)  # fmt: skip
_COVERAGE_RATE = Column(
    "coverage_rate", "ratio", "应访客户覆盖率", "Coverage rate", low=0, high=1, unit="%",
    formula="visited due customers / due customers",
)  # fmt: skip

RPT_VISIT_EFFECTIVENESS = Table(
    name="rpt_visit_effectiveness",
    layer="reporting",
    zh="访问实效",
    en="Visit effectiveness",
    grain_zh="每个截止月份、期间和业务员一行（有计划或完成的访问，或有到期应访的客户）",
    grain_en="as-of month, period and salesperson with a visit planned or completed in it, or a customer due",
    question_zh="每个业务员的访问计划完成了多少，有多少实效，应访的客户是否都访问了？",
    question_en="How much of each salesperson's plan was carried out, what came of it, and were the customers who were due visited?",
    not_for_zh="近期的访问仍可能有实效：待定访问较多时，实效率尚不能定论。",
    not_for_en="Final judgements on the latest visits: while many are pending, the effective rate may still change.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        SALESPERSON_ID,
        Column(
            "planned_count", "int", "计划访问次数", "Planned visits", required=True, low=0,
            unit="visits",
            zh_definition="计划日期在期间内的访问，不论状态；没有计划日期的不计。",
            en_definition="Visits with planned_on in the period, whatever their status; those without it do not count.",
        ),
        COMPLETED_COUNT.but(
            zh_definition="访问日期在期间内；同一业务员同日多次访问同一客户计一次，未经计划的也计入。",
            en_definition="With visited_on in the period; several on one day by the same salesperson to the same customer count as one, unplanned ones count too.",
        ),
        EFFECTIVE_COUNT,
        Column(
            "ineffective_count", "int", "无实效访问次数", "Ineffective visits", required=True,
            low=0, unit="visits",
            zh_definition="访问后 30 天（policy.visits.effect_days）已满仍无实效。",
            en_definition="Not effective, and the 30 days (policy.visits.effect_days) are over.",
        ),
        PENDING_COUNT,
        _EFFECTIVE_RATE,
        reason(_EFFECTIVE_RATE, "no_visits", "visits_pending"),
        _COMPLETION_RATE,
        reason(_COMPLETION_RATE, "nothing_planned"),
        Column(
            "due_customer_count", "int", "应访客户数", "Customers due", required=True, low=0,
            unit="customers",
            zh_definition="登记由其负责且未删除的客户中，从期间前最近一次访问起算，下次访问日期不晚于期间末日者；此前从未访问的也计入。",
            en_definition="Of the customers the register gives this salesperson, without those to be removed: next visit, counted from the last one before the period, on or before its end; never visited before counts too.",
        ),
        Column(
            "visited_customer_count", "int", "已访的应访客户数", "Due customers visited",
            required=True, low=0, unit="customers",
            zh_definition="应访客户中，期间内该业务员完成过访问者。",
            en_definition="Of the customers due, those this salesperson visited in the period.",
        ),
        _COVERAGE_RATE,
        reason(_COVERAGE_RATE, "nothing_due"),
    ),
)  # fmt: skip
