"""The feed `complaint_events`: the steps by which a complaint is handled."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

# The steps that follow each other; the others stand beside the order.
STEPS = (
    ("recorded", "记录", "Recorded"),
    ("judged", "判定", "Judged"),
    ("assigned", "确定责任部门", "Assigned"),
    ("analysed", "分析原因", "Analysed"),
    ("proposed", "提出方案", "Proposed"),
    ("approved", "批示", "Approved"),
    ("implemented", "实施", "Implemented"),
    ("summarised", "总结", "Summarised"),
)

COMPLAINT_EVENTS = Feed(
    name="complaint_events",
    zh="投诉处理记录",
    en="Complaint events",
    grain_zh="每件投诉每个步骤一行",
    grain_en="complaint and sequence",
    dated_by=("occurred_at",),
    columns=(
        Column("complaint_id", "text", "投诉编号", "Complaint id", required=True, key=True),
        Column("sequence", "int", "序号", "Sequence", required=True, key=True),
        Column(
            "step",
            "text",
            "步骤",
            "Step",
            required=True,
            codes=(
                *STEPS,
                ("responded", "答复", "Responded"),
                ("closed", "结案", "Closed"),
                ("reopened", "重新处理", "Reopened"),
            ),
        ),
        Column("occurred_at", "time", "发生时间", "Occurred at", required=True, low=EARLIEST),
        Column("actor", "text", "经办人", "Actor"),
        Column("department", "text", "责任部门", "Department"),
        Column(
            "result",
            "text",
            "处理结果",
            "Result",
            codes=(
                ("valid", "成立", "Valid"),
                ("invalid", "不成立", "Invalid"),
                ("approved", "批准", "Approved"),
                ("rejected", "驳回", "Rejected"),
                ("satisfied", "满意", "Satisfied"),
                ("unsatisfied", "不满意", "Unsatisfied"),
            ),
        ),
        Column("note", "text", "备注", "Note"),
    ),
)
