"""The feed `sales`: order lines, net of discount and tax; returns are negative."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

SALES = Feed(
    name="sales",
    zh="销售明细",
    en="Sales lines",
    grain_zh="每个订单行一行",
    grain_en="order line",
    dated_by=("sold_on",),
    is_required=True,
    columns=(
        Column("order_id", "text", "订单号", "Order id", required=True, key=True),
        Column("line_no", "int", "行号", "Line number", required=True, key=True),
        Column("sold_on", "date", "销售日期", "Sold on", required=True, low=EARLIEST),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column("product_id", "text", "商品编号", "Product id", required=True),
        Column("salesperson_id", "text", "业务员编号", "Salesperson id"),
        Column("quantity", "num", "数量", "Quantity", required=True),
        Column(
            "net_amount",
            "num",
            "净销售额",
            "Net amount",
            required=True,
            zh_definition="折扣后、不含税；退货为负。",
            en_definition="After discount, without tax; returns are negative.",
        ),
        Column(
            "cost_amount",
            "num",
            "成本额",
            "Booked cost",
            zh_definition="没有时用数量 × 商品登记的标准成本；退货为负。",
            en_definition="Without it quantity × the product's standard_cost counts; returns are negative.",
        ),
    ),
)
