"""The report `rpt_complaint`: how each complaint was handled."""

from schemas.columns import Column
from schemas.feeds.complaint_events import COMPLAINT_EVENTS, STEPS
from schemas.feeds.complaints import COMPLAINTS
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY, reason

_COMPLAINT = COMPLAINTS.ledger
_EVENT = COMPLAINT_EVENTS.ledger


def _hours(
    name: str, zh: str, en: str, until: str, zh_definition: str, en_definition: str
) -> tuple[Column, Column]:
    hours = Column(
        name, "ratio", zh, en, unit="hours", formula=f"(time of the {until} − received_at) in hours",
        zh_definition=zh_definition, en_definition=en_definition,
    )  # fmt: skip
    return hours, reason(hours, "not_yet", "feed_absent")


RPT_COMPLAINT = Table(
    name="rpt_complaint",
    layer="reporting",
    zh="客户投诉处理",
    en="Complaints",
    grain_zh="每个截止月份和投诉一行（近十二个月受理，或截止日尚未结案）",
    grain_en="as-of month and complaint that was received in the trailing 12 months or is not closed at as_of",
    question_zh="每件投诉处理到哪一步、是否成立、多久答复和结案、是否超时、步骤是否合规？",
    question_en="How far has each complaint come, was it justified, how soon was it answered and resolved, in time and in order?",
    not_for_zh="汇总数字和比率见 rpt_complaint_summary。",
    not_for_en="Counts and rates; see rpt_complaint_summary.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        _COMPLAINT["complaint_id"],
        CUSTOMER_ID.but(key=False),
        _COMPLAINT["category"],
        _COMPLAINT["subcategory"],
        _COMPLAINT["received_at"],
        Column(
            "current_step", "text", "当前步骤", "Current step", codes=STEPS,
            zh_definition="最后一轮处理中走得最远的步骤；每次重新处理从记录开始新的一轮。尚无步骤为空。",
            en_definition="Furthest step of the last round; each reopening begins a new round, from recorded again. NULL before the first step.",
        ),
        Column(
            "validity", "text", "投诉是否成立", "Validity", required=True,
            codes=(
                ("valid", "成立", "Valid"),
                ("invalid", "不成立", "Invalid"),
                ("undetermined", "未判定", "Undetermined"),
            ),
            zh_definition="以最后一次有结论的判定为准；没有则为未判定。",
            en_definition="By the last judgement that came to a result; undetermined without one.",
        ),
        _EVENT["department"].but(
            zh_definition="最后一次确定的责任部门；尚未确定或未写明为空。",
            en_definition="Of the last assignment; NULL where there is none, or it names none.",
        ),
        Column(
            "is_closed", "bool", "是否已结案", "Is closed", required=True,
            zh_definition="截止日已结案，且此后没有重新处理。",
            en_definition="Closed at as_of, and not reopened since.",
        ),
        *_hours(
            "first_response_hours", "首次答复用时", "Hours to the first response", "first response",
            "尚未答复为空。", "NULL until there is one.",
        ),
        *_hours(
            "first_resolution_hours", "首次结案用时", "Hours to the first resolution", "first closing",
            "从未结案为空。", "NULL until the complaint is closed for the first time.",
        ),
        *_hours(
            "full_resolution_hours", "最终结案用时", "Hours to the full resolution", "last closing",
            "未结案（含结案后重新处理）为空。", "NULL while the complaint is open, or open again.",
        ),
        Column(
            "reopen_count", "int", "重新处理次数", "Number of reopenings", required=True, low=0,
            unit="times",
        ),
        Column(
            "sla_status", "text", "时限达成情况", "SLA status", required=True,
            codes=(("met", "按时", "Met"), ("breached", "超时", "Breached"), ("open", "未到期", "Open")),
            zh_definition="首次答复应在 24 小时内，首次结案应在 240 小时内（policy.complaints）。任一超时，或至截止日仍缺而时限已过，为超时；两者都按时为按时；其余为未到期。没有投诉处理记录数据源时一律为未到期。",
            en_definition="The first response is due within 24 hours, the first resolution within 240 (policy.complaints). Breached when either took longer, or is missing and past due at as_of; met when both came in time; else open. Always open where the complaint events feed is not supplied.",
        ),
        Column(
            "steps_in_order", "bool", "步骤是否依次进行", "Steps in order", required=True,
            zh_definition="否：某一轮中有步骤被跳过，或在后面的步骤之后才进行；重复同一步骤不算。",
            en_definition="False: in some round a step was skipped or came after a later one; repeating a step is no fault.",
        ),
        Column(
            "implemented_unapproved", "bool", "是否未经批准即实施", "Implemented without approval",
            required=True,
            zh_definition="是：某一轮中实施之前没有批准（批示未写结果视为批准，驳回不算）。",
            en_definition="True: in some round it was implemented before any approval; an approval without a result counts, a rejection does not.",
        ),
    ),
)  # fmt: skip
