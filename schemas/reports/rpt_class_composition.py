"""The report `rpt_class_composition`: what each class of customers contributes to sales."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    CUSTOMER_COUNT,
    DIMENSIONS,
    KEY_ACCOUNT_SHARE,
    NATURE_CODES,
    PERIODIC,
    SALES_AMOUNT,
    SALES_SHARE,
    SENIORITY_CODES,
    STAGE_CODES,
    TIER_CODES,
    VOLUME_CODES,
    reason,
)

# `unclassified` is among the codes of nature, and stands for a missing region, industry or salesperson too.
_CLASS_CODES = (*NATURE_CODES, *STAGE_CODES, *SENIORITY_CODES, *VOLUME_CODES, *TIER_CODES)

RPT_CLASS_COMPOSITION = Table(
    name="rpt_class_composition",
    layer="reporting",
    zh="客户构成（按类别）",
    en="Composition by class",
    grain_zh="每个截止月份、期间、维度和类别一行",
    grain_en="as-of month, period, dimension and class",
    question_zh="各类客户有多少，占公司净销售额多大比重，其中重点客户占多少？",
    question_en="How many customers are in each class, what share of sales do they bring, and how much of it is key accounts'?",
    not_for_zh="不可跨维度相加：每个维度各自合计等于公司。",
    not_for_en="Adding up over dimensions: each dimension by itself sums to the company.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        Column(
            "dimension", "text", "维度", "Dimension", required=True, key=True, codes=DIMENSIONS
        ),
        Column(
            "class", "text", "类别", "Class", required=True, key=True,
            codes=_CLASS_CODES, open_codes=True,
            zh_definition="地区、行业、业务员按登记的原值；没有登记为未分类。",
            en_definition="Region, industry and salesperson as the register has them; unclassified where it has none.",
        ),
        CUSTOMER_COUNT.but(
            zh_definition="截止日存在的客户，不论该期间有无销售。",
            en_definition="Customers that exist at as_of, with or without sales in the period.",
        ),
        SALES_AMOUNT,
        SALES_SHARE,
        reason(SALES_SHARE, "class_total_not_positive"),
        Column(
            "key_account_amount", "num", "重点客户净销售额", "Net sales of key accounts",
            required=True, low=0, unit="currency", formula="Σ net sales of tier A customers",
        ),
        KEY_ACCOUNT_SHARE,
        reason(KEY_ACCOUNT_SHARE, "class_total_not_positive"),
    ),
)  # fmt: skip
