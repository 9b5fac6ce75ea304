"""The promise to readers and suppliers, word for word: names, keys and codes that must not change silently."""

import pytest

from schemas.catalogue import FEEDS, TABLES

MONTHLY = "as_of_month as_of"
PERIODIC = f"{MONTHLY} period period_start period_end"

# Of every table: the columns that make its key, and those it must hold at least.
PROMISED = {
    "dim_customer": (
        "customer_id valid_from",
        """valid_to is_current is_registered customer_name nature market_position region service_area industry
        organization_form registered_capital founded_on traded_since salesperson_id credit_limit
        credit_limit_expires_on payment_terms_days company_size sales_capacity growth_potential
        business_philosophy business_direction business_policy business_traits sales_activity
        existing_problems advantages future_strategy corporate_image reputation trading_terms""",
    ),
    "dim_product": ("product_id", "product_name category subcategory is_registered"),
    "dim_date": (
        "date",
        """calendar_year calendar_quarter calendar_month fiscal_year fiscal_quarter fiscal_month
        as_of_month is_month_end""",
    ),
    "dim_salesperson": ("salesperson_id", ""),
    "dim_label": (
        "table_name column_name code",
        "label_zh label_en formula unit definition_zh definition_en",
    ),
    "rpt_customer_classification": (
        "as_of_month customer_id",
        f"{MONTHLY} nature stage seniority volume_class first_sold_on last_sold_on history_censored",
    ),
    "rpt_class_composition": (
        "as_of_month period dimension class",
        f"""{PERIODIC} customer_count sales_amount sales_share key_account_amount key_account_share
        sales_share_reason key_account_share_reason""",
    ),
    "rpt_customer_composition": (
        "as_of_month period customer_id",
        f"""{PERIODIC} sales_amount share_in_company share_in_nature share_in_stage share_in_seniority
        share_in_volume_class share_in_region share_in_industry share_in_salesperson share_in_tier
        share_in_company_reason share_in_nature_reason share_in_stage_reason share_in_seniority_reason
        share_in_volume_class_reason share_in_region_reason share_in_industry_reason
        share_in_salesperson_reason share_in_tier_reason""",
    ),
    "rpt_customer_abc": (
        "as_of_month period customer_id",
        f"""{PERIODIC} sales_amount rank sales_share cumulative_share tier strict_tier to_next_tier_amount
        previous_tier movement movement_cause sales_share_reason""",
    ),
    "rpt_concentration": (
        "as_of_month period",
        f"{PERIODIC} customer_count sales_amount key_account_share cr1 cr5 cr10 hhi concentration_reason",
    ),
    "rpt_customer_performance": (
        "as_of_month period customer_id",
        f"""{PERIODIC} order_count quantity sales_amount gross_profit_amount gross_margin_rate share_of_company
        target_amount target_share attainment_rate target_status prior_year_amount growth_rate
        gross_margin_rate_reason share_of_company_reason attainment_rate_reason growth_rate_reason""",
    ),
    "rpt_product_composition": (
        "as_of_month period product_id",
        f"""{PERIODIC} sales_amount rank sales_share cumulative_share tier target_amount attainment_rate
        target_status sales_share_reason attainment_rate_reason""",
    ),
    "rpt_customer_product": (
        "as_of_month customer_id product_id",
        f"""{MONTHLY} sales_amount expected_amount share_of_customer share_of_product potential_index
        buyers_share is_white_space potential_amount rank_in_customer rank_in_product
        share_of_product_reason potential_index_reason""",
    ),
    "rpt_profitability": (
        "as_of_month period level member_id",
        f"""{PERIODIC} sales_amount cost_amount gross_profit_amount gross_margin_rate cost_coverage stock_basis
        average_stock_cost_amount average_stock_retail_amount average_stock_quantity turnover_retail
        turnover_cost turnover_quantity turnover_annualised stock_days cross_ratio gmroi sales_share
        contribution_ratio contribution_degree margin_mix quadrant stock_coverage cross_ratio_basis
        cross_ratio_reason contribution_reason gross_margin_rate_reason turnover_reason sales_share_reason""",
    ),
    "rpt_rfm": (
        "as_of_month customer_id",
        f"{MONTHLY} recency_days frequency monetary_amount r_score f_score m_score segment",
    ),
    "rpt_customer_grade": (
        "as_of_month customer_id",
        f"""{MONTHLY} sales_score margin_score growth_score payment_score service_score total_score grade
        previous_grade margin_score_reason growth_score_reason payment_score_reason service_score_reason""",
    ),
    "rpt_visit_plan": (
        "as_of_month salesperson_id customer_id",
        f"""{MONTHLY} tier stage last_visited_on next_visit_on ineffective_streak completed_count
        effective_count pending_count action""",
    ),
    "rpt_visit_effectiveness": (
        "as_of_month period salesperson_id",
        f"""{PERIODIC} planned_count completed_count effective_count ineffective_count pending_count
        effective_rate completion_rate due_customer_count visited_customer_count coverage_rate
        effective_rate_reason completion_rate_reason coverage_rate_reason""",
    ),
    "rpt_complaint": (
        "as_of_month complaint_id",
        f"""{MONTHLY} customer_id category subcategory received_at current_step validity department
        first_response_hours first_resolution_hours full_resolution_hours reopen_count sla_status
        steps_in_order first_response_hours_reason first_resolution_hours_reason full_resolution_hours_reason""",
    ),
    "rpt_complaint_summary": (
        "as_of_month period category subcategory",
        f"""{PERIODIC} received_count valid_count invalid_count undetermined_count valid_rate open_count
        median_first_response_hours median_resolution_hours sla_rate reopen_rate per_10000_orders
        valid_rate_reason median_first_response_hours_reason median_resolution_hours_reason
        sla_rate_reason reopen_rate_reason per_10000_orders_reason""",
    ),
    "rpt_target": (
        "as_of_month period scope member_id",
        f"""{PERIODIC} target_amount target_share actual_amount actual_share attainment_rate target_status
        actual_share_reason attainment_rate_reason""",
    ),
    "rpt_receivable_ageing": (
        "as_of_month customer_id",
        f"""{MONTHLY} open_amount not_due_amount overdue_1_30_amount overdue_31_60_amount overdue_61_90_amount
        overdue_91_120_amount overdue_over_120_amount unapplied_amount balance_amount disputed_amount
        overdue_amount overdue_rate oldest_overdue_days overdue_rate_reason""",
    ),
    "rpt_customer_credit": (
        "as_of_month customer_id",
        f"""{MONTHLY} credit_limit exposure_amount utilisation_rate headroom_amount dso_days dso_countback_days
        rating last_investigated_on report_due_on report_status credit_status utilisation_rate_reason
        dso_days_reason dso_countback_days_reason""",
    ),
    "rpt_finding": (
        "as_of_month finding_id",
        f"""{MONTHLY} topic subject_type subject_id rule_id severity observed threshold evidence sentence_zh
        sentence_en remedy_zh remedy_en""",
    ),
    "rpt_reconciliation": (
        "as_of_month check_name subject",
        f"{MONTHLY} expected_rows actual_rows expected_amount actual_amount is_balanced",
    ),
}

