"""The report `rpt_finding`: the judgements that a person may have to act on."""

from schemas.columns import Column
from schemas.rules import RULES, SEVERITIES, SUBJECTS, TOPICS
from schemas.table import Table
from schemas.vocabulary import MONTHLY

RPT_FINDING = Table(
    name="rpt_finding",
    layer="reporting",
    zh="发现",
    en="Findings",
    grain_zh="每个截止月份、规则和对象（及期间）一行",
    grain_en="as-of month, rule and subject (and period) for which the rule holds",
    question_zh="有哪些情况需要有人处理，依据是什么，如何消除？",
    question_en="What has somebody to act on, on what evidence, and what would clear it?",
    not_for_zh="一项发现在成立的每个月都会列出，跨月计数时须去重。",
    not_for_en="Counting across months as they are: a finding is told in each month while it holds.",
    partition="as_of_month",
    columns=(
        *MONTHLY,
        Column(
            "finding_id", "text", "发现编号", "Finding id", required=True, key=True,
            zh_definition="由月份、规则、对象（及期间）组成，每次运行相同。",
            en_definition="Made of month, rule, subject (and period): the same on every run.",
        ),
        Column("topic", "text", "主题", "Topic", required=True, codes=TOPICS),
        Column("subject_type", "text", "对象类型", "Type of subject", required=True, codes=SUBJECTS),
        Column(
            "subject_id", "text", "对象编号", "Subject id", required=True,
            zh_definition="业务员与客户写作“业务员|客户”。",
            en_definition="Of a salesperson and customer: `salesperson|customer`.",
        ),
        Column(
            "rule_id", "text", "规则", "Rule", required=True,
            codes=tuple((rule.id, rule.zh, rule.en) for rule in RULES.values()),
        ),
        Column("severity", "text", "严重程度", "Severity", required=True, codes=SEVERITIES),
        Column(
            "observed", "text", "观测值", "Observed",
            zh_definition="金额 4 位小数，次数与天数为整数，比率为小数，日期为 ISO 格式。",
            en_definition="Money with 4 decimals, counts and days as integers, ratios as fractions, dates as ISO.",
        ),
        Column(
            "threshold", "text", "阈值", "Threshold",
            zh_definition="写法同观测值；规则没有阈值时为空。",
            en_definition="Written as observed is; NULL where the rule has none.",
        ),
        Column(
            "evidence", "text", "依据", "Evidence",
            zh_definition="有关记录的编号，升序，以逗号分隔。",
            en_definition="The ids at issue, ascending, joined by commas.",
        ),
        Column("sentence_zh", "text", "说明（中文）", "Sentence, Chinese", required=True),
        Column("sentence_en", "text", "说明（英文）", "Sentence, English", required=True),
        Column(
            "remedy_zh", "text", "对策（中文）", "Remedy, Chinese", required=True,
            zh_definition="如何处理，以及何时消除。",
            en_definition="What to do, and what clears the finding; in Chinese.",
        ),
        Column("remedy_en", "text", "对策（英文）", "Remedy, English", required=True),
    ),
)  # fmt: skip
