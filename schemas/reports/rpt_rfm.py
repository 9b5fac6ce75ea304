"""The report `rpt_rfm`: recency, frequency and monetary value of the customers that bought."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY


def _score(letter: str, zh: str, en: str, worse_zh: str, worse_en: str) -> Column:
    return Column(
        f"{letter}_score", "int", f"{zh}得分", f"{en} score", low=1, high=5, unit="points",
        formula="1 + ⌊5 × number of customers strictly worse / number of customers⌋",
        zh_definition=f"{worse_zh}为差；客户不足 5 个时为空。",
        en_definition=f"Worse is {worse_en}; NULL with fewer than 5 customers.",
    )  # fmt: skip


RPT_RFM = Table(
    name="rpt_rfm",
    layer="reporting",
    zh="客户 RFM 分析",
    en="Customer RFM",
    grain_zh="每个截止月份和客户一行（近十二个月净销售额为正）",
    grain_en="as-of month and customer with positive net sales in the trailing 12 months",
    question_zh="哪些客户最近买、常买、买得多，哪些正在流失？",
    question_en="Who bought lately, often and much, and who is slipping away?",
    not_for_zh="不含近十二个月没有净销售额的客户；见 rpt_customer_classification。",
    not_for_en="Customers without net sales in the trailing 12 months; see rpt_customer_classification.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        Column(
            "recency_days", "int", "距上次购买天数", "Days since the last purchase", required=True,
            low=0, unit="days",
            formula="as_of − date of the last line with net amount > 0",
        ),
        Column(
            "frequency", "int", "购买次数", "Frequency", required=True, low=1, unit="orders",
            formula="number of orders with a positive sum",
        ),
        Column(
            "monetary_amount", "num", "购买金额", "Monetary value", required=True, low=0,
            unit="currency", formula="Σ net_amount",
            zh_definition="近十二个月的净销售额。",
            en_definition="Net sales of the trailing 12 months.",
        ),
        _score("r", "近度", "Recency", "距上次购买更久", "a longer time since the last purchase"),
        _score("f", "频度", "Frequency", "购买次数更少", "fewer orders"),
        _score("m", "额度", "Monetary", "购买金额更小", "a smaller amount"),
        Column(
            "segment", "text", "客户细分", "Segment", required=True,
            codes=(
                ("champion", "核心客户", "Champion"),
                ("loyal", "忠诚客户", "Loyal"),
                ("new", "新客户", "New"),
                ("at_risk", "有流失风险", "At risk"),
                ("lost", "已流失", "Lost"),
                ("regular", "普通客户", "Regular"),
            ),
            zh_definition="取首个符合者：核心（三项均 ≥ 4）、忠诚（F ≥ 4）、新（R ≥ 4 且为新客户）、有流失风险（R ≤ 2 且 F ≥ 3）、已流失（R = 1），其余及无得分者为普通。",
            en_definition="The first that fits: champion (all three ≥ 4), loyal (F ≥ 4), new (R ≥ 4 and seniority new), at risk (R ≤ 2 and F ≥ 3), lost (R = 1); else, and without scores, regular.",
        ),
    ),
)  # fmt: skip
