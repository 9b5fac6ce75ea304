"""The feed `visits`: planned and completed visits to customers."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

VISITS = Feed(
    name="visits",
    zh="客户访问",
    en="Visits",
    grain_zh="每次访问一行",
    grain_en="visit",
    dated_by=("visited_on", "planned_on"),
    columns=(
        Column("visit_id", "text", "访问编号", "Visit id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column("salesperson_id", "text", "业务员编号", "Salesperson id", required=True),
        Column("planned_on", "date", "计划日期", "Planned on", low=EARLIEST),
        Column(
            "visited_on",
            "date",
            "访问日期",
            "Visited on",
            low=EARLIEST,
            required_when=("status", "done"),
        ),
        Column(
            "status",
            "text",
            "状态",
            "Status",
            required=True,
            codes=(
                ("planned", "已计划", "Planned"),
                ("done", "已完成", "Done"),
                ("cancelled", "已取消", "Cancelled"),
            ),
        ),
        Column(
            "outcome",
            "text",
            "结果",
            "Outcome",
            codes=(
                ("order", "订货", "Order"),
                ("quotation", "报价", "Quotation"),
                ("contract", "合同", "Contract"),
                ("collection", "收款", "Collection"),
                ("none", "无", "None"),
            ),
        ),
    ),
)
