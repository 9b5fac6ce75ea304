"""The feed `incidents`: events that put a customer's credit in doubt."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

INCIDENTS = Feed(
    name="incidents",
    zh="信用事件",
    en="Incidents",
    grain_zh="每个事件一行",
    grain_en="incident",
    dated_by=("reported_on",),
    columns=(
        Column("incident_id", "text", "事件编号", "Incident id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column("reported_on", "date", "报告日期", "Reported on", required=True, low=EARLIEST),
        Column("kind", "text", "事件类型", "Kind", required=True),
        Column("description", "text", "描述", "Description"),
        Column("reported_by", "text", "报告人", "Reported by"),
        Column("suspend_supply", "bool", "暂停供货", "Suspend supply"),
        Column("approved_by", "text", "批准人", "Approved by"),
        Column("resolved_on", "date", "解决日期", "Resolved on", low=EARLIEST),
    ),
)
