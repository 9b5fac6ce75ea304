"""The report `rpt_customer_performance`: what each customer bought, earned, and was expected to buy."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    ATTAINMENT_RATE,
    ATTAINMENT_RATE_REASON,
    CUSTOMER_ID,
    GROSS_MARGIN_RATE,
    GROSS_MARGIN_RATE_REASON,
    GROSS_PROFIT_AMOUNT,
    PERIODIC,
    QUANTITY,
    SALES_AMOUNT,
    TARGET_AMOUNT,
    TARGET_SHARE,
    TARGET_STATUS,
    reason,
)

_SHARE = Column(
    "share_of_company", "ratio", "占公司销售额的比重", "Share of the company's net sales", unit="%",
    formula="net sales / Σ net sales",
    zh_definition="分母为全部客户的净销售额（退货抵减后）。",
    en_definition="Of the net sales of all customers, returns deducted.",
)  # fmt: skip
_GROWTH = Column(
    "growth_rate", "ratio", "同比增长率", "Growth rate", unit="%",
    formula="net sales / net sales of the same period a year earlier − 1",
)  # fmt: skip

RPT_CUSTOMER_PERFORMANCE = Table(
    name="rpt_customer_performance",
    layer="reporting",
    zh="客户交易业绩",
    en="Customer performance",
    grain_zh="每个截止月份、期间和客户一行（有销售行、目标或上年同期销售）",
    grain_en="as-of month, period and customer with a sales line, a target or sales in the same period a year earlier",
    question_zh="每个客户买了多少、毛利多少、是否达成目标、比上年同期增长多少？",
    question_en="What did each customer buy and earn us, was the target met, and how did it grow?",
    not_for_zh="公司、商品、类别和业务员的目标不在此表。",
    not_for_en="Targets of the company, of products, categories or salespeople.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        CUSTOMER_ID,
        Column(
            "order_count", "int", "订单数", "Number of orders", required=True, low=0, unit="orders",
            zh_definition="期间内有销售行的不同订单号，退货单也计入。",
            en_definition="Distinct orders with a line in the period, returns included.",
        ),
        QUANTITY,
        SALES_AMOUNT,
        GROSS_PROFIT_AMOUNT,
        GROSS_MARGIN_RATE,
        GROSS_MARGIN_RATE_REASON,
        _SHARE,
        reason(_SHARE, "class_total_not_positive"),
        TARGET_AMOUNT,
        TARGET_SHARE,
        ATTAINMENT_RATE,
        ATTAINMENT_RATE_REASON,
        TARGET_STATUS,
        Column(
            "prior_year_amount", "num", "上年同期净销售额", "Net sales a year earlier",
            required=True, unit="currency",
            formula="Σ net_amount of the same period 12 months earlier",
            zh_definition="没有销售行为 0。",
            en_definition="0 without lines.",
        ),
        _GROWTH,
        reason(_GROWTH, "no_prior_sales"),
    ),
)  # fmt: skip
