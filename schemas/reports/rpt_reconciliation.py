"""The report `rpt_reconciliation`: the proof that no row and no amount was lost."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import MONTHLY

RPT_RECONCILIATION = Table(
    name="rpt_reconciliation",
    layer="reporting",
    zh="对账",
    en="Reconciliation",
    grain_zh="每个截止月份、检查和对象一行",
    grain_en="as-of month, check and feed or table",
    question_zh="有没有丢失任何一行或任何金额？",
    question_en="Was any row or any amount lost on the way?",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        Column(
            "check_name", "text", "检查", "Check", required=True, key=True,
            codes=(
                ("delivered", "交付 = 接收 + 隔离", "Delivered = accepted + quarantined"),
                ("ledger", "接收 = 现行 + 被取代 + 已撤回", "Accepted = current + superseded + withdrawn"),
                ("report", "报告 = 台账", "Report = ledger"),
            ),
            zh_definition="交付：当月的交付；台账：日期在当月的记录（无日期的撤回按其交付日）；报告：该表当月的销售额等于台账。",
            en_definition="Delivered: the deliveries of the month. Ledger: records dated in the month, a withdrawal without a date by its delivery. Report: the table's sales of the month equal the ledger's.",
        ),
        Column(
            "subject", "text", "对象", "Subject", required=True, key=True,
            zh_definition="被检查的数据源或报告表。",
            en_definition="The feed or reporting table that is checked.",
        ),
        Column(
            "expected_rows", "int", "预期行数", "Expected rows", low=0, unit="rows",
            zh_definition="不按行数对账的检查为空。",
            en_definition="NULL where the check does not count rows.",
        ),
        Column("actual_rows", "int", "实际行数", "Actual rows", low=0, unit="rows"),
        Column(
            "expected_amount", "num", "预期金额", "Expected amount", unit="currency",
            zh_definition="没有金额列的数据源为空。",
            en_definition="NULL for feeds without amounts.",
        ),
        Column("actual_amount", "num", "实际金额", "Actual amount", unit="currency"),
        Column(
            "is_balanced", "bool", "是否平衡", "Is balanced", required=True,
            zh_definition="行数和金额的实际值都等于预期值，精确到最后一位；不平衡则不予发布。",
            en_definition="Actual rows and amount equal the expected ones to the last unit; a break blocks publication.",
        ),
    ),
)  # fmt: skip
