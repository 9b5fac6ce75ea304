"""The dimension `dim_product`: every product as the register has it now."""

from schemas.feeds.products import PRODUCTS
from schemas.table import Table
from schemas.vocabulary import IS_REGISTERED

_UNITS = {"list_price": {"unit": "currency"}, "standard_cost": {"unit": "currency"}}

DIM_PRODUCT = Table(
    name="dim_product",
    layer="reporting",
    zh="商品维度",
    en="Products",
    grain_zh="每个商品一行（当前版本）",
    grain_en="product, in its current version",
    question_zh="商品叫什么，属于哪一类？",
    question_en="What is a product called, and which category does it belong to?",
    not_for_zh="不用于追溯过去的价格或类别；报告表已按当月末的登记资料计算。",
    not_for_en="Past prices or categories; reports are computed with the register as of their month-end.",
    columns=(
        *(
            column.but(required=column.key, **_UNITS.get(column.name, {}))
            for column in PRODUCTS.columns
        ),
        IS_REGISTERED,
    ),
)
