"""The report `rpt_profitability`: margin, stock turnover, cross ratio and contribution of products."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    GROSS_MARGIN_RATE,
    GROSS_MARGIN_RATE_REASON,
    GROSS_PROFIT_AMOUNT,
    MEMBER_ID,
    PERIODIC,
    SALES_AMOUNT,
    SALES_SHARE,
    group_reason,
    reason,
)

_STOCK_REASONS = ("no_stock_record", "no_stock", "inactive", "cost_incomplete", "feed_absent")


def _average_stock(of: str, zh: str, en: str, unit: str) -> Column:
    return Column(
        f"average_stock_{of}", "num", zh, en, low=0, unit=unit,
        formula="mean of the month-ends of the period and the one before it",
        zh_definition="按库存计算口径；四舍五入到 4 位小数，比率用精确值计算；口径为无或缺该计价时为空。",
        en_definition="By stock_basis; rounded half up to 4 decimals, ratios use the exact sums; NULL where the basis is none or values are missing.",
    )  # fmt: skip


_CROSS_RATIO = Column(
    "cross_ratio", "ratio", "交叉比率", "Cross ratio", unit="times",
    formula="gross margin rate × stock turnover = gross profit / average stock at retail",
    zh_definition="每单位库存金额带来的毛利；没有零售价值时以成本计价，见交叉比率口径。",
    en_definition="Gross profit per unit of stock; at cost where there are no retail values, see cross_ratio_basis.",
)  # fmt: skip

_SALES_AND_COST = (
    SALES_AMOUNT,
    Column(
        "cost_amount", "num", "销售成本", "Cost of sales", required=True, unit="currency",
        formula="Σ known costs of the lines",
        zh_definition="成本不完整时仍为已知部分的合计。",
        en_definition="The sum that is known, even where costs are incomplete.",
    ),
    GROSS_PROFIT_AMOUNT,
    GROSS_MARGIN_RATE,
    GROSS_MARGIN_RATE_REASON,
    Column(
        "cost_coverage", "ratio", "成本覆盖率", "Cost coverage", low=0, high=1, unit="%",
        formula="Σ |net_amount| of lines with a cost / Σ |net_amount|",
        zh_definition="有成本的销售行所占的比重；没有销售额时为空。低于 policy.profitability.min_cost_coverage 视为成本不完整。",
        en_definition="The part of sales whose cost is known; NULL without sales. Below policy.profitability.min_cost_coverage costs are incomplete.",
    ),
)  # fmt: skip

_STOCK = (
    Column(
        "stock_basis", "text", "平均库存口径", "Stock basis", required=True,
        codes=(
            ("month_ends", "各月末平均", "Mean of the month-ends"),
            ("open_close", "期初期末平均", "Mean of opening and closing"),
            ("none", "无", "None"),
        ),
        zh_definition="期间 n 个月时取 n+1 个月末的平均；缺月末时取期初与期末平均；再缺则为无。",
        en_definition="Over n months the mean of n + 1 month-ends; where one is missing, of the first and last; where one of these is missing, none.",
    ),
    _average_stock("cost_amount", "平均库存（成本）", "Average stock at cost", "currency"),
    _average_stock("retail_amount", "平均库存（零售）", "Average stock at retail", "currency"),
    _average_stock("quantity", "平均库存（数量）", "Average stock quantity", "quantity"),
    Column(
        "stock_coverage", "ratio", "库存覆盖率", "Stock coverage", unit="%",
        formula="net sales of the products with a known average stock / net sales of the level's member",
        zh_definition="商品以上层级的周转与交叉比率只含这些商品；净销售额不为正时为空。",
        en_definition="Above product level, turnover and cross ratio cover these products alone; NULL where net sales are not positive.",
    ),
)  # fmt: skip

_TURNOVERS = (
    Column(
        "turnover_retail", "ratio", "商品周转率（零售）", "Stock turnover at retail", unit="times",
        formula="net sales / average stock at retail",
    ),
    Column(
        "turnover_cost", "ratio", "商品周转率（成本）", "Stock turnover at cost", unit="times",
        formula="cost of sales / average stock at cost",
    ),
    Column(
        "turnover_quantity", "ratio", "商品周转率（数量）", "Stock turnover by quantity", unit="times",
        formula="quantity sold / average stock quantity",
        zh_definition="只在商品层级计算。",
        en_definition="At product level only.",
    ),
    Column(
        "turnover_annualised", "ratio", "年化商品周转率", "Annualised stock turnover", unit="times",
        formula="stock turnover at retail × 12 / months of the period",
    ),
    Column(
        "stock_days", "ratio", "库存周转天数", "Days of stock", unit="days",
        formula="days of the period / stock turnover at cost",
    ),
    group_reason("turnover", "周转指标", "turnover", *_STOCK_REASONS, "no_sales").but(
        zh_definition="适用于各周转率和周转天数：其中任何一项为空时的首个原因。",
        en_definition="Of the turnovers and the days of stock: the first reason why any of them is NULL.",
    ),
)  # fmt: skip

_CROSS_AND_CONTRIBUTION = (
    _CROSS_RATIO,
    Column(
        "cross_ratio_basis", "text", "交叉比率口径", "Basis of the cross ratio",
        codes=(("retail", "零售", "Retail"), ("cost", "成本", "Cost")),
        zh_definition="平均库存按零售价还是按成本计价；交叉比率为空时可为空。",
        en_definition="Whether the average stock is valued at retail or at cost; may be NULL where the ratio is.",
    ),
    reason(_CROSS_RATIO, *_STOCK_REASONS),
    Column(
        "gmroi", "ratio", "库存投资毛利回报率", "GMROI", unit="times",
        formula="gross profit / average stock at cost",
        zh_definition="每单位库存成本带来的毛利。",
        en_definition="Gross margin return on inventory investment: gross profit per unit of stock at cost.",
    ),
    SALES_SHARE,
    reason(SALES_SHARE, "class_total_not_positive"),
    Column(
        "contribution_ratio", "ratio", "贡献比率", "Contribution ratio",
        formula="cross ratio × share of net sales",
        zh_definition="有库存而净销售额为零时为 0；净退货时为空。",
        en_definition="0 for stock without net sales; NULL for net returns.",
    ),
    Column(
        "contribution_degree", "ratio", "贡献度", "Contribution degree", unit="%",
        formula="contribution ratio / Σ contribution ratio of the level",
        zh_definition="合计只含不为空的贡献比率；合计不大于零时为空。",
        en_definition="Over the contribution ratios that are not NULL; NULL where their sum is not positive.",
    ),
    group_reason(
        "contribution", "贡献比率或贡献度", "the contribution ratio or degree",
        *_STOCK_REASONS, "net_return", "class_total_not_positive", "total_not_positive",
    ),
    Column(
        "margin_mix", "ratio", "相乘积", "Margin mix", unit="%",
        formula="gross margin rate × share of net sales = gross profit / Σ net sales",
        zh_definition="各成员之和等于公司毛利率（成本完整时）。",
        en_definition="Sums to the company's gross margin rate where all costs are known.",
    ),
    Column(
        "quadrant", "text", "商品象限", "Quadrant",
        codes=(
            ("star", "明星商品", "Star"),
            ("traffic", "引流商品", "Traffic builder"),
            ("niche", "厚利商品", "Niche"),
            ("dog", "滞销商品", "Dog"),
        ),
        zh_definition="以同期商品的中位数划分（等于中位数为高）：周转高、毛利高为明星；周转高、毛利低为引流；周转低、毛利高为厚利；两者皆低为滞销。只在商品层级，且两者都有值。",
        en_definition="Against the period's medians (at the median is high): star turns and earns well, traffic turns well, niche earns well, dog neither. Product level only, where both have a value.",
    ),
)  # fmt: skip

RPT_PROFITABILITY = Table(
    name="rpt_profitability",
    layer="reporting",
    zh="商品盈利能力",
    en="Profitability",
    grain_zh="每个截止月份、期间、层级和成员一行（有销售或有库存口径）",
    grain_en="as-of month, period, level and member with sales in the period or a stock basis",
    question_zh="各商品和类别的毛利率、商品周转率、交叉比率和贡献比率是多少？",
    question_en="What do products and categories earn: margin, stock turnover, cross ratio and contribution?",
    not_for_zh="各层级互相包含，合计时只取一个层级。",
    not_for_en="Adding up over levels: each holds the others; take one.",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        Column(
            "level", "text", "层级", "Level", required=True, key=True,
            codes=(
                ("product", "商品", "Product"),
                ("subcategory", "子类别", "Subcategory"),
                ("category", "类别", "Category"),
                ("company", "公司", "Company"),
            ),
        ),
        MEMBER_ID.but(
            zh_definition="商品编号、子类别或类别的名称；公司层级为 *；没有类别为未分类。",
            en_definition="The product's id, or the name of the subcategory or category; * for the company; unclassified without one.",
        ),
        *_SALES_AND_COST,
        *_STOCK,
        *_TURNOVERS,
        *_CROSS_AND_CONTRIBUTION,
    ),
)  # fmt: skip
