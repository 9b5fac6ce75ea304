"""The report `rpt_customer_grade`: customers graded by overall performance."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, MONTHLY, reason

_GRADES = (("A", "A级", "A"), ("B", "B级", "B"), ("C", "C级", "C"))


def _score(name: str, zh: str, en: str, by_zh: str, by_en: str) -> Column:
    return Column(
        f"{name}_score", "ratio", zh, en, low=0, high=100, unit="points",
        formula="100 × number of customers strictly worse / (number of customers with a value − 1)",
        zh_definition=f"按{by_zh}比较；只有一个客户时为 100。",
        en_definition=f"Compares {by_en}; 100 for a single customer.",
    )  # fmt: skip


_SALES = _score("sales", "销售得分", "Sales score", "净销售额", "net sales").but(required=True)
_MARGIN = _score("margin", "毛利得分", "Margin score", "毛利额", "gross profit")
_GROWTH = _score("growth", "增长得分", "Growth score", "同比增长率", "the growth rate")
_PAYMENT = _score(
    "payment",
    "付款得分",
    "Payment score",
    "逾期率（越低越好）",
    "the overdue rate, lower is better",
)
_SERVICE = _score(
    "service", "服务得分", "Service score",
    "近十二个月每张订单的有效投诉数（越少越好）",
    "valid complaints per order in the trailing 12 months, fewer is better",
)  # fmt: skip

RPT_CUSTOMER_GRADE = Table(
    name="rpt_customer_grade",
    layer="reporting",
    zh="客户等级（综合业绩）",
    en="Customer grade",
    grain_zh="每个截止月份和客户一行（近十二个月净销售额为正）",
    grain_en="as-of month and customer with positive net sales in the trailing 12 months",
    question_zh="综合销售、毛利、增长、付款和服务，客户属于哪一级？",
    question_en="Taking sales, margin, growth, payment and service together, how good is a customer?",
    not_for_zh="得分是同月客户间的相对名次，不用于跨公司比较。",
    not_for_en="Comparing companies: scores are standings among the customers of the same month.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        CUSTOMER_ID,
        _SALES,
        _MARGIN,
        reason(_MARGIN, "cost_incomplete"),
        _GROWTH,
        reason(_GROWTH, "no_prior_sales"),
        _PAYMENT,
        reason(_PAYMENT, "feed_absent"),
        _SERVICE,
        reason(_SERVICE, "feed_absent"),
        Column(
            "total_score", "ratio", "综合得分", "Total score", required=True, low=0, unit="points",
            formula="Σ weight × score / Σ weight, over the scores that are not NULL",
            zh_definition="权重见 policy.grade.weights，默认：销售 40、毛利 20、增长 10、付款 20、服务 10。",
            en_definition="Weights in policy.grade.weights, by default sales 40, margin 20, growth 10, payment 20, service 10.",
        ),
        Column(
            "grade", "text", "客户等级", "Grade", required=True, codes=_GRADES,
            zh_definition="综合得分不低于 75 为 A，不低于 50 为 B，其余为 C（policy.grade）。",
            en_definition="A from a total of 75, B from 50, else C (policy.grade).",
        ),
        Column(
            "previous_grade", "text", "上月等级", "Previous grade", codes=_GRADES,
            zh_definition="上一截止月份的客户等级；当时不在表中为空。",
            en_definition="One as-of month earlier; NULL where the customer was not graded then.",
        ),
    ),
)  # fmt: skip
