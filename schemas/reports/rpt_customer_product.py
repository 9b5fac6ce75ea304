"""The report `rpt_customer_product`: the products with the most potential at each customer."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY, PRODUCT_ID, SALES_AMOUNT, reason

_SHARE_OF_PRODUCT = Column(
    "share_of_product", "ratio", "占商品销售额的比重", "Share of the product", unit="%",
    formula="net sales to the customer / net sales of the product",
)  # fmt: skip
_POTENTIAL_INDEX = Column(
    "potential_index", "ratio", "潜力指数", "Potential index", unit="times",
    formula="share of the product in the customer's net sales / share of the product in the company's",
    zh_definition="小于 1：该客户购买此商品的比重低于公司平均。",
    en_definition="Below 1: the customer buys less of the product than the company sells of it on average.",
)  # fmt: skip

RPT_CUSTOMER_PRODUCT = Table(
    name="rpt_customer_product",
    layer="reporting",
    zh="客户商品潜力",
    en="Customer × product potential",
    grain_zh="每个截止月份、客户和商品一行（近十二个月；每个客户潜力最大的十个商品）",
    grain_en="as-of month, customer and product (trailing 12 months; each customer's ten with the most potential)",
    question_zh="向哪个客户推销哪种商品最有潜力？",
    question_en="Which product promises the most additional sales at which customer?",
    not_for_zh="不是全部客户与商品的组合，不可合计为销售额。",
    not_for_en="Totals of sales: it holds only the pairs with the most potential.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        PRODUCT_ID,
        SALES_AMOUNT.but(
            zh_definition="近十二个月该商品对该客户的净销售额；未购买为 0。",
            en_definition="Of the product to the customer in the trailing 12 months; 0 where never bought.",
        ),
        Column(
            "expected_amount", "num", "预期销售额", "Expected net sales", required=True,
            unit="currency",
            formula="Σ peers' net sales of the product / Σ peers' net sales × the customer's net sales",
            zh_definition="同类客户（性质相同且净销售额为正）按同样比重购买时的销售额；等于潜力额加已实现额。",
            en_definition="What the customer would buy at the rate of its peers (same nature, positive net sales); equals potential plus net sales.",
        ),
        Column(
            "share_of_customer", "ratio", "占客户销售额的比重", "Share of the customer",
            required=True, unit="%",
            formula="net sales to the customer / net sales of the customer",
        ),
        _SHARE_OF_PRODUCT,
        reason(_SHARE_OF_PRODUCT, "total_not_positive"),
        _POTENTIAL_INDEX,
        reason(_POTENTIAL_INDEX, "total_not_positive"),
        Column(
            "buyers_share", "ratio", "同类购买比例", "Share of buyers among peers", required=True,
            low=0, high=1, unit="%",
            formula="peers with positive net sales of the product / peers",
            zh_definition="客户自己也计入同类。",
            en_definition="The customer counts among its peers.",
        ),
        Column(
            "is_white_space", "bool", "是否空白商品", "Is white space", required=True,
            zh_definition="是：该客户未购买（无销售行或净额不大于零），而同类购买比例不低于 policy.potential.min_buyers_share（默认 0.2）。",
            en_definition="True: the customer has not bought it (no line, or net sales not positive) while buyers_share is at least policy.potential.min_buyers_share (default 0.2).",
        ),
        Column(
            "potential_amount", "num", "潜力额", "Potential", required=True, low=0, unit="currency",
            formula="expected net sales − net sales",
            zh_definition="大于零者才列出。",
            en_definition="Only pairs with a positive potential are listed.",
        ),
        Column(
            "rank_in_customer", "int", "客户内潜力排名", "Rank at the customer", required=True,
            low=1,
            zh_definition="按潜力额从大到小，同额同名次；只保留前 policy.potential.products_per_customer 名（默认 10）。",
            en_definition="By potential, equals share a rank; kept up to policy.potential.products_per_customer (default 10).",
        ),
        Column(
            "rank_in_product", "int", "商品内潜力排名", "Rank within the product", required=True,
            low=1,
            zh_definition="在本表所列的行中，同一商品按潜力额排名。",
            en_definition="By potential among the listed rows of the product; equals share a rank.",
        ),
    ),
)  # fmt: skip
