"""The four dashboards: which questions they answer, with which charts, in which order. Nothing else is declared by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.superset.charts import Chart, sorted_by
from dashboards.superset.datasets import Dataset, order_of, ranked
from schemas.reports import rpt_receivable_ageing

if TYPE_CHECKING:
    from dashboards.superset.words import Words

# --- datasets -----------------------------------------------------------------------------------------
CONCENTRATION = Dataset(
    "rpt_concentration",
    totals=("sales_amount", "customer_count"),
    own=("key_account_share", "cr10"),
)
ABC = Dataset(
    "rpt_customer_abc", "customers", totals=("sales_amount",), own=("cumulative_share", "rank")
)
CLASSES = Dataset("rpt_class_composition", totals=("customer_count", "sales_amount"))
RFM = Dataset("rpt_rfm", "customers", totals=("monetary_amount",))
PERFORMANCE = Dataset("rpt_customer_performance", "customers", totals=("sales_amount",))
PRODUCTS = Dataset(
    "rpt_product_composition", totals=("sales_amount",), own=("cumulative_share", "rank")
)
PROFIT = Dataset(
    "rpt_profitability",
    totals=("sales_amount", "gross_profit_amount"),
    rates=(("gross_margin_rate", ("gross_profit_amount",), ("sales_amount",)),),
    own=("gross_margin_rate", "turnover_annualised", "cross_ratio", "contribution_degree"),
)
POTENTIAL = Dataset("rpt_customer_product", totals=("potential_amount",))
BUCKETS = tuple(bucket.column for bucket in rpt_receivable_ageing.BUCKETS)
AGEING = Dataset(
    "rpt_receivable_ageing",
    "customers",
    totals=("balance_amount", "open_amount", "overdue_amount", *BUCKETS),
    rates=(("overdue_rate", ("overdue_amount",), ("open_amount",)),),
)
CREDIT = Dataset("rpt_customer_credit", "customers", ordered=("credit_status",))
FINDINGS = Dataset("rpt_finding", ordered=("severity",))
VISITS = Dataset(
    "rpt_visit_effectiveness",
    totals=("completed_count", "effective_count", "ineffective_count", "pending_count"),
    rates=(
        ("effective_rate", ("effective_count",), ("effective_count", "ineffective_count")),
        ("coverage_rate", ("visited_customer_count",), ("due_customer_count",)),
    ),
)
PLAN = Dataset("rpt_visit_plan", "customers")
COMPLAINTS = Dataset(
    "rpt_complaint_summary",
    totals=("received_count", "open_count"),
    rates=(("sla_rate", ("sla_met_count",), ("sla_met_count", "sla_breached_count")),),
)
CASES = Dataset("rpt_complaint", "complaints")

# Where the filters of month and period find their choices: it has rows in every month, whichever feeds a company lacks.
CHOICES = CONCENTRATION
DATASETS = (
    CONCENTRATION, ABC, CLASSES, RFM, PERFORMANCE, PRODUCTS, PROFIT, POTENTIAL,
    AGEING, CREDIT, FINDINGS, VISITS, PLAN, COMPLAINTS, CASES,
)  # fmt: skip

# One colour for one meaning: of codes and of metrics, by (column, code) or column.
GREEN, BLUE, YELLOW, ORANGE, RED, GREY = (
    "#5AC189",
    "#1FA8C9",
    "#FCC700",
    "#FF7F44",
    "#E04355",
    "#9AA3AE",
)
COLOURS: tuple[tuple[Dataset, str, str | None, str], ...] = (
    *((AGEING, name, None, colour) for name, colour in zip(BUCKETS, (GREEN, BLUE, YELLOW, ORANGE, RED, "#8E1B3A"), strict=True)),
    *((CREDIT, "credit_status", code, colour) for code, colour in zip(("clear", "watch", "hold_new_orders", "suspend_supply"), (GREEN, YELLOW, ORANGE, RED), strict=True)),
    *((CREDIT, "report_status", code, colour) for code, colour in zip(("current", "due", "overdue", "never"), (GREEN, YELLOW, RED, GREY), strict=True)),
    *((VISITS, name, None, colour) for name, colour in zip(("effective_count", "ineffective_count", "pending_count"), (GREEN, RED, GREY), strict=True)),
    *((ABC, "tier", code, colour) for code, colour in zip("ABCN", ("#1B5E8C", BLUE, "#A9DCEB", GREY), strict=True)),
    *((PROFIT, "quadrant", code, colour) for code, colour in zip(("star", "traffic", "niche", "dog"), (GREEN, BLUE, YELLOW, GREY), strict=True)),
)  # fmt: skip

# --- what several charts are about ------------------------------------------------------------------
_MONTHS = (("period", "==", "month"),)
_COMPANY = (("level", "==", "company"),)
_FIRST = 40
_STACKED = {"stack": "Stack"}
_LYING = {"orientation": "horizontal", "x_axis_sort_asc": True}
_URGENT = ("suspend_supply", "hold_new_orders")


def _pareto(name: str, title: Words, dataset: Dataset, member: str) -> Chart:
    """The largest members and their cumulative share, both in the order of rank."""
    first = {"row_limit": _FIRST, "row_limit_b": _FIRST, "order_desc_b": False}
    metrics = ("total_sales_amount", "own_cumulative_share")
    return Chart(
        name, title, dataset, "mixed_timeseries", (ranked(member),), metrics, options=first
    )


def _findings(name: str, title: Words, topics: tuple[str, ...]) -> Chart:
    """What somebody has to act on, in sentences."""
    return Chart(
        name, title, FINDINGS, "table",
        ("severity_label", "sentence_{language}", "remedy_{language}"),
        where=(("topic", "IN", list(topics)),),
        options=sorted_by((order_of("severity"), False), ("subject_id", True)),
    )  # fmt: skip


@dataclass(frozen=True)
class Dashboard:
    """One dashboard: `rows` of (chart, width of 12), each row with its height in units of 8 pixels."""

    name: str
    title: Words
    about: Words
    rows: tuple[tuple[int, tuple[tuple[Chart, int], ...]], ...]

    @property
    def charts(self) -> list[Chart]:
        """All its charts."""
        return [chart for _, row in self.rows for chart, _ in row]


CUSTOMERS_DASHBOARD = Dashboard(
    "customers",
    ("客户与等级", "Customers and tiers"),
    (
        "哪些客户最重要，依赖程度多高，哪些客户的等级变动了，谁正在流失？",
        "Which customers matter most, how far do we depend on them, whose tier moved, and who is slipping away?",
    ),
    (
        (24, (
            (Chart("sales", ("每月净销售额", "Net sales by month"), CONCENTRATION, "big_number", ("as_of",), ("total_sales_amount",), _MONTHS), 3),
            (Chart("buyers", ("有销售的客户", "Customers with sales"), CONCENTRATION, "big_number_total", (), ("total_customer_count",)), 3),
            (Chart("key_accounts", ("重点客户占销售额", "Key accounts' share of sales"), CONCENTRATION, "big_number_total", (), ("own_key_account_share",)), 3),
            (Chart("ten_largest", ("前十大客户占销售额", "Ten largest customers' share"), CONCENTRATION, "big_number_total", (), ("own_cr10",)), 3),
        )),
        (46, (
            (_pareto("customer_pareto", ("前四十大客户：销售额与累计构成", "Forty largest customers: sales and cumulative share"), ABC, "customer_named"), 8),
            (Chart("natures", ("各类客户的销售额", "Sales by nature of customer"), CLASSES, "echarts_timeseries_bar", ("class_label",), ("total_sales_amount",), (("dimension", "==", "nature"),), _LYING), 4),
        )),
        (44, (
            (Chart("tiers", ("每月销售额，按 ABC 等级", "Sales by month and ABC tier"), CLASSES, "echarts_timeseries_bar", ("as_of", "class_label"), ("total_sales_amount",), (*_MONTHS, ("dimension", "==", "tier")), _STACKED), 5),
            (Chart("regions", ("各地区的销售额", "Sales by region"), CLASSES, "echarts_timeseries_bar", ("class_label",), ("total_sales_amount",), (("dimension", "==", "region"),)), 4),
            (Chart("segments", ("客户细分（RFM）", "Customer segments (RFM)"), RFM, "echarts_timeseries_bar", ("segment_label",), ("rows",), options=_LYING), 3),
        )),
        (62, (
            (Chart(
                "movements", ("等级变动的客户", "Customers whose tier moved"), ABC, "table",
                ("customer_named", "previous_tier_label", "tier_label", "movement_label", "movement_cause_label", "sales_amount", "to_next_tier_amount"),
                where=(("movement", "!=", "stay"),), options=sorted_by(("sales_amount", False)),
            ), 6),
            (Chart(
                "performance", ("客户业绩", "Customer performance"), PERFORMANCE, "table",
                ("customer_named", "sales_amount", "growth_rate", "gross_margin_rate", "attainment_rate", "target_status_label"),
                options=sorted_by(("sales_amount", False)),
            ), 6),
        )),
    ),
)  # fmt: skip

PRODUCTS_DASHBOARD = Dashboard(
    "products",
    ("商品与贡献", "Products and contribution"),
    (
        "哪些商品卖得多、赚得多、转得快，贡献度如何，还有哪些潜力没有发挥？",
        "Which products sell, earn and turn well, what do they contribute, and where is potential left?",
    ),
    (
        (24, (
            (Chart("profit", ("每月毛利额", "Gross profit by month"), PROFIT, "big_number", ("as_of",), ("total_gross_profit_amount",), (*_MONTHS, *_COMPANY)), 3),
            (Chart("margin", ("毛利率", "Gross margin rate"), PROFIT, "big_number_total", (), ("rate_gross_margin_rate",), _COMPANY), 3),
            (Chart("turnover", ("年化周转率", "Annualised turnover"), PROFIT, "big_number_total", (), ("own_turnover_annualised",), _COMPANY), 3),
            (Chart("cross_ratio", ("交叉比率", "Cross ratio"), PROFIT, "big_number_total", (), ("own_cross_ratio",), _COMPANY), 3),
        )),
        (48, (
            (Chart(
                "quadrants", ("毛利率与周转率", "Margin and turnover"), PROFIT, "bubble_v2",
                ("member_named", "quadrant_label"), ("own_turnover_annualised", "own_gross_margin_rate", "total_sales_amount"),
                (("level", "==", "product"), ("quadrant", "IS NOT NULL", None)),
            ), 7),
            (Chart("contribution", ("各类别的贡献度", "Contribution degree by category"), PROFIT, "echarts_timeseries_bar", ("member_id_label",), ("own_contribution_degree",), (("level", "==", "category"),)), 5),
        )),
        (46, (
            (_pareto("product_pareto", ("前四十大商品：销售额与累计构成", "Forty largest products: sales and cumulative share"), PRODUCTS, "product_named"), 7),
            (Chart("categories", ("每月毛利额，按类别", "Gross profit by month and category"), PROFIT, "echarts_timeseries_bar", ("as_of", "member_id_label"), ("total_gross_profit_amount",), (*_MONTHS, ("level", "==", "category")), _STACKED), 5),
        )),
        (62, (
            (Chart(
                "contributions", ("商品的贡献", "What each product contributes"), PROFIT, "table",
                ("member_named", "sales_amount", "gross_margin_rate", "turnover_annualised", "cross_ratio", "contribution_ratio", "contribution_degree", "quadrant_label"),
                where=(("level", "==", "product"),), options=sorted_by(("sales_amount", False)),
            ), 7),
            (Chart(
                "potential", ("客户的商品潜力", "Where potential is left"), POTENTIAL, "table",
                ("customer_named", "product_named", "sales_amount", "expected_amount", "potential_amount", "is_white_space"),
                options={**sorted_by(("potential_amount", False)), "row_limit": 200},
            ), 5),
        )),
    ),
)  # fmt: skip

CREDIT_DASHBOARD = Dashboard(
    "credit",
    ("信用与应收账款", "Credit and receivables"),
    (
        "客户欠多少，逾期多久，谁的额度用尽，哪些订单或供货应停止？",
        "How much is owed and how long overdue, whose limit is used up, and where are orders or supply to stop?",
    ),
    (
        (24, (
            (Chart("balance", ("每月末应收余额", "Balance at each month's end"), AGEING, "big_number", ("as_of",), ("total_balance_amount",)), 3),
            (Chart("overdue", ("逾期金额", "Overdue"), AGEING, "big_number_total", (), ("total_overdue_amount",)), 3),
            (Chart("overdue_rate", ("逾期占未收款", "Overdue share of what is open"), AGEING, "big_number_total", (), ("rate_overdue_rate",)), 3),
            (Chart("stopped", ("暂停接单或供货的客户", "Customers on hold or suspended"), CREDIT, "big_number_total", (), ("rows",), (("credit_status", "IN", list(_URGENT)),)), 3),
        )),
        (46, (
            (Chart("buckets", ("每月末账龄", "Ageing at each month's end"), AGEING, "echarts_timeseries_bar", ("as_of",), tuple(f"total_{name}" for name in BUCKETS), options={**_STACKED, "sort_series_type": "name", "sort_series_ascending": True}), 6),
            (Chart("statuses", ("信用状态", "Credit status"), CREDIT, "pie", ("credit_status_label",), ("rows",)), 3),
            (Chart("written_reports", ("书面信用报告", "Written credit reports"), CREDIT, "pie", ("report_status_label",), ("rows",), (("report_status", "IS NOT NULL", None),)), 3),
        )),
        (62, (
            (Chart(
                "debtors", ("逾期的客户", "Customers overdue"), AGEING, "table",
                ("customer_named", "balance_amount", "overdue_amount", "overdue_rate", "oldest_overdue_days", "disputed_amount"),
                where=(("overdue_amount", ">", 0),), options=sorted_by(("overdue_amount", False)),
            ), 6),
            (Chart(
                "limits", ("须留意的信用额度", "Credit limits to watch"), CREDIT, "table",
                ("customer_named", "credit_status_label", "credit_limit", "exposure_amount", "utilisation_rate", "dso_days", "rating"),
                where=(("credit_status", "!=", "clear"),), options=sorted_by((order_of("credit_status"), False), ("exposure_amount", False)),
            ), 6),
        )),
        (64, ((_findings("credit_findings", ("须处理的信用事项", "What to do about credit"), ("credit",)), 12),)),
    ),
)  # fmt: skip

SERVICE_DASHBOARD = Dashboard(
    "service",
    ("服务：访问与投诉", "Service: visits and complaints"),
    (
        "访问有没有实效，下次该访问谁，客户投诉什么，是否按时处理？",
        "Do visits have effect, who is to be visited next, what do customers complain of, and is it handled in time?",
    ),
    (
        (24, (
            (Chart("completed", ("每月完成访问次数", "Completed visits by month"), VISITS, "big_number", ("as_of",), ("total_completed_count",), _MONTHS), 3),
            (Chart("effective", ("访问实效率", "Effective rate of visits"), VISITS, "big_number_total", (), ("rate_effective_rate",)), 3),
            (Chart("complaints", ("每月投诉件数", "Complaints by month"), COMPLAINTS, "big_number", ("as_of",), ("total_received_count",), _MONTHS), 3),
            (Chart("sla", ("投诉按时处理率", "Complaints handled in time"), COMPLAINTS, "big_number_total", (), ("rate_sla_rate",)), 3),
        )),
        (46, (
            (Chart("salespeople", ("业务员的访问实效", "Visits by salesperson and effect"), VISITS, "echarts_timeseries_bar", ("salesperson_id",), ("total_effective_count", "total_ineffective_count", "total_pending_count"), options=_STACKED), 6),
            (Chart("categories_sla", ("投诉类别与按时处理率", "Complaints by category, and handled in time"), COMPLAINTS, "mixed_timeseries", ("category_label",), ("total_received_count", "rate_sla_rate")), 6),
        )),
        (44, (
            (Chart("coverage", ("应访客户覆盖率", "Coverage of customers due"), VISITS, "echarts_timeseries_bar", ("salesperson_id",), ("rate_coverage_rate",)), 6),
            (Chart("complaints_by_month", ("每月投诉件数，按类别", "Complaints by month and category"), COMPLAINTS, "echarts_timeseries_bar", ("as_of", "category_label"), ("total_received_count",), _MONTHS, _STACKED), 6),
        )),
        (62, (
            (Chart(
                "plan", ("访问计划", "Visit plan"), PLAN, "table",
                ("salesperson_id", "customer_named", "tier_label", "last_visited_on", "next_visit_on", "ineffective_streak", "action_label"),
                where=(("next_visit_on", "IS NOT NULL", None),), options=sorted_by(("next_visit_on", True), ("tier", True)),
            ), 6),
            (Chart(
                "open_cases", ("未结案的投诉", "Complaints not closed"), CASES, "table",
                ("complaint_id", "customer_named", "category_label", "received_at", "current_step_label", "department", "sla_status_label"),
                where=(("is_closed", "==", False),), options=sorted_by(("received_at", True)),
            ), 6),
        )),
        (64, ((_findings("service_findings", ("须处理的访问与投诉事项", "What to do about visits and complaints"), ("visit", "complaint")), 12),)),
    ),
)  # fmt: skip

DASHBOARDS = (CUSTOMERS_DASHBOARD, PRODUCTS_DASHBOARD, CREDIT_DASHBOARD, SERVICE_DASHBOARD)
