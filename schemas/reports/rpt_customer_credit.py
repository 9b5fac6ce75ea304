"""The report `rpt_customer_credit`: how far each customer's credit is used, and whether it may go on."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY, reason

_UTILISATION = Column(
    "utilisation_rate", "ratio", "额度使用率", "Utilisation", unit="%",
    formula="exposure / credit limit",
    zh_definition="未设额度或额度为零时为空；余额为贷方时为负。",
    en_definition="NULL without a limit, and for a limit of 0; negative where the balance is in credit.",
)  # fmt: skip
_DSO = Column(
    "dso_days", "ratio", "应收账款周转天数", "Days sales outstanding", unit="days",
    formula="balance / Σ invoices of the last 3 months × their days",
    zh_definition="近三个月发票合计不大于零时为空。",
    en_definition="NULL where the invoices of the last 3 months are not positive.",
)  # fmt: skip
_COUNTBACK = Column(
    "dso_countback_days", "ratio", "周转天数（倒推法）", "DSO by count-back", low=0, unit="days",
    formula="days of the newest months whose invoices make up the balance",
    zh_definition="从最近月份起逐月扣减发票，整月计其天数，末月按比例；余额不大于零为 0，二十四个月内扣不完为空。",
    en_definition="Month by month from the newest; full months count their days, the last one its part; 0 without a balance, NULL if 24 months do not use it up.",
)  # fmt: skip
RATINGS = (("A", "A级", "A"), ("B", "B级", "B"), ("C", "C级", "C"), ("D", "D级", "D"))

RPT_CUSTOMER_CREDIT = Table(
    name="rpt_customer_credit",
    layer="reporting",
    zh="客户信用",
    en="Customer credit",
    grain_zh="每个截止月份和客户一行",
    grain_en="as-of month and customer that exists at its end",
    question_zh="每个客户的信用额度用了多少，评级如何，是否应暂停接单或供货？",
    question_en="How far is each customer's limit used, how is it rated, and are orders or supply to stop?",
    not_for_zh="状态的原因和对策见 rpt_finding。",
    not_for_en="Why a status holds and what clears it: see rpt_finding.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        Column(
            "credit_limit", "num", "信用额度", "Credit limit", low=0, unit="currency",
            zh_definition="空：未设定；0：不予赊销；过期的额度仍是额度。",
            en_definition="NULL: none is set; 0: no credit; an expired limit is still the limit.",
        ),
        Column(
            "exposure_amount", "num", "信用敞口", "Exposure", unit="currency",
            formula="balance of the receivables",
            zh_definition="发票和收款数据源均未提供时为空。",
            en_definition="NULL where neither invoices nor payments are supplied.",
        ),
        _UTILISATION,
        reason(_UTILISATION, "feed_absent", "no_limit", "no_credit"),
        Column(
            "headroom_amount", "num", "剩余额度", "Headroom", unit="currency",
            formula="credit limit − exposure",
            zh_definition="为负表示超过额度；未设额度为空。",
            en_definition="Negative: over the limit; NULL without a limit.",
        ),
        _DSO,
        reason(_DSO, "feed_absent", "no_invoices"),
        _COUNTBACK,
        reason(_COUNTBACK, "feed_absent", "history_short"),
        Column(
            "rating", "text", "信用评级", "Rating", codes=RATINGS,
            zh_definition="截止日前最近一次有评级的信用调查；同日取编号最大者。",
            en_definition="Of the latest investigation with a rating; on the same date the greatest id counts.",
        ),
        Column("last_investigated_on", "date", "上次调查日期", "Last investigated on"),
        Column(
            "report_due_on", "date", "书面报告到期日", "Written report due on",
            zh_definition="上次书面报告之后：A 类 3 个月、B 类 6 个月、其余 12 个月（policy.credit.report_months）；额度与敞口均不为正时不要求。",
            en_definition="After the last written report: 3 months in tier A, 6 in B, else 12 (policy.credit.report_months); none is wanted where neither limit nor exposure is positive.",
        ),
        Column(
            "report_status", "text", "书面报告状态", "Status of the written report",
            codes=(
                ("current", "有效", "Current"),
                ("due", "即将到期", "Due"),
                ("overdue", "已逾期", "Overdue"),
                ("never", "从未出具", "Never written"),
            ),
            zh_definition="不要求书面报告，或未提供信用调查数据源时为空。",
            en_definition="NULL where no report is wanted, or investigations are not supplied.",
        ),
        Column(
            "credit_status", "text", "信用状态", "Credit status", required=True,
            codes=(
                ("clear", "正常", "Clear"),
                ("watch", "关注", "Watch"),
                ("hold_new_orders", "暂停接受新订单", "Hold new orders"),
                ("suspend_supply", "暂时停止供货", "Suspend supply"),
            ),
            zh_definition="各信用规则中最严重的结果。",
            en_definition="The worst of what the credit rules say.",
        ),
    ),
)  # fmt: skip
