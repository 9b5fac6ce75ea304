"""The shared words of the reporting tables: the same quantity is the same column in every table.

Belongs here: columns, code lists and units that more than one reporting table uses. A column of one table alone
stands in the file of that table; a table narrows a shared column with `.but(...)`.
"""

from schemas.columns import PERIOD_CODES, Column
from schemas.feeds.customers import CUSTOMERS

# Every unit that a column may name, and its words in both languages.
UNIT_WORDS: dict[str, tuple[str, str]] = {
    "currency": ("本位币金额", "Amount in the company's currency, exact to 4 decimals"),
    "%": ("比例，按小数存放（0.25 即 25%）", "Fraction, stored as such: 0.25 is 25 %"),
    "times": ("次（倍数）", "Times"),
    "days": ("天", "Days"),
    "hours": ("小时", "Hours"),
    "quantity": ("数量，按商品的计量单位", "Quantity in the product's own unit"),
    "customers": ("客户数", "Customers"),
    "orders": ("订单数", "Orders"),
    "complaints": ("投诉件数", "Complaints"),
    "visits": ("访问次数", "Visits"),
    "rows": ("行数", "Rows"),
    "points": ("分", "Points"),
}

# Why a measure is NULL: one list for all `*_reason` columns (docs/decisions/0001-reason-columns.md).
REASONS: dict[str, tuple[str, str]] = {
    "class_total_not_positive": (
        "所属类别或公司的净销售额合计不大于零",
        "Net sales of the class or company are not positive",
    ),
    "total_not_positive": ("作为分母的合计不大于零", "The total it is divided by is not positive"),
    "no_sales": ("净销售额为零", "Net sales are zero"),
    "net_return": ("退货超过销售，净销售额为负", "Returns exceed sales: net sales are negative"),
    "cost_incomplete": ("成本资料不完整", "Not all costs are known"),
    "no_prior_sales": (
        "上年同期没有正的净销售额",
        "No net sales in the same period a year earlier",
    ),
    "no_target": ("未设目标", "No target is set"),
    "target_zero": ("目标为零", "The target is zero"),
    "share_undefined": ("用于对比的份额无法计算", "The share to be compared is undefined"),
    "feed_absent": ("未提供所需的数据源", "The feed it needs is not supplied"),
    "no_stock_record": ("没有可用的库存记录", "No usable stock record"),
    "no_stock": ("有销售但平均库存为零", "Sales, but the average stock is zero"),
    "inactive": ("既无库存也无销售", "Neither stock nor sales"),
    "no_receivable": ("没有未收款", "Nothing is open"),
    "no_limit": ("未设信用额度", "No credit limit is set"),
    "no_credit": ("信用额度为零，不予赊销", "The credit limit is 0: no credit"),
    "no_invoices": ("近三个月没有发票", "No invoices in the last 3 months"),
    "history_short": (
        "二十四个月内的发票不足以抵扣余额",
        "24 months of invoices do not make up the balance",
    ),
    "nothing_planned": ("期间内没有计划的访问", "No visit was planned in the period"),
    "no_visits": ("期间内没有完成的访问", "No visit was completed in the period"),
    "visits_pending": ("期间内的访问均待定", "All visits of the period are still pending"),
    "nothing_due": ("没有到期应访的客户", "No customer was due for a visit"),
    "not_yet": ("尚未发生", "It has not happened yet"),
    "none_judged": ("没有已判定成立与否的投诉", "No complaint was judged valid or invalid"),
    "none_responded": ("没有已答复的投诉", "No complaint was responded to"),
    "none_closed": ("没有曾经结案的投诉", "No complaint was ever closed"),
    "none_decided": ("没有按时或超时的投诉", "No complaint has met or breached its targets yet"),
    "no_orders": ("期间内没有订单", "No orders in the period"),
}

UNCLASSIFIED = ("unclassified", "未分类", "Unclassified")


def reason(of: Column, *codes: str) -> Column:
    """The column that says why `of` is NULL: a code wherever `of` is NULL, else NULL."""
    return group_reason(of.name, of.zh, f"{of.en[0].lower()}{of.en[1:]}", *codes)


def group_reason(group: str, zh: str, en: str, *codes: str) -> Column:
    """One reason for several columns that are NULL together, `<group>_reason`; `en` begins lower-case."""
    coded = tuple((code, *REASONS[code]) for code in codes)
    return Column(f"{group}_reason", "text", f"{zh}为空的原因", f"Why {en} is NULL", codes=coded)


# --- when ---------------------------------------------------------------------------------------------
AS_OF_MONTH = Column(
    "as_of_month", "text", "截止月份", "As-of month", required=True, key=True,
    zh_definition="报告月份，格式为 YYYY-MM；报告表按此列分区。",
    en_definition="The reporting month as YYYY-MM; reporting tables are partitioned by it.",
)  # fmt: skip
AS_OF = Column(
    "as_of", "date", "截止日", "As of", required=True,
    zh_definition="截止月份的最后一天；只有日期不晚于该日的记录才计入。",
    en_definition="Last day of the as-of month; only records dated up to it count.",
)  # fmt: skip
PERIOD = Column(
    "period", "text", "期间", "Period", required=True, key=True, codes=PERIOD_CODES,
    zh_definition="本行汇总的时间范围，均止于截止日；年初至今从财政年度的首月起算。",
    en_definition="The span that the row sums, each ending at as_of; year to date begins with the fiscal year.",
)  # fmt: skip
PERIOD_START = Column("period_start", "date", "期间首日", "First day of the period", required=True)
PERIOD_END = Column("period_end", "date", "期间末日", "Last day of the period", required=True)

