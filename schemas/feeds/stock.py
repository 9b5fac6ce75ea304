"""The feed `stock`: stock on hand at the end of a day."""

from schemas.columns import EARLIEST, Column
from schemas.feed import Feed

STOCK = Feed(
    name="stock",
    zh="库存快照",
    en="Stock snapshots",
    grain_zh="每个商品每天一行",
    grain_en="product and day",
    dated_by=("stock_on",),
    columns=(
        Column("product_id", "text", "商品编号", "Product id", required=True, key=True),
        Column("stock_on", "date", "库存日期", "Stock on", required=True, key=True, low=EARLIEST),
        Column("quantity", "num", "库存数量", "Quantity on hand", required=True, low=0),
        Column(
            "value_at_cost",
            "num",
            "库存成本额",
            "Value at cost",
            low=0,
            zh_definition="没有时用数量 × 标准成本。",
            en_definition="Without it quantity × standard_cost counts.",
        ),
        Column(
            "value_at_retail",
            "num",
            "库存零售额",
            "Value at retail",
            low=0,
            zh_definition="没有时用数量 × 标价。",
            en_definition="Without it quantity × list_price counts.",
        ),
    ),
)
