"""The rules of `rpt_finding`: one entry per rule, with its words.

Its expression stands in `metrics/findings`; of a credit rule in `metrics/credit.py`, `rules`.

A placeholder names a column of the rule's frame and how it is written: `{exposure_amount:money}` 1,234,567.80,
`{rate:percent}` 12.3%, `{days:count}` 1,234, `{hours:decimal}` 25.5, a code by a list of `WORDS`, else as it is. NULL is
written as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.columns import PERIOD_CODES
from schemas.feeds.complaint_events import COMPLAINT_EVENTS
from schemas.feeds.targets import TARGETS

Codes = tuple[tuple[str, str, str], ...]

TOPICS: Codes = (
    ("tier", "客户等级", "Tier"),
    ("target", "目标", "Target"),
    ("credit", "信用", "Credit"),
    ("visit", "访问", "Visit"),
    ("complaint", "投诉", "Complaint"),
    ("quality", "数据质量", "Data quality"),
)
SEVERITIES: Codes = (
    ("info", "提示", "Info"),
    ("watch", "关注", "Watch"),
    ("hold", "暂停新订单", "Hold new orders"),
    ("suspend", "暂停供货", "Suspend supply"),
)
# What somebody has to act on at once, the gravest first.
URGENT = ("suspend", "hold")


def _codes(columns: tuple, name: str) -> Codes:
    return next(column.codes for column in columns if column.name == name)


SCOPES: Codes = _codes(TARGETS.columns, "scope")
SUBJECTS: Codes = (
    *SCOPES,
    ("salesperson_customer", "业务员与客户", "Salesperson and customer"),
    ("complaint", "投诉", "Complaint"),
    ("payment", "收款", "Payment"),
)
# Codes as they read inside a sentence.
WORDS: dict[str, Codes] = {
    "movement": (
        ("up", "上升", "rose"),
        ("down", "下降", "fell"),
        ("enter", "进入", "entered the ranking"),
        ("exit", "退出", "left the ranking"),
    ),
    "cause": (
        ("own_sales", "，原因是自身销售额的变化", ", by its own sales"),
        ("threshold", "，原因是其他客户销售额的变化", ", by what others bought"),
        ("both", "，原因是自身与其他客户销售额的变化", ", by its own sales and by what others bought"),
    ),
    "period": tuple((code, zh, en.lower()) for code, zh, en in PERIOD_CODES),
    "scope": tuple((code, zh, en.lower()) for code, zh, en in SCOPES),
    "step": tuple((code, zh, en.lower()) for code, zh, en in _codes(COMPLAINT_EVENTS.columns, "step")),
    "consequence": (
        ("watch", "应予关注", "it is to be watched"),
        ("hold", "暂停接受新订单", "new orders are held"),
        ("suspend", "暂停供货", "supply is suspended"),
    ),
    "release": (
        ("watch", "解除关注", "the watch ends"),
        ("hold", "恢复接受新订单", "new orders are taken again"),
        ("suspend", "恢复供货", "supply goes on"),
    ),
    "stage_of_sla": (("response", "首次答复", "first response"), ("resolution", "首次结案", "first resolution")),
    "so_far": (("true", "，至今未完成", " so far, and is still missing"),),
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """One kind of judgement. `setting`: what in the settings moves it, separated by commas; "" where nothing does. Templates: see the module."""

    id: str
    subject: str  # its subject_type; "" where the row says it
    severities: tuple[str, ...]
    zh: str
    en: str
    sentence_zh: str
    sentence_en: str
    remedy_zh: str
    remedy_en: str
    setting: str = ""

    @property
    def topic(self) -> str:
        """What the rule is about: the word before the dot."""
        return self.id.split(".")[0]

    @property
    def name(self) -> str:
        """The word after the dot."""
        return self.id.split(".")[1]


_RULES = (
    Rule(
        "tier.moved", "customer", ("info", "watch"), "等级变动", "Tier moved",
        sentence_zh="客户 {subject_id} 近十二个月的 ABC 等级由 {threshold} 变为 {observed}（{movement:movement}{movement_cause:cause}），净销售额 {sales_amount:money}。",
        sentence_en="Customer {subject_id} {movement:movement} from {threshold} to {observed} over the trailing 12 months{movement_cause:cause}; net sales {sales_amount:money}.",
        remedy_zh="由其业务员了解变动原因，并相应调整访问频率与服务；等级在下月不再变动时此提示消失。",
        remedy_en="Its salesperson finds out why, and adapts visits and service; it clears when the tier no longer moves.",
        setting="policy.abc",
    ),
    Rule(
        "target.missed", "", ("watch",), "目标未达成", "Target missed",
        sentence_zh="{subject_type:scope}{member}（{period:period}）的目标未达成：实际 {actual}，目标 {target}。",
        sentence_en="The {subject_type:scope}{member} missed its target ({period:period}): actual {actual}, target {target}.",
        remedy_zh="分析差距的原因，采取措施，或按程序修订目标；实际不低于目标时消除。",
        remedy_en="Find the cause of the gap and act on it, or revise the target in due form; it clears when actual is at least the target.",
    ),
    Rule(
        "credit.over_limit", "customer", ("hold",), "超过信用额度", "Over the credit limit",
        sentence_zh="客户 {subject_id} 的信用敞口 {exposure_amount:money} 超过信用额度 {credit_limit:money}，超出 {excess_amount:money}：{severity:consequence}。",
        sentence_en="Customer {subject_id} owes {exposure_amount:money}, which is {excess_amount:money} over its credit limit of {credit_limit:money}: {severity:consequence}.",
        remedy_zh="收回至少 {excess_amount:money}，或经批准提高信用额度，即可{severity:release}。",
        remedy_en="Collect at least {excess_amount:money}, or have a higher limit approved; then {severity:release}.",
    ),
    Rule(
        "credit.overdue_long", "customer", ("hold", "suspend"), "长期逾期", "Long overdue",
        sentence_zh="客户 {subject_id} 有 {overdue_amount:money} 逾期超过 {threshold} 天，最长逾期 {oldest_overdue_days:count} 天：{severity:consequence}。",
        sentence_en="Customer {subject_id} has {overdue_amount:money} overdue for more than {threshold} days, the oldest for {oldest_overdue_days:count} days: {severity:consequence}.",
        remedy_zh="收回逾期超过 {threshold} 天的货款，使其低于 {minimum:money}，即可{severity:release}。",
        remedy_en="Collect what is overdue for more than {threshold} days until less than {minimum:money} is left; then {severity:release}.",
        setting="policy.credit.hold_overdue_days, policy.credit.suspend_overdue_days, policy.credit.overdue_min_amount",
    ),
    Rule(
        "credit.overdue_share", "customer", ("hold",), "逾期占比过高", "Overdue share",
        sentence_zh="客户 {subject_id} 逾期超过 {days:count} 天的货款 {overdue_amount:money} 占未收款的 {overdue_share:percent}，超过 {limit:percent}：{severity:consequence}。",
        sentence_en="Of what customer {subject_id} owes, {overdue_share:percent} ({overdue_amount:money}) is overdue for more than {days:count} days; {limit:percent} is allowed: {severity:consequence}.",
        remedy_zh="收回逾期货款，使其占比不超过 {limit:percent} 或金额低于 {minimum:money}，即可{severity:release}。",
        remedy_en="Collect until the share is at most {limit:percent}, or the amount below {minimum:money}; then {severity:release}.",
        setting="policy.credit.max_overdue_share, policy.credit.share_overdue_days, policy.credit.overdue_min_amount",
    ),
    Rule(
        "credit.rating_d", "customer", ("hold",), "信用评级为 D", "Rated D",
        sentence_zh="客户 {subject_id} 最近一次的信用评级为 D：{severity:consequence}。",
        sentence_en="Customer {subject_id} was last rated D: {severity:consequence}.",
        remedy_zh="重新进行信用调查；评级高于 D 时即可{severity:release}。",
        remedy_en="Investigate its credit anew; with a rating better than D {severity:release}.",
    ),
    Rule(
        "credit.incident", "customer", ("watch", "suspend"), "未解决的信用事件", "Open incident",
        sentence_zh="客户 {subject_id} 有 {open_incident_count:count} 件未解决的信用事件：{severity:consequence}。",
        sentence_en="Customer {subject_id} has open credit incidents ({open_incident_count:count}): {severity:consequence}.",
        remedy_zh="查明并解决这些事件，登记解决日期后即可{severity:release}。",
        remedy_en="Look into the incidents and resolve them; once they are entered as resolved, {severity:release}.",
    ),
    Rule(
        "credit.limit_expired", "customer", ("watch",), "信用额度已过期", "Limit expired",
        sentence_zh="客户 {subject_id} 的信用额度已于 {observed} 到期，在重新核定之前仍按原额度控制。",
        sentence_en="The credit limit of customer {subject_id} expired on {observed}; it stays in force until it is set anew.",
        remedy_zh="重新核定信用额度并登记新的到期日。",
        remedy_en="Set the limit anew and enter its new expiry date.",
    ),
    Rule(
        "credit.report_overdue", "customer", ("watch",), "书面信用报告逾期", "Credit report overdue",
        sentence_zh="客户 {subject_id} 的书面信用调查报告{lateness}。",
        sentence_en="The written credit report on customer {subject_id} {lateness_en}.",
        remedy_zh="完成书面信用调查报告并登记。",
        remedy_en="Write the credit report and enter it.",
        setting="policy.credit.report_months",
    ),
    Rule(
        "credit.near_limit", "customer", ("watch",), "接近信用额度", "Near the credit limit",
        sentence_zh="客户 {subject_id} 的信用额度已使用 {utilisation_rate:percent}：敞口 {exposure_amount:money}，额度 {credit_limit:money}。",
        sentence_en="Customer {subject_id} has used {utilisation_rate:percent} of its credit limit: it owes {exposure_amount:money} of {credit_limit:money}.",
        remedy_zh="接受新订单前先安排收款；敞口低于额度的 {limit:percent} 时消除。",
        remedy_en="Collect before taking new orders; it clears when less than {limit:percent} of the limit is used.",
        setting="policy.credit.near_limit",
    ),
    Rule(
        "visit.remove", "salesperson_customer", ("watch",), "删除访问对象", "Leave the visit plan",
        sentence_zh="业务员 {salesperson_id} 对潜在客户 {customer_id} 连续 {observed} 次访问无实效，应从访问计划中删除。",
        sentence_en="Salesperson {salesperson_id} visited the prospect {customer_id} in vain {observed} times in a row; it leaves the visit plan.",
        remedy_zh="从访问计划中删除；确有希望时，经批准恢复访问。",
        remedy_en="Take it off the plan; where there is hope after all, have it reinstated.",
        setting="policy.visits.max_ineffective",
    ),
    Rule(
        "visit.review", "salesperson_customer", ("info",), "检讨访问方式", "Review the visits",
        sentence_zh="业务员 {salesperson_id} 对客户 {customer_id} 连续 {observed} 次访问无实效，应检讨访问方式。",
        sentence_en="Salesperson {salesperson_id} visited customer {customer_id} in vain {observed} times in a row; the way it is visited is to be reviewed.",
        remedy_zh="与主管一起检讨访问的目的与方式，或更换业务员；一次有实效的访问即可消除。",
        remedy_en="Review aim and manner of the visits with the manager, or send somebody else; one visit with effect clears it.",
        setting="policy.visits.max_ineffective",
    ),
    Rule(
        "complaint.sla_breached", "complaint", ("watch",), "投诉处理超时", "Complaint handled late",
        sentence_zh="客户 {customer_id} 的投诉 {subject_id} 处理超时：{sla:stage_of_sla}用时 {hours:decimal} 小时{so_far:so_far}，时限 {threshold} 小时。",
        sentence_en="Complaint {subject_id} of customer {customer_id} was handled late: the {sla:stage_of_sla} took {hours:decimal} hours{so_far:so_far}; {threshold} are allowed.",
        remedy_zh="尽快答复并解决，查明超时环节；该投诉结案并移出近十二个月后消除。",
        remedy_en="Answer and resolve it, and find out where time was lost; it clears when the complaint is closed and older than 12 months.",
        setting="policy.complaints.response_hours, policy.complaints.resolution_hours",
    ),
    Rule(
        "complaint.steps_out_of_order", "complaint", ("watch",), "投诉处理步骤混乱", "Complaint steps out of order",
        sentence_zh="客户 {customer_id} 的投诉 {subject_id} 未按步骤处理，目前最远步骤为“{observed:step}”。",
        sentence_en="Complaint {subject_id} of customer {customer_id} was not handled step by step; its furthest step is {observed:step}.",
        remedy_zh="补办缺少的步骤，并按“记录、判定、分派、分析、提案、批准、实施、总结”的顺序处理。",
        remedy_en="Make up for the missing steps, and keep the order: recorded, judged, assigned, analysed, proposed, approved, implemented, summarised.",
    ),
    Rule(
        "complaint.implemented_unapproved", "complaint", ("watch",), "未经批准即实施", "Implemented without approval",
        sentence_zh="客户 {customer_id} 的投诉 {subject_id} 的处理方案未经批准即已实施。",
        sentence_en="What was done about complaint {subject_id} of customer {customer_id} had not been approved.",
        remedy_zh="由主管补审处理方案，并重申先批准后实施。",
        remedy_en="Have the manager look at what was done, and approve before acting from now on.",
    ),
    Rule(
        "quality.unregistered_customer", "customer", ("info",), "客户未登记", "Customer not registered",
        sentence_zh="客户 {subject_id} 有业务记录，但不在客户登记中。",
        sentence_en="Customer {subject_id} has records, but is not in the register.",
        remedy_zh="在客户登记中补录该客户，或更正记录中的客户编号。",
        remedy_en="Enter the customer into the register, or correct the id in the records.",
    ),
    Rule(
        "quality.unregistered_product", "product", ("info",), "商品未登记", "Product not registered",
        sentence_zh="商品 {subject_id} 有业务记录，但不在商品登记中。",
        sentence_en="Product {subject_id} has records, but is not in the register.",
        remedy_zh="在商品登记中补录该商品，或更正记录中的商品编号。",
        remedy_en="Enter the product into the register, or correct the id in the records.",
    ),
    Rule(
        "quality.unassigned_customer", "customer", ("info",), "客户无专人管理", "Customer without a salesperson",
        sentence_zh="正在交易的客户 {subject_id} 没有负责的业务员。",
        sentence_en="Nobody looks after customer {subject_id}, though it trades with us.",
        remedy_zh="在客户登记中指定业务员，由专人管理。",
        remedy_en="Name its salesperson in the register.",
    ),
    Rule(
        "quality.stock_gap", "product", ("info",), "缺库存记录", "No stock record",
        sentence_zh="商品 {subject_id} 当月有销售，但没有库存记录。",
        sentence_en="Product {subject_id} was sold in the month, but there is no stock record of it.",
        remedy_zh="补交该商品当月的库存。",
        remedy_en="Deliver the product's stock of the month.",
    ),
    Rule(
        "quality.payment_without_invoice", "payment", ("info",), "收款所列发票不存在", "Payment names an unknown invoice",
        sentence_zh="客户 {customer_id} 的收款 {subject_id}（{amount:money}）所列发票 {evidence} 不存在，按未核销款处理。",
        sentence_en="Payment {subject_id} of customer {customer_id} ({amount:money}) names invoice {evidence}, which is not known; it counts as unapplied.",
        remedy_zh="更正发票号，或补交该发票。",
        remedy_en="Correct the invoice id, or deliver the invoice.",
    ),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.id: rule for rule in _RULES}
# Of each credit rule the column of rollup `credit_at` that holds its severity, NULL where it does not hold.
CREDIT_RULES = tuple(f"rule_{rule.name}" for rule in _RULES if rule.topic == "credit")