TIERS = "A B C N"
NATURES = "government special_company company individual partner unclassified"
CODES = {
    "rpt_customer_classification.nature": NATURES,
    "rpt_customer_classification.stage": "current past prospective",
    "rpt_customer_classification.seniority": "old new future",
    "rpt_customer_classification.volume_class": "major general sporadic",
    "rpt_class_composition.dimension": "nature stage seniority volume_class region industry salesperson tier",
    "rpt_class_composition.period": "month year_to_date trailing_12_months",
    "rpt_customer_abc.tier": TIERS,
    "rpt_customer_abc.strict_tier": TIERS,
    "rpt_customer_abc.previous_tier": TIERS,
    "rpt_customer_abc.movement": "stay up down enter exit",
    "rpt_customer_abc.movement_cause": "own_sales threshold both",
    "rpt_customer_performance.target_status": "met missed no_target",
    "rpt_product_composition.tier": TIERS,
    "rpt_profitability.level": "product subcategory category company",
    "rpt_profitability.stock_basis": "month_ends open_close none",
    "rpt_profitability.quadrant": "star traffic niche dog",
    "rpt_profitability.cross_ratio_basis": "retail cost",
    "rpt_rfm.segment": "champion loyal new at_risk lost regular",
    "rpt_customer_grade.grade": "A B C",
    "rpt_visit_plan.tier": TIERS,
    "rpt_visit_plan.stage": "current past prospective",
    "rpt_visit_plan.action": "keep remove review",
    "rpt_complaint.category": "quality contract transport service",
    "rpt_complaint.current_step": "recorded judged assigned analysed proposed approved implemented summarised",
    "rpt_complaint.validity": "valid invalid undetermined",
    "rpt_complaint.sla_status": "met breached open",
    "rpt_target.scope": "company customer product category salesperson",
    "rpt_target.target_status": "met missed no_target",
    "rpt_customer_credit.rating": "A B C D",
    "rpt_customer_credit.report_status": "current due overdue never",
    "rpt_customer_credit.credit_status": "clear watch hold_new_orders suspend_supply",
    "rpt_finding.topic": "tier target credit visit complaint quality",
    "rpt_finding.severity": "info watch hold suspend",
    "rpt_finding.rule_id": """tier.moved target.missed credit.over_limit credit.overdue_long credit.overdue_share
        credit.rating_d credit.incident credit.limit_expired credit.report_overdue credit.near_limit visit.remove
        visit.review complaint.sla_breached complaint.steps_out_of_order complaint.implemented_unapproved
        quality.unregistered_customer quality.unregistered_product quality.unassigned_customer quality.stock_gap
        quality.payment_without_invoice""",
    "rpt_reconciliation.check_name": "delivered ledger report",
}


