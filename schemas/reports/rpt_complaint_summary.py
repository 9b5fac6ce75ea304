"""The report `rpt_complaint_summary`: complaints by kind, in counts, hours and rates."""

from schemas.columns import Column
from schemas.feeds.complaints import COMPLAINTS
from schemas.table import Table
from schemas.vocabulary import PERIODIC, reason

_COMPLAINT = COMPLAINTS.ledger


def _count(name: str, zh: str, en: str, zh_definition: str = "", en_definition: str = "") -> Column:
    return Column(
        f"{name}_count", "int", zh, en, required=True, low=0, unit="complaints",
        zh_definition=zh_definition, en_definition=en_definition,
    )  # fmt: skip


def _median(name: str, zh: str, en: str, of: str, zh_definition: str, en_definition: str) -> Column:
    return Column(
        name, "ratio", zh, en, unit="hours", formula=f"median of {of}",
        zh_definition=f"{zh_definition}；偶数件时取中间两件的平均。",
        en_definition=f"{en_definition}; of an even number, the mean of the two in the middle.",
    )  # fmt: skip


_VALID_RATE = Column(
    "valid_rate", "ratio", "投诉成立率", "Valid rate", low=0, high=1, unit="%",
    formula="valid / (valid + invalid)",
    zh_definition="未判定的不计入分母。",
    en_definition="Undetermined complaints are left out.",
)  # fmt: skip
_FIRST_RESPONSE = _median(
    "median_first_response_hours", "首次答复用时中位数", "Median hours to the first response",
    "first_response_hours", "只计已答复的投诉", "Over complaints that were responded to",
)  # fmt: skip
_RESOLUTION = _median(
    "median_resolution_hours", "首次结案用时中位数", "Median hours to the first resolution",
    "first_resolution_hours", "只计曾经结案的投诉", "Over complaints that were ever closed",
)  # fmt: skip
_SLA_RATE = Column(
    "sla_rate", "ratio", "按时率", "SLA rate", low=0, high=1, unit="%",
    formula="met / (met + breached)",
    zh_definition="未到期的不计入分母。",
    en_definition="Complaints whose SLA status is open are left out.",
)  # fmt: skip
_REOPEN_RATE = Column(
    "reopen_rate", "ratio", "重新处理率", "Reopen rate", low=0, unit="%",
    formula="complaints reopened / complaints ever closed",
    zh_definition="重新处理至少一次的投诉与曾经结案的投诉之比。",
    en_definition="Complaints reopened at least once, over those that were ever closed.",
)  # fmt: skip
_PER_ORDERS = Column(
    "per_10000_orders", "ratio", "每万张订单成立投诉数", "Valid complaints per 10,000 orders", low=0,
    unit="complaints", formula="valid × 10,000 / distinct orders of the company",
)  # fmt: skip

RPT_COMPLAINT_SUMMARY = Table(
    name="rpt_complaint_summary",
    layer="reporting",
    zh="客户投诉汇总",
    en="Complaint summary",
    grain_zh="每个截止月份、期间、投诉类别和子类别一行（期间内有受理的投诉；没有子类别的为单独一行）",
    grain_en="as-of month, period, category and subcategory (NULL: a row of its own) with a complaint received in the period",
    question_zh="客户投诉什么、多少成立、多久答复和结案、按时率如何、每万张订单有多少？",
    question_en="What do customers complain of, how often rightly, how soon is it handled, and how many complaints are there to 10,000 orders?",
    not_for_zh="中位数不可相加或平均；合并各行时，比率须由件数重新计算。",
    not_for_en="Adding up or averaging medians; over several rows, compute rates from the counts.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        _COMPLAINT["category"].but(key=True),
        _COMPLAINT["subcategory"].but(key=True),
        _count("received", "受理投诉数", "Complaints received"),
        _count("valid", "成立投诉数", "Valid complaints"),
        _count("invalid", "不成立投诉数", "Invalid complaints"),
        _count("undetermined", "未判定投诉数", "Undetermined complaints"),
        _VALID_RATE,
        reason(_VALID_RATE, "none_judged", "feed_absent"),
        _count(
            "open", "未结案投诉数", "Open complaints",
            "期间内受理、截止日尚未结案的投诉。",
            "Received in the period and not closed at as_of.",
        ),
        _FIRST_RESPONSE,
        reason(_FIRST_RESPONSE, "none_responded", "feed_absent"),
        _RESOLUTION,
        reason(_RESOLUTION, "none_closed", "feed_absent"),
        _count("sla_met", "按时投诉数", "Complaints with the SLA met"),
        _count("sla_breached", "超时投诉数", "Complaints with the SLA breached"),
        _SLA_RATE,
        reason(_SLA_RATE, "none_decided", "feed_absent"),
        _count("ever_closed", "曾结案投诉数", "Complaints ever closed"),
        _count("reopened", "重新处理投诉数", "Complaints reopened"),
        _REOPEN_RATE,
        reason(_REOPEN_RATE, "none_closed", "feed_absent"),
        Column(
            "company_order_count", "int", "公司订单数", "Orders of the company", required=True,
            low=0, unit="orders",
            zh_definition="期间内有销售行的不同订单号，不分投诉类别，退货单也计入。",
            en_definition="Distinct orders with a line in the period, whatever was complained of, returns included.",
        ),
        _PER_ORDERS,
        reason(_PER_ORDERS, "no_orders", "feed_absent"),
    ),
)  # fmt: skip
