"""The feed `invoices`: invoices; credit notes are negative."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

INVOICES = Feed(
    name="invoices",
    zh="发票",
    en="Invoices",
    grain_zh="每张发票一行",
    grain_en="invoice",
    dated_by=("invoiced_on",),
    columns=(
        Column("invoice_id", "text", "发票号", "Invoice id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column("invoiced_on", "date", "开票日期", "Invoiced on", required=True, low=EARLIEST),
        Column(
            "due_on",
            "date",
            "到期日",
            "Due on",
            zh_definition="没有时用开票日期加客户的付款期限，再没有则加设置中的天数。",
            en_definition="Without it invoiced_on and the customer's payment_terms_days, else those of the settings.",
        ),
        Column(
            "amount",
            "num",
            "金额",
            "Amount",
            required=True,
            zh_definition="贷项通知单为负。",
            en_definition="Credit notes are negative.",
        ),
        Column("disputed", "bool", "有争议", "Disputed"),
    ),
)
