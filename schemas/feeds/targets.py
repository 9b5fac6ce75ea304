"""The feed `targets`: what was to be sold."""

from schemas.columns import EARLIEST, PERIOD_CODES, Column
from schemas.feed import Feed

TARGETS = Feed(
    name="targets",
    zh="销售目标",
    en="Targets",
    grain_zh="每月每范围每成员每期间一行",
    grain_en="month, scope, member and period",
    dated_by=("target_month",),
    columns=(
        Column(
            "target_month",
            "date",
            "目标月份",
            "Target month",
            required=True,
            key=True,
            low=EARLIEST,
            first_of_month=True,
        ),
        Column(
            "scope",
            "text",
            "范围",
            "Scope",
            required=True,
            key=True,
            codes=(
                ("company", "公司", "Company"),
                ("customer", "客户", "Customer"),
                ("product", "商品", "Product"),
                ("category", "类别", "Category"),
                ("salesperson", "业务员", "Salesperson"),
            ),
        ),
        Column(
            "member_id",
            "text",
            "成员编号",
            "Member id",
            required=True,
            key=True,
            zh_definition="scope 的成员；公司为 *。",
            en_definition="Of the scope; * for the company.",
        ),
        Column("period", "text", "期间", "Period", required=True, key=True, codes=PERIOD_CODES),
        Column("target_amount", "num", "目标金额", "Target amount"),
        Column(
            "target_share",
            "num",
            "目标份额",
            "Target share",
            low=0,
            high=1,
            zh_definition="没有金额时才用，0 到 1。",
            en_definition="Counts where no amount is given, 0 to 1.",
        ),
    ),
)
