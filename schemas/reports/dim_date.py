"""The dimension `dim_date`: one unbroken row a day, by calendar and by fiscal year.

How fiscal years are named: docs/decisions/0003-name-of-the-fiscal-year.md.
"""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import AS_OF_MONTH

DIM_DATE = Table(
    name="dim_date",
    layer="reporting",
    zh="日期维度",
    en="Dates",
    grain_zh="每天一行，连续不断",
    grain_en="day, without gaps",
    question_zh="某一天属于哪个日历或财政年度、季度、月份？",
    question_en="Which calendar and fiscal year, quarter and month does a day belong to?",
    columns=(
        Column("date", "date", "日期", "Date", required=True, key=True),
        Column("calendar_year", "int", "日历年", "Calendar year", required=True),
        Column(
            "calendar_quarter", "int", "日历季度", "Calendar quarter", required=True, low=1, high=4
        ),
        Column(
            "calendar_month", "int", "日历月", "Calendar month", required=True, low=1, high=12
        ),
        Column(
            "fiscal_year", "int", "财政年度", "Fiscal year", required=True,
            zh_definition="以财政年度结束时所在的日历年命名。",
            en_definition="Named by the calendar year in which it ends.",
        ),
        Column(
            "fiscal_quarter", "int", "财政季度", "Fiscal quarter", required=True, low=1, high=4
        ),
        Column(
            "fiscal_month", "int", "财政月", "Fiscal month", required=True, low=1, high=12,
            zh_definition="财政年度的首月为 1。",
            en_definition="1 is the first month of the fiscal year.",
        ),
        AS_OF_MONTH.but(
            key=False,
            zh_definition="该日所在的月份，格式为 YYYY-MM；用于与报告表关联。",
            en_definition="The month that holds the day, as YYYY-MM; joins the reporting tables.",
        ),
        Column(
            "is_month_end", "bool", "是否月末", "Is month end", required=True,
            zh_definition="该日即其月份的截止日 as_of。",
            en_definition="The day is the as_of of its month.",
        ),
        Column(
            "day_of_month", "int", "月内第几天", "Day of month", required=True, low=1, high=31
        ),
        Column(
            "day_of_week", "int", "星期", "Day of week", required=True, low=1, high=7,
            zh_definition="1 为星期一，7 为星期日。",
            en_definition="1 is Monday, 7 is Sunday.",
        ),
    ),
)  # fmt: skip
