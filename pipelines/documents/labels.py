"""The fixed words of the written documents in both languages: headings, labels, codes and the sentences of empty parts."""

from typing import Literal

from schemas.reports.rpt_customer_credit import RPT_CUSTOMER_CREDIT
from schemas.rules import SEVERITIES
from schemas.vocabulary import NATURE_CODES

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")

# What stands where a value is unknown.
UNKNOWN = "—"

# The Chinese and the English of each word.
_WORDS = {
    "html_lang": ("zh-CN", "en"),
    "title": ("客户信用调查报告", "Customer credit report"),
    "kind": ("定期书面报告", "Periodic written report"),
    "as_of": ("截止日", "As of"),
    "currency": ("币种", "Currency"),
    "status": ("信用状态", "Credit status"),
    "page": ("第 {page} 页，共 {pages} 页", "Page {page} of {pages}"),
    # Sections
    "who": ("客户概况", "The customer"),
    "limit": ("信用额度与信用敞口", "Credit limit and exposure"),
    "ageing": ("账龄分析", "Ageing of receivables"),
    "dso": ("应收账款周转天数（近十二个月）", "Days sales outstanding over 12 months"),
    "changes": ("与上次报告相比的变化", "What changed since the last report"),
    "findings": ("发现与对策", "Findings and remedies"),
    "recommended": ("建议信用额度", "Recommended credit limit"),
    "conclusion": ("结论", "Conclusion"),
    "sign_off": ("签字", "Sign-off"),
    # Who they are
    "customer": ("客户", "Customer"),
    "customer_id": ("客户编号", "Customer id"),
    "customer_name": ("客户名称", "Customer name"),
    "nature": ("客户性质", "Nature"),
    "region": ("地区", "Region"),
    "industry": ("行业", "Industry"),
    "salesperson_id": ("业务员编号", "Salesperson id"),
    "traded_since": ("开始交易日期", "Traded since"),
    "tier": ("ABC 等级", "ABC tier"),
    "rating": ("信用评级", "Rating"),
    "payment_terms_days": ("付款期限（天）", "Payment terms (days)"),
    "last_investigated_on": ("上次调查日期", "Last investigated on"),
    "report_status": ("书面报告状态", "Written report"),
    "report_due_on": ("书面报告到期日", "Report due on"),
    # Limit and exposure
    "credit_limit": ("信用额度", "Credit limit"),
    "credit_limit_expires_on": ("额度到期日", "Limit expires on"),
    "exposure": ("信用敞口", "Exposure"),
    "headroom": ("剩余额度", "Headroom"),
    "utilisation_rate": ("额度使用率", "Utilisation"),
    "credit_status": ("信用状态", "Credit status"),
    "open_amount": ("未收款", "Open"),
    "disputed_amount": ("其中：争议金额", "Of which disputed"),
    "overdue_amount": ("其中：逾期金额", "Of which overdue"),
    "overdue_rate": ("逾期率", "Overdue rate"),
    "oldest_overdue_days": ("最长逾期天数", "Oldest overdue (days)"),
    "unapplied_amount": ("未核销款", "Unapplied"),
    "balance_amount": ("应收余额", "Balance"),
    "dso_days": ("周转天数", "DSO (days)"),
    "dso_countback_days": ("周转天数（倒推法）", "DSO by count-back (days)"),
    # Tables
    "bucket": ("账龄", "Age"),
    "amount": ("金额", "Amount"),
    "share": ("比重", "Share"),
    "total": ("合计", "Total"),
    "item": ("项目", "Item"),
    "before": ("上次", "Before"),
    "after": ("本次", "Now"),
    "remedy": ("对策", "Remedy"),
    "evidence": ("依据", "Evidence"),
    "rule": ("规则", "Rule"),
    # Sign-off
    "clerk": ("经办人", "Prepared by"),
    "sales_head": ("业务主管", "Head of sales"),
    "finance_head": ("财务主管", "Head of finance"),
    "director": ("总经理", "General manager"),
    "date": ("日期", "Date"),
    # Empty parts and remarks
    "no_limit": ("未设定", "none set"),
    "no_credit": ("{amount}（不予赊销）", "{amount} (no credit)"),
    "expired": ("{date}（已过期）", "{date} (expired)"),
    "no_receivable": ("没有未收款。", "There are no open receivables."),
    "no_ageing": ("没有账龄数据。", "The ageing is not known."),
    "no_dso": (
        "近十二个月均无法计算周转天数。",
        "No month of the last 12 has a value.",
    ),
    "no_changes": (
        "与上次报告相比没有变化。",
        "Nothing changed since the last report.",
    ),
    "no_last_report": (
        "此前没有书面报告，无从比较。",
        "There is no earlier report to compare with.",
    ),
    "no_findings": ("没有发现。", "There are no findings."),
    "no_recommendation": (
        "没有建议额度。",
        "No limit is recommended.",
    ),
    "dso_gap": (
        "虚线表示该月没有数值。",
        "A dotted line marks a month without a value.",
    ),
    # Index
    "index": ("客户信用调查报告目录", "Customer credit reports"),
    "overdue": ("逾期金额", "Overdue"),
    "findings_count": ("发现数", "Findings"),
    "documents": ("文件", "Documents"),
    "count": ("共 {count} 份报告", "{count} reports"),
    "count_one": ("共 1 份报告", "1 report"),
    "no_reports": (
        "本月没有需要出具信用调查报告的客户。",
        "No customer needs a credit report this month.",
    ),
}


