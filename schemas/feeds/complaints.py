"""The feed `complaints`: what customers complain of."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

COMPLAINTS = Feed(
    name="complaints",
    zh="客户投诉",
    en="Complaints",
    grain_zh="每件投诉一行",
    grain_en="complaint",
    dated_by=("received_at",),
    columns=(
        Column("complaint_id", "text", "投诉编号", "Complaint id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column("received_at", "time", "受理时间", "Received at", required=True, low=EARLIEST),
        Column(
            "category",
            "text",
            "投诉类别",
            "Category",
            required=True,
            codes=(
                ("quality", "质量投诉", "Quality"),
                ("contract", "购销合同投诉", "Contract"),
                ("transport", "货物运输投诉", "Transport"),
                ("service", "服务投诉", "Service"),
            ),
        ),
        Column("subcategory", "text", "子类别", "Subcategory"),
        Column("product_id", "text", "商品编号", "Product id"),
        Column("order_id", "text", "订单号", "Order id"),
        Column("description", "text", "描述", "Description"),
    ),
)
