"""The dimension `dim_customer`: every customer in every version; personal data only where the settings let it out."""

from schemas.columns import Column
from schemas.feeds.customers import CUSTOMERS
from schemas.table import Table
from schemas.vocabulary import CUSTOMER_ID, IS_REGISTERED, NATURE_CODES

# What may hold personal data: the name does where the customer is an individual.
PERSONAL = ("customer_name", *CUSTOMERS.personal)

# What a reader must know of a register column beyond its label; all others go over as they are.
_NOTES: dict[str, dict[str, object]] = {
    "customer_name": {
        "zh_definition": "个人客户（含现已登记为个人的客户的早期版本）的姓名属个人资料：除非设置公开或遮蔽，否则为空。未登记客户为空。",
        "en_definition": "Individuals' names are personal data: NULL unless the settings publish or mask them, also in earlier versions of a customer that is an individual by now. NULL for unregistered customers.",
    },
    "nature": {"codes": NATURE_CODES},
    "credit_limit": {
        "unit": "currency",
        "zh_definition": "空：未设额度；0：不给信用。",
        "en_definition": "NULL: none set; 0: no credit.",
    },
    "registered_capital": {"unit": "currency"},
    "payment_terms_days": {"unit": "days"},
    "growth_potential": {
        "unit": "points",
        "zh_definition": "1 最低，5 最高。",
        "en_definition": "1 lowest, 5 highest.",
    },
}


def _register_columns() -> tuple[Column, ...]:
    """The register's non-personal columns; any may be NULL, for unregistered customers have none."""
    return tuple(
        column.but(required=False, **_NOTES.get(column.name, {}))
        for column in CUSTOMERS.columns
        if not column.personal and not column.key
    )


def _personal_columns() -> tuple[Column, ...]:
    """The register's personal columns as text: in part or as a pseudonym, a date is no date any more."""
    return tuple(
        column.but(
            kind="text",
            zh_definition="个人资料：按设置原样、遮蔽或化名。",
            en_definition="Personal data: as it is, in part or as a pseudonym, as the settings say.",
        )
        for column in CUSTOMERS.columns
        if column.personal
    )


DIM_CUSTOMER = Table(
    name="dim_customer",
    layer="reporting",
    zh="客户维度",
    en="Customers",
    grain_zh="每个客户每个版本一行",
    grain_en="customer and version",
    question_zh="客户是谁，登记资料在某一天是什么？",
    question_en="Who are the customers, and what did the register say of them on a given day?",
    not_for_zh="与报告表关联时若不限定版本（is_current 或日期区间），客户会重复计数。",
    not_for_en="Joining reports without choosing a version (is_current, or the span that holds a day) counts customers twice.",
    columns=(
        CUSTOMER_ID,
        Column(
            "valid_from", "date", "生效日期", "Valid from", key=True,
            zh_definition="该版本首次交付的日期；未登记（或已撤回）的客户为空。",
            en_definition="The delivery that first showed this version; NULL where the customer is not registered.",
        ),
        Column(
            "valid_to", "date", "失效日期（不含）", "Valid to (exclusive)",
            zh_definition="空：仍然有效。",
            en_definition="NULL: still valid.",
        ),
        Column("is_current", "bool", "是否当前", "Is current", required=True),
        IS_REGISTERED.but(
            zh_definition="否：登记资料中没有（或已撤回，其先前版本另行保留），只因业务记录而存在；没有生效日期。",
            en_definition="False: the row without dates of a customer that is not in the register, or was withdrawn from it (its former versions stay beside it), and is known by its facts alone.",
        ),
        *_register_columns(),
    ),
    optional=_personal_columns(),
)  # fmt: skip