MONTHLY = (AS_OF_MONTH, AS_OF)
PERIODIC = (AS_OF_MONTH, AS_OF, PERIOD, PERIOD_START, PERIOD_END)

# --- who and what -------------------------------------------------------------------------------------
CUSTOMER_ID = Column("customer_id", "text", "客户编号", "Customer id", required=True, key=True)
PRODUCT_ID = Column("product_id", "text", "商品编号", "Product id", required=True, key=True)
SALESPERSON_ID = Column(
    "salesperson_id", "text", "业务员编号", "Salesperson id", required=True, key=True
)
MEMBER_ID = Column(
    "member_id", "text", "成员编号", "Member id", required=True, key=True,
    codes=(("*", "全公司", "The whole company"), UNCLASSIFIED), open_codes=True,
)  # fmt: skip
IS_REGISTERED = Column(
    "is_registered", "bool", "是否已登记", "Is registered", required=True,
    zh_definition="否：登记资料中没有（或已撤回），只因业务记录而存在。",
    en_definition="False: not in the register, or withdrawn from it; known by its facts alone.",
)  # fmt: skip

# --- classes of a customer ------------------------------------------------------------------------------
NATURE_CODES = (
    *next(column.codes for column in CUSTOMERS.columns if column.name == "nature"),
    UNCLASSIFIED,
)
STAGE_CODES = (
    ("current", "正在交易的客户", "Current"),
    ("past", "曾经交易的客户", "Past"),
    ("prospective", "潜在客户", "Prospective"),
)
SENIORITY_CODES = (
    ("old", "老客户", "Old"),
    ("new", "新客户", "New"),
    ("future", "未来客户", "Future"),
)
VOLUME_CODES = (
    ("major", "主力客户", "Major"),
    ("general", "一般客户", "General"),
    ("sporadic", "零散客户", "Sporadic"),
)
TIER_CODES = (("A", "A类", "A"), ("B", "B类", "B"), ("C", "C类", "C"), ("N", "N类（无净销售）", "N (no net sales)"))  # fmt: skip
# The dimensions by which customers are composed, and the words "of the same ...".
DIMENSIONS = (
    ("nature", "客户性质", "Nature"),
    ("stage", "交易阶段", "Stage of trading"),
    ("seniority", "新老客户", "Seniority"),
    ("volume_class", "交易规模", "Volume class"),
    ("region", "地区", "Region"),
    ("industry", "行业", "Industry"),
    ("salesperson", "业务员", "Salesperson"),
    ("tier", "ABC 等级", "ABC tier"),
)
TIER = Column(
    "tier", "text", "ABC 等级", "ABC tier", required=True, codes=TIER_CODES,
    zh_definition="按净销售额从大到小累计：排在前面的（不含同额者）合计不足 75% 为 A，不足 95% 为 B，其余为 C（policy.abc）；跨线者归高一级，同额同级，净销售额不大于零为 N。",
    en_definition="By net sales: A while the items strictly larger sum to less than 75 % of the total, B to less than 95 %, else C (policy.abc). The crossing item goes up, equals share a tier, N: net sales not positive.",
)  # fmt: skip

# --- sales --------------------------------------------------------------------------------------------
SALES_AMOUNT = Column(
    "sales_amount", "num", "净销售额", "Net sales", required=True, unit="currency",
    formula="Σ net_amount",
    zh_definition="折扣后、不含税；退货为负，计入其发生的期间；没有销售行为 0。",
    en_definition="After discount, without tax; returns count negative in the period of their date; 0 without lines.",
)  # fmt: skip
CUSTOMER_COUNT = Column(
    "customer_count", "int", "客户数", "Number of customers", required=True, low=0, unit="customers"
)
RANK = Column(
    "rank", "int", "销售额排名", "Rank by net sales", low=1,
    formula="1 + number of items with strictly greater net sales",
    zh_definition="同额同名次；N 类为空。",
    en_definition="Equals share a rank; NULL in tier N.",
)  # fmt: skip
SALES_SHARE = Column(
    "sales_share", "ratio", "销售额构成比", "Share of net sales", unit="%",
    formula="net sales / Σ net sales",
    zh_definition="分母为全公司净销售额（退货抵减后）。",
    en_definition="Of the company's net sales, returns deducted.",
)  # fmt: skip
# Within an ABC ranking: of the items with positive net sales, so between 0 and 1
# (docs/decisions/0002-shares-of-n-rows.md).
ABC_SALES_SHARE = SALES_SHARE.but(
    low=0, high=1,
    formula="net sales / Σ net sales of the items with net sales > 0",
    zh_definition="分母只含净销售额为正的项目；N 类为空。",
    en_definition="Of the items with positive net sales; NULL in tier N.",
)  # fmt: skip
CUMULATIVE_SHARE = Column(
    "cumulative_share", "ratio", "累计构成比", "Cumulative share", low=0, high=1, unit="%",
    formula="Σ net sales of items at least as large / Σ net sales of the items with net sales > 0",
    zh_definition="同额者取同一数值；N 类为空。",
    en_definition="The same for equals; NULL in tier N.",
)  # fmt: skip
KEY_ACCOUNT_SHARE = Column(
    "key_account_share", "ratio", "重点客户占比", "Share of key accounts", unit="%",
    formula="net sales of tier A customers / net sales of the row",
    zh_definition="重点客户即该期间 ABC 等级为 A 的客户；其他客户净退货时可大于 1。",
    en_definition="Key accounts are the period's tier A customers; above 1 where others return more than they buy.",
)  # fmt: skip

