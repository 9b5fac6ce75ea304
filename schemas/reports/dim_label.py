"""The dimension `dim_label`: the words of every table, column and code in both languages."""

from schemas.columns import Column
from schemas.table import Table

DIM_LABEL = Table(
    name="dim_label",
    layer="reporting",
    zh="名称与释义",
    en="Labels and definitions",
    grain_zh="每个表、每列、每个代码各一行",
    grain_en="table, column of a table, or code of a column",
    question_zh="某个表、列或代码用中文和英文怎么叫，怎样计算？",
    question_en="What is a table, column or code called in Chinese and English, and how is it computed?",
    columns=(
        Column("table_name", "text", "表名", "Table name", required=True, key=True),
        Column(
            "column_name", "text", "列名", "Column name", key=True,
            zh_definition="空：本行说明整个表。",
            en_definition="NULL: the row describes the table.",
        ),
        Column(
            "code", "text", "代码", "Code", key=True,
            zh_definition="空：本行说明列或表本身。",
            en_definition="NULL: the row describes the column or the table.",
        ),
        Column("label_zh", "text", "中文名称", "Chinese label", required=True),
        Column("label_en", "text", "英文名称", "English label", required=True),
        Column("formula", "text", "公式", "Formula"),
        Column(
            "unit", "text", "单位", "Unit",
            zh_definition="比例的单位为 %，但按小数存放（0.25 即 25%）。",
            en_definition="Fractions have the unit % and are stored as such: 0.25 is 25 %.",
        ),
        Column("definition_zh", "text", "中文释义", "Chinese definition"),
        Column("definition_en", "text", "英文释义", "English definition"),
    ),
)  # fmt: skip
