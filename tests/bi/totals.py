"""What every chart must show of the newest month, asked of the published DuckDB file: written apart from the charts' own SQL.

Of each chart: the number of its rows, and the total of each of its numbers.
"""

YEAR = "period = 'trailing_12_months'"
MONTH = "period = 'month'"

TOTALS = {
    # customers
    "sales": f"SELECT count(*), sum(sales_amount) AS total_sales_amount FROM rpt_concentration WHERE {MONTH}",
    "buyers": f"SELECT 1, count(*) AS total_customer_count FROM v_latest_rpt_customer_composition WHERE {YEAR}",
    "key_accounts": f"""SELECT 1, sum(sales_amount) FILTER (tier = 'A') / sum(sales_amount) AS own_key_account_share
        FROM v_latest_rpt_customer_abc WHERE {YEAR}""",
    "ten_largest": f"SELECT 1, max(cr10) AS own_cr10 FROM v_latest_rpt_concentration WHERE {YEAR}",
    "customer_pareto": f"""SELECT count(*), sum(sales_amount) AS total_sales_amount, sum(cumulative_share) AS own_cumulative_share
        FROM (FROM v_latest_rpt_customer_abc WHERE {YEAR} ORDER BY sales_amount DESC LIMIT 40)""",
    "natures": f"""SELECT count(DISTINCT nature), sum(sales_amount) AS total_sales_amount
        FROM v_latest_rpt_customer_performance JOIN v_latest_rpt_customer_classification USING (customer_id) WHERE {YEAR}""",
    "tiers": f"SELECT count(DISTINCT as_of), sum(sales_amount) AS total_sales_amount FROM rpt_customer_abc WHERE {MONTH}",
    "regions": f"""SELECT (SELECT count(*) FROM v_latest_rpt_class_composition WHERE {YEAR} AND dimension = 'region'),
        sales_amount AS total_sales_amount FROM v_latest_rpt_concentration WHERE {YEAR}""",
    "segments": "SELECT count(DISTINCT segment), count(*) AS rows FROM v_latest_rpt_rfm",
    "movements": f"""SELECT count(*), sum(sales_amount) AS sales_amount, sum(to_next_tier_amount) AS to_next_tier_amount
        FROM v_latest_rpt_customer_abc WHERE {YEAR} AND movement <> 'stay'""",
    "performance": f"""SELECT count(*), sum(sales_amount) AS sales_amount, sum(growth_rate) AS growth_rate,
        sum(gross_margin_rate) AS gross_margin_rate, coalesce(sum(attainment_rate), 0) AS attainment_rate
        FROM v_latest_rpt_customer_performance WHERE {YEAR}""",
    # products
    "profit": f"""SELECT count(*), sum(gross_profit_amount) AS total_gross_profit_amount FROM rpt_profitability
        WHERE {MONTH} AND level = 'company'""",
    "margin": f"""SELECT 1, max(gross_margin_rate) AS rate_gross_margin_rate FROM v_latest_rpt_profitability
        WHERE {YEAR} AND level = 'company'""",
    "turnover": f"""SELECT 1, max(turnover_annualised) AS own_turnover_annualised FROM v_latest_rpt_profitability
        WHERE {YEAR} AND level = 'company'""",
    "cross_ratio": f"SELECT 1, max(cross_ratio) AS own_cross_ratio FROM v_latest_rpt_profitability WHERE {YEAR} AND level = 'company'",
    "quadrants": f"""SELECT count(*), sum(turnover_annualised) AS own_turnover_annualised,
        sum(gross_margin_rate) AS own_gross_margin_rate, sum(sales_amount) AS total_sales_amount
        FROM v_latest_rpt_profitability WHERE {YEAR} AND level = 'product' AND quadrant IS NOT NULL""",
    "contribution": f"""SELECT count(*), sum(contribution_degree) AS own_contribution_degree FROM v_latest_rpt_profitability
        WHERE {YEAR} AND level = 'category'""",
    "product_pareto": f"""SELECT count(*), sum(sales_amount) AS total_sales_amount, sum(cumulative_share) AS own_cumulative_share
        FROM (FROM v_latest_rpt_product_composition WHERE {YEAR} ORDER BY sales_amount DESC LIMIT 40)""",
    "categories": f"""SELECT count(DISTINCT as_of), sum(gross_profit_amount) AS total_gross_profit_amount FROM rpt_profitability
        WHERE {MONTH} AND level = 'category'""",
    "contributions": f"""SELECT count(*), sum(sales_amount) AS sales_amount, sum(gross_margin_rate) AS gross_margin_rate,
        sum(turnover_annualised) AS turnover_annualised, sum(cross_ratio) AS cross_ratio,
        sum(contribution_ratio) AS contribution_ratio, sum(contribution_degree) AS contribution_degree
        FROM v_latest_rpt_profitability WHERE {YEAR} AND level = 'product'""",
    "potential": """SELECT count(*), sum(sales_amount) AS sales_amount, sum(expected_amount) AS expected_amount,
        sum(potential_amount) AS potential_amount
        FROM (FROM v_latest_rpt_customer_product ORDER BY potential_amount DESC LIMIT 200)""",
    # credit
    "balance": "SELECT count(DISTINCT as_of), sum(balance_amount) AS total_balance_amount FROM rpt_receivable_ageing",
    "overdue": "SELECT 1, sum(open_amount - not_due_amount) AS total_overdue_amount FROM v_latest_rpt_receivable_ageing",
    "overdue_rate": """SELECT 1, sum(open_amount - not_due_amount) / sum(open_amount) AS rate_overdue_rate
        FROM v_latest_rpt_receivable_ageing""",
    "stopped": """SELECT 1, count(DISTINCT subject_id) AS rows FROM v_latest_rpt_finding
        WHERE topic = 'credit' AND severity IN ('hold', 'suspend')""",
    "buckets": """SELECT count(DISTINCT as_of), sum(not_due_amount) AS total_not_due_amount,
        sum(overdue_1_30_amount) AS total_overdue_1_30_amount, sum(overdue_31_60_amount) AS total_overdue_31_60_amount,
        sum(overdue_61_90_amount) AS total_overdue_61_90_amount, sum(overdue_91_120_amount) AS total_overdue_91_120_amount,
        sum(overdue_over_120_amount) AS total_overdue_over_120_amount FROM rpt_receivable_ageing""",
    "statuses": "SELECT count(DISTINCT credit_status), count(*) AS rows FROM v_latest_rpt_customer_credit",
    "written_reports": """SELECT count(DISTINCT report_status), count(report_status) AS rows FROM v_latest_rpt_customer_credit""",
    "debtors": """SELECT count(*), sum(balance_amount) AS balance_amount, sum(overdue_amount) AS overdue_amount,
        sum(overdue_rate) AS overdue_rate, sum(oldest_overdue_days) AS oldest_overdue_days, sum(disputed_amount) AS disputed_amount
        FROM v_latest_rpt_receivable_ageing WHERE open_amount > not_due_amount""",
    "limits": """SELECT count(*), sum(credit_limit) AS credit_limit, sum(exposure_amount) AS exposure_amount,
        sum(utilisation_rate) AS utilisation_rate, sum(dso_days) AS dso_days
        FROM v_latest_rpt_customer_credit WHERE credit_status IN ('watch', 'hold_new_orders', 'suspend_supply')""",
    "credit_findings": "SELECT count(*) FROM v_latest_rpt_finding WHERE rule_id LIKE 'credit.%'",
    # service
    "completed": f"SELECT count(DISTINCT as_of), sum(completed_count) AS total_completed_count FROM rpt_visit_effectiveness WHERE {MONTH}",
    "effective": f"""SELECT 1, sum(effective_count) / sum(completed_count - pending_count) AS rate_effective_rate
        FROM v_latest_rpt_visit_effectiveness WHERE {YEAR}""",
    "complaints": f"SELECT count(DISTINCT as_of), sum(received_count) AS total_received_count FROM rpt_complaint_summary WHERE {MONTH}",
    "sla": """SELECT 1, count(*) FILTER (sla_status = 'met') / count(*) FILTER (sla_status <> 'open') AS rate_sla_rate
        FROM v_latest_rpt_complaint WHERE received_at >= date_trunc('month', as_of) - INTERVAL 11 MONTHS""",
    "salespeople": f"""SELECT count(*), sum(effective_count) AS total_effective_count,
        sum(ineffective_count) AS total_ineffective_count, sum(pending_count) AS total_pending_count
        FROM v_latest_rpt_visit_effectiveness WHERE {YEAR}""",
    "categories_sla": f"""SELECT count(*), sum(received) AS total_received_count, sum(rate) AS rate_sla_rate FROM (
        SELECT category, sum(received_count) AS received,
            sum(sla_met_count) / sum(sla_met_count + sla_breached_count) AS rate
        FROM v_latest_rpt_complaint_summary WHERE {YEAR} GROUP BY category)""",
    "coverage": f"SELECT count(*), sum(coverage_rate) AS rate_coverage_rate FROM v_latest_rpt_visit_effectiveness WHERE {YEAR}",
    "complaints_by_month": f"""SELECT count(DISTINCT as_of), sum(received_count) AS total_received_count
        FROM rpt_complaint_summary WHERE {MONTH}""",
    "plan": """SELECT count(*), sum(ineffective_streak) AS ineffective_streak FROM v_latest_rpt_visit_plan
        WHERE next_visit_on IS NOT NULL""",
    "open_cases": "SELECT count(*) FROM v_latest_rpt_complaint WHERE NOT is_closed",
    "service_findings": "SELECT count(*) FROM v_latest_rpt_finding WHERE topic IN ('visit', 'complaint')",
}