# --- profit -------------------------------------------------------------------------------------------
QUANTITY = Column(
    "quantity", "num", "销售数量", "Quantity sold", required=True, unit="quantity",
    formula="Σ quantity",
    zh_definition="退货为负；不同计量单位直接相加，跨商品比较时须留意。",
    en_definition="Returns count negative; units of different products are added as they are.",
)  # fmt: skip
GROSS_PROFIT_AMOUNT = Column(
    "gross_profit_amount", "num", "毛利额", "Gross profit", unit="currency",
    formula="Σ (net_amount − cost) of the lines with a cost",
    zh_definition="行成本取入账成本，否则按当月末标准成本 × 数量；成本不完整时为空（policy.profitability.min_cost_coverage 低于 1 时允许少数行没有成本）。",
    en_definition="A line's cost is the booked cost, else quantity × standard cost at its month-end; NULL where costs are incomplete: where any line has none, unless policy.profitability.min_cost_coverage is below 1.",
)  # fmt: skip
GROSS_MARGIN_RATE = Column(
    "gross_margin_rate", "ratio", "毛利率", "Gross margin rate", unit="%",
    formula="gross profit / net sales of the lines with a cost",
    zh_definition="可为负数，不作截断。",
    en_definition="May be negative; never clipped.",
)  # fmt: skip
GROSS_MARGIN_RATE_REASON = reason(GROSS_MARGIN_RATE, "no_sales", "net_return", "cost_incomplete")

# --- targets ------------------------------------------------------------------------------------------
TARGET_AMOUNT = Column(
    "target_amount", "num", "目标金额", "Target amount", unit="currency",
    zh_definition="该月、该成员、该期间的目标；未设为空。",
    en_definition="The target of the month, member and period; NULL where none is set.",
)  # fmt: skip
TARGET_SHARE = Column(
    "target_share", "ratio", "目标份额", "Target share", low=0, high=1, unit="%",
    zh_definition="未设为空；同时设有目标金额时，以金额计算达成率。",
    en_definition="NULL where none is set; where an amount is set too, attainment goes by the amount.",
)  # fmt: skip
ATTAINMENT_RATE = Column(
    "attainment_rate", "ratio", "目标达成率", "Target attainment rate", unit="%",
    formula="net sales / target amount; with a target share only: share of net sales / target share",
)  # fmt: skip
ATTAINMENT_RATE_REASON = reason(
    ATTAINMENT_RATE, "no_target", "target_zero", "share_undefined", "feed_absent"
)
TARGET_STATUS = Column(
    "target_status", "text", "目标达成情况", "Target status", required=True,
    codes=(("met", "达成", "Met"), ("missed", "未达成", "Missed"), ("no_target", "未设目标", "No target")),
    zh_definition="实际不低于目标为达成；份额无法计算视为未达成。",
    en_definition="Met when actual is at least the target; an undefined share misses its target.",
)  # fmt: skip

# --- visits -------------------------------------------------------------------------------------------
COMPLETED_COUNT = Column(
    "completed_count", "int", "完成访问次数", "Completed visits", required=True, low=0,
    unit="visits",
)  # fmt: skip
EFFECTIVE_COUNT = Column(
    "effective_count", "int", "有实效访问次数", "Effective visits", required=True, low=0,
    unit="visits",
    zh_definition="当日结果为订货、报价、合同或收款；或其后 30 天内（policy.visits.effect_days）、至截止日有归于该次访问的净额大于零的销售行。销售行归于该客户在其之前最近的一次访问，不论何人所访。",
    en_definition="The outcome that day is order, quotation, contract or collection; or a line with net amount > 0 in the 30 days after it (policy.visits.effect_days), up to as_of, is credited to it: to the customer's latest visit before the line, whoever made it.",
)  # fmt: skip
PENDING_COUNT = Column(
    "pending_count", "int", "待定访问次数", "Pending visits", required=True, low=0, unit="visits",
    zh_definition="尚无实效，但访问后 30 天（policy.visits.effect_days）未满。",
    en_definition="Not effective yet, but the 30 days (policy.visits.effect_days) are not over.",
)  # fmt: skip
