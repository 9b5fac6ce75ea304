"""The report `rpt_customer_composition`: each customer's share in the company and in its own classes."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, DIMENSIONS, PERIODIC, SALES_AMOUNT, reason


def _share(of: str, zh: str, en: str) -> tuple[Column, Column]:
    """The customer's share in one class, and why it is NULL."""
    share = Column(
        f"share_in_{of}", "ratio", zh, en, unit="%",
        formula="net sales / Σ net sales of the class",
        zh_definition="类别为该客户自己所属的类别；净退货可使比重小于 0 或大于 1。",
        en_definition="Of the customer's own class; returns can take it below 0 or above 1.",
    )  # fmt: skip
    return share, reason(share, "class_total_not_positive")


_COMPANY = Column(
    "share_in_company", "ratio", "占全公司的比重", "Share in the company", unit="%",
    formula="net sales / Σ net sales",
)  # fmt: skip

RPT_CUSTOMER_COMPOSITION = Table(
    name="rpt_customer_composition",
    layer="reporting",
    zh="客户构成（按客户）",
    en="Composition by customer",
    grain_zh="每个截止月份、期间和有销售行的客户一行",
    grain_en="as-of month, period and customer with a sales line in the period",
    question_zh="每个客户在公司以及在自己所属的各类客户中占多大比重？",
    question_en="What share does each customer have in the company, and among customers of its own kind?",
    not_for_zh="不用于各类合计；见 rpt_class_composition。",
    not_for_en="Totals of classes; see rpt_class_composition.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        CUSTOMER_ID,
        SALES_AMOUNT,
        _COMPANY,
        reason(_COMPANY, "class_total_not_positive"),
        *(
            column
            for code, zh, en in DIMENSIONS
            for column in _share(code, f"占同一{zh}的比重", f"Share in own class by {en}")
        ),
    ),
)
