"""The dimension `dim_salesperson`: every salesperson that a register row or a fact names."""

from schemas.table import Table
from schemas.vocabulary import SALESPERSON_ID

DIM_SALESPERSON = Table(
    name="dim_salesperson",
    layer="reporting",
    zh="业务员维度",
    en="Salespeople",
    grain_zh="每个业务员一行",
    grain_en="salesperson",
    question_zh="有哪些业务员？",
    question_en="Which salespeople are there?",
    columns=(
        SALESPERSON_ID.but(
            zh_definition="出现在客户登记、销售、访问等记录中的编号。",
            en_definition="As named by the customer register, sales, visits and other records.",
        ),
    ),
)
