"""The report `rpt_receivable_ageing`: what customers owe, by how long it is overdue."""

from typing import NamedTuple

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY, reason


class Bucket(NamedTuple):
    """The open amounts of one age: from `first_day` to `last_day` days overdue, both included; None: without end."""

    column: str
    first_day: int | None
    last_day: int | None
    zh: str
    en: str


BUCKETS = (
    Bucket("not_due_amount", None, 0, "未到期", "Not due"),
    Bucket("overdue_1_30_amount", 1, 30, "逾期 1–30 天", "1–30 days overdue"),
    Bucket("overdue_31_60_amount", 31, 60, "逾期 31–60 天", "31–60 days overdue"),
    Bucket("overdue_61_90_amount", 61, 90, "逾期 61–90 天", "61–90 days overdue"),
    Bucket("overdue_91_120_amount", 91, 120, "逾期 91–120 天", "91–120 days overdue"),
    # Not 120 天以上: 以上 includes the number.
    Bucket("overdue_over_120_amount", 121, None, "逾期超过 120 天", "Over 120 days overdue"),
)


def _amount(bucket: Bucket) -> Column:
    return Column(
        bucket.column, "num", bucket.zh, bucket.en, required=True, low=0, unit="currency",
        formula="Σ positive open amounts of the invoices of this age",
    )  # fmt: skip


_OVERDUE_RATE = Column(
    "overdue_rate", "ratio", "逾期率", "Overdue rate", low=0, high=1, unit="%",
    formula="overdue / open",
    zh_definition="没有未收款时为空。",
    en_definition="NULL where nothing is open.",
)  # fmt: skip

RPT_RECEIVABLE_AGEING = Table(
    name="rpt_receivable_ageing",
    layer="reporting",
    zh="应收账款账龄",
    en="Receivable ageing",
    grain_zh="每个截止月份和客户一行（截止日前有发票或收款）",
    grain_en="as-of month and customer with an invoice or a payment up to its end",
    question_zh="每个客户欠多少、逾期多久、有多少款项尚未核销？",
    question_en="How much does each customer owe, how long is it overdue, and what money is not applied?",
    not_for_zh="未到期不等于没有风险，信用判断见 rpt_customer_credit。",
    not_for_en="Judging credit: what is not due may still not be paid; see rpt_customer_credit.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        Column(
            "open_amount", "num", "未收款", "Open", required=True, low=0, unit="currency",
            formula="Σ positive (invoice amount − payments that name it)",
            zh_definition="只计截止日及以前的发票和收款；贷项与多付部分计入未核销款。",
            en_definition="Invoices and payments dated up to as_of; credit notes and over-payments are unapplied.",
        ),
        *map(_amount, BUCKETS),
        Column(
            "unapplied_amount", "num", "未核销款", "Unapplied", required=True, unit="currency",
            formula="Σ negative open amounts − payments that name no invoice dated up to as_of",
            zh_definition="通常不大于零；退款可使其为正。",
            en_definition="Usually not positive; a refund makes it so.",
        ),
        Column(
            "balance_amount", "num", "应收余额", "Balance", required=True, unit="currency",
            formula="open + unapplied",
            zh_definition="全部客户合计等于发票减收款，精确到最后一位。",
            en_definition="Over all customers it is invoices less payments, to the last unit.",
        ),
        Column(
            "disputed_amount", "num", "有争议金额", "Disputed", required=True, low=0, unit="currency",
            zh_definition="未收款中属于有争议发票的部分。",
            en_definition="The part of open that is on disputed invoices.",
        ),
        Column(
            "overdue_amount", "num", "逾期金额", "Overdue", required=True, low=0, unit="currency",
            formula="open − not due",
        ),
        _OVERDUE_RATE,
        reason(_OVERDUE_RATE, "no_receivable"),
        Column(
            "oldest_overdue_days", "int", "最长逾期天数", "Oldest overdue", low=1, unit="days",
            formula="as_of − earliest due date of the open invoices",
            zh_definition="没有逾期时为空。",
            en_definition="NULL where nothing is overdue.",
        ),
    ),
)  # fmt: skip
