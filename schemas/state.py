"""What Kehu remembers between runs: which deliveries it took, what each month was computed from, and who was told what.

Nothing here is needed to rebuild: without these tables the next run takes every delivery, and tells every urgent finding, again.
"""

from schemas.columns import Column
from schemas.feed import DELIVERED_ON, SOURCE_FILE, SOURCE_NO, SOURCE_ROW
from schemas.table import Table

_FEED = Column("feed", "text", "数据源", "Feed", required=True, key=True)
_DELIVERED_ON = DELIVERED_ON.but(key=True)

QUARANTINE = Table(
    "quarantine", "quarantine", "隔离区", "Quarantine", "被隔离的原始行", "raw row that breaks its feed's contract",
    (
        _FEED, _DELIVERED_ON, SOURCE_FILE, SOURCE_ROW, SOURCE_NO,
        Column("key", "text", "键（JSON）", "The key as far as it could be read, as JSON", required=True),
        Column("reasons", "texts", "全部原因", "Every reason", required=True),
        Column("raw_row", "text", "原始行（JSON）", "The raw row, as JSON", required=True),
        Column("amounts", "text", "可读金额（JSON）", "What amounts could be read, as JSON", required=True),
    ),
    partition="feed",
)  # fmt: skip

FORMAT = Table(
    "format", "state", "湖格式", "Format of the lake", "仅一行", "lake",
    (Column("version", "int", "格式版本", "Version of the format", required=True, key=True, low=1),),
)  # fmt: skip

DELIVERIES = Table(
    "deliveries", "state", "交付记录", "Deliveries", "每个数据源每次交付一行", "feed and delivery",
    (
        _FEED, _DELIVERED_ON,
        Column("fingerprint", "text", "指纹", "Fingerprint of files and mapping", required=True),
        Column("delivered_rows", "int", "交付行数", "Rows delivered", required=True, low=0),
        Column("accepted_rows", "int", "接受行数", "Rows accepted", required=True, low=0),
        Column("quarantined_rows", "int", "隔离行数", "Rows quarantined", required=True, low=0),
        Column("delivered_amounts", "text", "交付金额（JSON）", "Totals of the amounts delivered, as JSON", required=True),
        Column("full_sources", "text", "全量来源", "Numbers of the sources that held every key", required=True),
    ),
    partition="feed",
)  # fmt: skip

DIGESTS = Table(
    "digests", "state", "账本摘要", "Digests", "每个数据源、账本月份及看到它的月份一行", "feed, month of its ledger and month that sees rows of it",
    (
        _FEED,
        Column("ledger_month", "text", "账本月份", "Month of the ledger", required=True, key=True),
        Column("month", "text", "月份", "First month that sees the rows", required=True, key=True),
        Column("rows", "int", "有日期的行数", "Rows with a date of their own", required=True, low=0),
        Column("digest", "text", "摘要", "Order-free digest of the rows", required=True),
        Column("version", "int", "账本版本", "Version of the ledger that was digested", required=True),
    ),
    partition="feed",
)  # fmt: skip

FIRST_FACTS = Table(
    "first_facts", "state", "首次事实", "First facts", "每个客户或产品一行", "customer or product that a fact names",
    (
        Column("key_name", "text", "键", "Key: customer_id or product_id", required=True, key=True),
        Column("member_id", "text", "成员编号", "Member", required=True, key=True),
        Column("first_fact_month", "int", "首月", "Month number of its first fact", required=True),
        Column("versions", "text", "账本版本（JSON）", "Versions of the ledgers that were read, as JSON", required=True),
    ),
    partition="key_name",
)  # fmt: skip

COMPUTED = Table(
    "computed", "state", "已计算月份", "Computed months", "每个截止月份一行", "as-of month",
    (
        Column("as_of_month", "text", "截止月份", "As-of month", required=True, key=True),
        Column("inputs", "text", "输入摘要", "Digest of all that the month was computed from", required=True),
        Column("publication", "int", "发布序号", "Number of the publication", required=True, low=0),
        Column("delivered_up_to", "date", "最近交付日期", "Last delivery that was known", required=True),
        Column("totals", "text", "合计（JSON）", "Rows and amounts of each report, by table and measure, as JSON", required=True),
    ),
)  # fmt: skip

NOTICES = Table(
    "notices", "state", "已通知的发现", "Notices", "每个渠道和已通知且仍成立的发现一行", "channel and finding that it was told and that holds",
    (
        Column("channel", "text", "渠道（摘要）", "Digest of the channel's URL", required=True, key=True),
        Column("rule_id", "text", "规则", "Rule", required=True, key=True),
        Column("subject_type", "text", "对象类型", "Type of subject", required=True, key=True),
        Column("subject_id", "text", "对象编号", "Subject id", required=True, key=True),
        Column("severity", "text", "严重程度", "Severity", required=True, key=True),
    ),
)  # fmt: skip

_MONTH = Column("as_of_month", "text", "截止月份", "As-of month", required=True, key=True)
_TABLE = Column("table_name", "text", "表", "Table", required=True, key=True)
_MEASURE = Column("measure", "text", "度量", "Measure", required=True, key=True)

PUBLISHED_DELIVERIES = Table(
    "published_deliveries", "state", "已发布交付", "Deliveries as published", "每个数据源每次交付一行", "feed and delivery",
    (
        _FEED, _DELIVERED_ON,
        Column("fingerprint", "text", "指纹", "Fingerprint of files and mapping", required=True),
    ),
)  # fmt: skip

RESTATEMENT = Table(
    "restatement", "restatement", "重述", "Restatements",
    "每次发布中每个变化的已结月份、表和度量一行", "publication, closed as-of month, table and measure that it changed",
    (
        Column("publication", "int", "发布序号", "Number of the publication", required=True, key=True, low=1),
        Column("restated_on", "date", "重述时的最近交付日期", "Last delivery when it was restated", required=True),
        _MONTH, _TABLE, _MEASURE,
        Column("old_total", "num", "原合计", "Old total", required=True),
        Column("new_total", "num", "新合计", "New total", required=True),
        Column("difference", "num", "差额", "Difference", required=True),
        Column("deliveries", "text", "引起变化的交付", "Deliveries that caused it", required=True),
    ),
)  # fmt: skip

STATE = (
    FORMAT,
    QUARANTINE,
    DELIVERIES,
    DIGESTS,
    FIRST_FACTS,
    COMPUTED,
    NOTICES,
    PUBLISHED_DELIVERIES,
    RESTATEMENT,
)