@pytest.mark.parametrize("name", PROMISED)
def test_table_holds_what_is_promised(name: str) -> None:
    """A renamed or dropped column would break every dashboard that reads it, without any error here."""
    key, columns = PROMISED[name]
    assert TABLES[name].key == key.split()
    assert not set(columns.split()) - set(TABLES[name].names)


def test_no_table_is_unknown_to_the_promise() -> None:
    """A table that is added without being promised would be published without anybody having agreed to it."""
    assert set(TABLES) == set(PROMISED)


@pytest.mark.parametrize("place", CODES)
def test_codes_are_the_promised_ones(place: str) -> None:
    """A code spelled otherwise makes filters on the promised word return nothing."""
    table, column = place.split(".")
    assert sorted(TABLES[table][column].code_values) == sorted(CODES[place].split())


def test_amounts_are_exact_and_fractions_are_floats() -> None:
    """An amount kept as a float would lose units in sums without any sign of it."""
    for table in TABLES.values():
        for column in table.columns:
            if column.name.endswith("_amount"):
                assert column.kind == "num", (table.name, column.name)
            if column.name.endswith(("_share", "_rate")):
                assert column.kind == "ratio", (table.name, column.name)
            if column.name.endswith("_count"):
                assert column.kind == "int", (table.name, column.name)


def test_no_personal_column_reaches_a_reporting_table() -> None:
    """A column that is personal in the register would be published to every reader of the database."""
    personal = {name for feed in FEEDS.values() for name in feed.personal}
    assert personal
    assert not [
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.personal or column.name in personal
    ]


def test_reports_are_partitioned_and_dimensions_are_not() -> None:
    """A report without the partition would be rewritten whole on every night of its growing history."""
    for table in TABLES.values():
        wanted = "as_of_month" if table.name.startswith("rpt_") else None
        assert (table.layer, table.partition) == ("reporting", wanted)
