"""The feed `reinstatements`: customers put back on a salesperson's plan."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

REINSTATEMENTS = Feed(
    name="reinstatements",
    zh="恢复访问",
    en="Reinstatements",
    grain_zh="每次恢复一行",
    grain_en="reinstatement",
    dated_by=("reinstated_on",),
    columns=(
        Column("customer_id", "text", "客户编号", "Customer id", required=True, key=True),
        Column("salesperson_id", "text", "业务员编号", "Salesperson id", required=True, key=True),
        Column(
            "reinstated_on",
            "date",
            "恢复日期",
            "Reinstated on",
            required=True,
            key=True,
            low=EARLIEST,
        ),
        Column("approved_by", "text", "批准人", "Approved by", required=True),
    ),
)
