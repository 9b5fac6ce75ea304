"""The feed `credit_investigations`: what was found out of a customer's credit."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

CREDIT_INVESTIGATIONS = Feed(
    name="credit_investigations",
    zh="信用调查",
    en="Credit investigations",
    grain_zh="每次信用调查一行",
    grain_en="credit investigation",
    dated_by=("investigated_on",),
    columns=(
        Column("investigation_id", "text", "调查编号", "Investigation id", required=True, key=True),
        Column("customer_id", "text", "客户编号", "Customer id", required=True),
        Column(
            "investigated_on", "date", "调查日期", "Investigated on", required=True, low=EARLIEST
        ),
        Column(
            "source",
            "text",
            "调查来源",
            "Source",
            required=True,
            codes=(
                ("financial_institution", "金融机构", "Financial institution"),
                ("rating_agency", "专业资信调查机构", "Rating agency"),
                ("trade_body", "行业组织", "Trade body"),
                ("internal", "内部调查", "Internal"),
            ),
        ),
        Column(
            "report_kind",
            "text",
            "报告形式",
            "Kind of report",
            codes=(
                ("written", "书面报告", "Written"),
                ("daily_oral", "日常口头报告", "Daily, oral"),
                ("urgent", "紧急报告", "Urgent"),
            ),
        ),
        Column(
            "rating",
            "text",
            "信用评级",
            "Rating",
            codes=(("A", "A级", "A"), ("B", "B级", "B"), ("C", "C级", "C"), ("D", "D级", "D")),
        ),
        Column("recommended_limit", "num", "建议额度", "Recommended limit", low=0),
        Column("conclusion", "text", "结论", "Conclusion"),
        Column("investigator", "text", "调查人", "Investigator"),
    ),
)
