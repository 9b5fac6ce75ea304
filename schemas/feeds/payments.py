"""The feed `payments`: money received; a refund is negative."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

PAYMENTS = Feed(
    name="payments",
    zh="收款",
    en="Payments",
    grain_zh="每笔收款一行",
    grain_en="payment",
    dated_by=("paid_on",),
    columns=(
        Column("payment_id", "text", "收款号", "Payment id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column(
            "invoice_id",
            "text",
            "发票号",
            "Invoice id",
            zh_definition="没有：款项尚未核销。",
            en_definition="None: the payment is not applied.",
        ),
        Column("paid_on", "date", "收款日期", "Paid on", required=True, low=EARLIEST),
        Column("amount", "num", "金额", "Amount", required=True),
    ),
)
