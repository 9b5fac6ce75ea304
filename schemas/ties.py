"""What ties published rows together, within a table and between tables: shares that sum to 1, totals that agree.

Each tie is a SELECT of what contradicts it (see `Expectation.sql`), in SQL that DuckDB and PostgreSQL read alike. Of other
tables it looks only at the months that are sent.
"""

from schemas.reports.rpt_receivable_ageing import BUCKETS
from schemas.vocabulary import DIMENSIONS

DIMENSION_KEYS = {
    "dim_customer": "customer_id",
    "dim_product": "product_id",
    "dim_salesperson": "salesperson_id",
}

# Of the sum of the absolute terms: returns make terms larger than what they sum to.
_TOLERANCE = "1e-9"
_SENT_MONTHS = "as_of_month IN (SELECT as_of_month FROM {sent})"


def _rows(wrong: str) -> str:
    return f"SELECT 1 FROM {{sent}} WHERE {wrong}"


def _sum_to_one(share: str, *by: str) -> str:
    """The shares of a period sum to 1, where there are any."""
    groups = ", ".join(("as_of_month", "period", *by))
    off = f"abs(sum({share}) - 1) > {_TOLERANCE} * sum(abs({share}))"
    return f"SELECT 1 FROM {{sent}} GROUP BY {groups} HAVING {off}"


def _one_each(share: str, dimension: str) -> str:
    """Shares within the classes of a dimension: they sum to 1 in each class whose total is positive."""
    return (
        f"SELECT 1 FROM (SELECT as_of_month, period, sum({share}) AS total, sum(abs({share})) AS size "
        "FROM {sent} GROUP BY as_of_month, period) s LEFT JOIN (SELECT as_of_month, period, count(*) AS classes "
        "FROM {whole[rpt_class_composition]} "
        f"WHERE dimension = '{dimension}' AND sales_amount > 0 AND {_SENT_MONTHS} GROUP BY as_of_month, period) c "
        "USING (as_of_month, period) "
        f"WHERE abs(coalesce(total, 0) - coalesce(classes, 0)) > {_TOLERANCE} * (1 + coalesce(size, 0))"
    )


def _company_sales(*by: str) -> str:
    """The sales of each period are the company's, in each group."""
    groups = ", ".join(("as_of_month", "period", *by))
    return (
        f"SELECT 1 FROM (SELECT {groups}, sum(sales_amount) AS amount FROM {{sent}} GROUP BY {groups}) s "
        "FULL JOIN (SELECT as_of_month, period, sales_amount FROM {whole[rpt_concentration]} "
        f"WHERE {_SENT_MONTHS}) c USING (as_of_month, period) "
        "WHERE coalesce(s.amount, 0) <> coalesce(c.sales_amount, 0)"
    )


def _same(table: str, column: str, other: str, where: str = "true") -> str:
    """Every row has its customer's row of that month in another table, with the same value there."""
    return (
        f"SELECT 1 FROM {{sent}} s LEFT JOIN (SELECT as_of_month, customer_id, {other} AS value "
        f"FROM {{whole[{table}]}} WHERE {where} AND {_SENT_MONTHS}) o USING (as_of_month, customer_id) "
        f"WHERE o.value IS DISTINCT FROM s.{column}"
    )


_KEY_ACCOUNTS = (
    "SELECT 1 FROM (SELECT as_of_month, period, dimension, sum(key_account_amount) AS amount "
    "FROM {sent} GROUP BY as_of_month, period, dimension) s LEFT JOIN (SELECT as_of_month, period, "
    f"sum(sales_amount) AS amount FROM {{whole[rpt_customer_abc]}} WHERE tier = 'A' AND {_SENT_MONTHS} "
    "GROUP BY as_of_month, period) a USING (as_of_month, period) "
    "WHERE s.amount <> coalesce(a.amount, 0)"
)
_SALES = "sales_of_the_company"

# By table, by name. The pattern `<share>_sums_to_1` holds for every share of a whole.
TIES: dict[str, dict[str, str]] = {
    "dim_customer": {
        "one_current_version": "SELECT 1 FROM {sent} WHERE is_current GROUP BY customer_id HAVING count(*) > 1",
        "valid_from_before_valid_to": _rows("valid_from >= valid_to"),
    },
    "dim_date": {
        "unbroken": "SELECT 1 FROM {sent} HAVING count(*) <> max(date) - min(date) + 1",
    },
    "rpt_class_composition": {
        "sales_share_sums_to_1": _sum_to_one("sales_share", "dimension"),
        _SALES: _company_sales("dimension"),
        "key_accounts_as_in_rpt_customer_abc": _KEY_ACCOUNTS,
    },
    "rpt_customer_composition": {
        "share_in_company_sums_to_1": _sum_to_one("share_in_company"),
        **{f"share_in_{name}_sums_to_1_a_class": _one_each(f"share_in_{name}", name) for name, _, _ in DIMENSIONS},
        _SALES: _company_sales(),
    },
    "rpt_customer_abc": {
        "sales_share_sums_to_1": _sum_to_one("sales_share"),
        "no_rank_in_tier_n_alone": _rows("(rank IS NULL) <> (tier = 'N')"),
        _SALES: _company_sales(),
    },
    "rpt_concentration": {"more_customers_more_share": _rows("cr1 > cr5 OR cr5 > cr10")},
    "rpt_customer_performance": {
        "share_of_company_sums_to_1": _sum_to_one("share_of_company"),
        _SALES: _company_sales(),
    },
    "rpt_product_composition": {
        "sales_share_sums_to_1": _sum_to_one("sales_share"),
        _SALES: _company_sales(),
    },
    "rpt_profitability": {
        "sales_share_sums_to_1": _sum_to_one("sales_share", "level"),
        "contribution_degree_sums_to_1": _sum_to_one("contribution_degree", "level"),
        # Where the policy makes do with fewer costs, it is that of the lines with a cost.
        "gross_profit_is_sales_less_cost": _rows(
            "coalesce(cost_coverage, 1) = 1 AND gross_profit_amount <> sales_amount - cost_amount"
        ),
        _SALES: _company_sales("level"),
    },
    "rpt_rfm": {
        "monetary_amount_as_in_rpt_customer_abc": _same(
            "rpt_customer_abc", "monetary_amount", "sales_amount", "period = 'trailing_12_months'"
        ),
    },
    "rpt_customer_grade": {
        "customers_as_in_rpt_rfm": _same("rpt_rfm", "customer_id", "customer_id"),
    },
    "rpt_receivable_ageing": {
        "open_is_not_due_and_overdue": _rows("open_amount <> not_due_amount + overdue_amount"),
        "overdue_is_all_ages": _rows("overdue_amount <> " + " + ".join(bucket.column for bucket in BUCKETS[1:])),
        "balance_is_open_and_unapplied": _rows("balance_amount <> open_amount + unapplied_amount"),
    },
    "rpt_customer_credit": {
        "customers_as_in_rpt_customer_classification": _same(
            "rpt_customer_classification", "customer_id", "customer_id"
        ),
    },
    "rpt_visit_effectiveness": {
        "completed_are_effective_or_not": _rows(
            "completed_count <> effective_count + ineffective_count + pending_count"
        ),
    },
    "rpt_complaint_summary": {
        "received_are_valid_or_not": _rows(
            "received_count <> valid_count + invalid_count + undetermined_count"
        ),
    },
    "rpt_reconciliation": {"balanced": _rows("NOT is_balanced")},
}  # fmt: skip
