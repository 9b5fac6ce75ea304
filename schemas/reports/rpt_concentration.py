"""The report `rpt_concentration`: how far sales hang on few customers."""

from schemas.columns import Column
from schemas.table import Table
from schemas.vocabulary import (
    CUSTOMER_COUNT,
    KEY_ACCOUNT_SHARE,
    PERIODIC,
    SALES_AMOUNT,
    group_reason,
    reason,
)


def _largest(k: int) -> Column:
    return Column(
        f"cr{k}", "ratio", f"前 {k} 大客户集中度" if k > 1 else "最大客户集中度",
        f"Share of the {k} largest customers" if k > 1 else "Share of the largest customer",
        low=0, high=1, unit="%",
        formula=f"Σ of the {k} largest net sales / Σ net sales of the customers with net sales > 0",
    )  # fmt: skip


RPT_CONCENTRATION = Table(
    name="rpt_concentration",
    layer="reporting",
    zh="客户集中度",
    en="Customer concentration",
    grain_zh="每个截止月份和期间一行",
    grain_en="as-of month and period",
    question_zh="公司的销售在多大程度上依赖少数客户？",
    question_en="How far does the company depend on few customers?",
    partition="as_of_month",
    columns=(
        *PERIODIC,
        CUSTOMER_COUNT.but(
            zh_definition="该期间有销售行的客户。",
            en_definition="Customers with a sales line in the period.",
        ),
        SALES_AMOUNT,
        KEY_ACCOUNT_SHARE,
        reason(KEY_ACCOUNT_SHARE, "class_total_not_positive"),
        _largest(1),
        _largest(5),
        _largest(10),
        Column(
            "hhi", "ratio", "赫芬达尔指数", "Herfindahl–Hirschman index", low=0, high=1,
            formula="Σ (net sales / Σ net sales)² over the customers with net sales > 0",
            zh_definition="1 为只有一个客户，越接近 0 越分散。",
            en_definition="1: a single customer; the nearer to 0, the more spread.",
        ),
        group_reason("concentration", "集中度", "concentration", "no_sales").but(
            zh_definition="适用于 cr1、cr5、cr10 和 hhi：没有净销售额为正的客户。",
            en_definition="Of cr1, cr5, cr10 and hhi: no customer has positive net sales.",
        ),
    ),
)  # fmt: skip
