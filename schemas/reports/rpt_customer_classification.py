"""The report `rpt_customer_classification`: the classes of every customer at the end of the month."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    CUSTOMER_ID,
    MONTHLY,
    NATURE_CODES,
    SENIORITY_CODES,
    STAGE_CODES,
    VOLUME_CODES,
)

RPT_CUSTOMER_CLASSIFICATION = Table(
    name="rpt_customer_classification",
    layer="reporting",
    zh="客户分类",
    en="Customer classification",
    grain_zh="每个截止月份每个客户一行",
    grain_en="as-of month and customer that exists at its end",
    question_zh="每个客户属于哪一类：性质、交易阶段、新老、交易规模？",
    question_en="What kind of customer is each one: nature, stage of trading, seniority, volume?",
    not_for_zh="不用于按期间比较销售额；等级见 rpt_customer_abc。",
    not_for_en="Comparing sales of a period; for tiers see rpt_customer_abc.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        Column(
            "nature", "text", "客户性质", "Nature of the customer", required=True,
            codes=NATURE_CODES,
            zh_definition="截止日的登记资料；没有登记为未分类。",
            en_definition="As the register has it at as_of; unclassified where it has none.",
        ),
        Column(
            "stage", "text", "交易阶段", "Stage of trading", required=True, codes=STAGE_CODES,
            zh_definition="截止日前 365 天内（policy.classes.active_days）有净额大于零的销售行为正在交易；只在更早有为曾经交易；从未有为潜在。",
            en_definition="Current: a line with net amount > 0 in the 365 days up to as_of (policy.classes.active_days); past: only earlier; prospective: never.",
        ),
        Column(
            "seniority", "text", "新老客户", "Seniority", required=True, codes=SENIORITY_CODES,
            zh_definition="首笔净额大于零的销售行在截止日前 365 天内（policy.classes.new_days）为新客户，更早为老客户，没有为未来客户。",
            en_definition="New: the first line with net amount > 0 lies in the 365 days up to as_of (policy.classes.new_days); old: earlier; future: none.",
        ),
        Column(
            "volume_class", "text", "交易规模", "Volume class", required=True, codes=VOLUME_CODES,
            zh_definition="按近十二个月：A类，或 B类且市场地位为领导者，为主力；N类、无销售，或 C类且只在不超过 3 个月份（policy.classes.sporadic_months）有净额大于零的销售行，为零散；其余为一般。",
            en_definition="On the trailing 12 months. Major: tier A, or tier B and a market leader. Sporadic: tier N, no sales, or tier C with lines of net amount > 0 in at most 3 months (policy.classes.sporadic_months). General: all others.",
        ),
        Column(
            "first_sold_on", "date", "首次销售日期", "First sold on",
            zh_definition="净额大于零的首笔销售行；没有为空。",
            en_definition="Of the first line with net amount > 0; NULL where there is none.",
        ),
        Column(
            "last_sold_on", "date", "末次销售日期", "Last sold on",
            zh_definition="净额大于零的末笔销售行；没有为空。",
            en_definition="Of the last line with net amount > 0; NULL where there is none.",
        ),
        Column(
            "history_censored", "bool", "历史是否不足", "History is censored", required=True,
            zh_definition="公司最早的销售距截止日不足 policy.classes.new_days 天：老客户此时可能被看作新客户。",
            en_definition="The company's earliest sale is less than policy.classes.new_days before as_of: an old customer may then look new.",
        ),
    ),
)  # fmt: skip