def _coded(codes: tuple[tuple[str, str, str], ...]) -> dict[str, tuple[str, str]]:
    return {name: (zh, en) for name, zh, en in codes}


# The same for the codes of each kind; a code that is not listed is shown as it is.
_CODES = {
    "nature": _coded(NATURE_CODES),
    "tier": {"N": ("无等级", "none")},
    "credit_status": _coded(RPT_CUSTOMER_CREDIT["credit_status"].codes),
    "report_status": _coded(RPT_CUSTOMER_CREDIT["report_status"].codes),
    "severity": _coded(SEVERITIES),
    "ageing": {
        "not_due": ("未到期", "Not due"),
        "overdue_1_30": ("逾期 1–30 天", "1–30 days overdue"),
        "overdue_31_60": ("逾期 31–60 天", "31–60 days overdue"),
        "overdue_61_90": ("逾期 61–90 天", "61–90 days overdue"),
        "overdue_91_120": ("逾期 91–120 天", "91–120 days overdue"),
        # Not 120 天以上: 以上 includes the number.
        "overdue_over_120": ("逾期超过 120 天", "Over 120 days overdue"),
    },
}

# Of the ageing, by age.
BUCKETS = tuple(_CODES["ageing"])

_ORDINALS = "一二三四五六七八九"

SIGNATORIES = ("clerk", "sales_head", "finance_head", "director")


def words(language: Language) -> dict[str, str]:
    """All fixed words of a language, by their keys."""
    at = LANGUAGES.index(language)
    return {key: texts[at] for key, texts in _WORDS.items()}


def code(kind: str, value: str | None, language: Language) -> str:
    """What a code is called; one that is not listed is its own name."""
    if value is None:
        return UNKNOWN
    texts = _CODES[kind].get(value)
    return texts[LANGUAGES.index(language)] if texts else value


def numbered(number: int, heading: str, language: Language) -> str:
    """A section's heading with its number: 一、客户概况, 1. The customer."""
    return f"{_ORDINALS[number - 1]}、{heading}" if language == "zh" else f"{number}. {heading}"


def with_unit(label: str, unit: str, language: Language) -> str:
    """A heading with its unit: 金额（CNY）, Amount (CNY)."""
    return f"{label}（{unit}）" if language == "zh" else f"{label} ({unit})"
