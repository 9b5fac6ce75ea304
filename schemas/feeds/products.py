"""The feed `products`: the register of products; each change makes a version."""

from schemas.columns import Column
from schemas.feed import Feed

PRODUCTS = Feed(
    name="products",
    zh="商品登记",
    en="Products",
    grain_zh="每个商品一行",
    grain_en="product",
    columns=(
        Column("product_id", "text", "商品编号", "Product id", required=True, key=True),
        Column("product_name", "text", "商品名称", "Product name", required=True),
        Column("category", "text", "类别", "Category"),
        Column("subcategory", "text", "子类别", "Subcategory"),
        Column("unit", "text", "计量单位", "Unit"),
        Column("list_price", "num", "标价", "List price", low=0),
        Column("standard_cost", "num", "标准成本", "Standard cost", low=0),
    ),
)
