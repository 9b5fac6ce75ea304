"""Reporting tables: one file each."""

from assets.reports.dim_customer import dim_customer
from assets.reports.dim_date import dim_date
from assets.reports.dim_label import dim_label
from assets.reports.dim_product import dim_product
from assets.reports.dim_salesperson import dim_salesperson
from assets.reports.rpt_class_composition import rpt_class_composition
from assets.reports.rpt_complaint import rpt_complaint
from assets.reports.rpt_complaint_summary import rpt_complaint_summary
from assets.reports.rpt_concentration import rpt_concentration
from assets.reports.rpt_customer_abc import rpt_customer_abc
from assets.reports.rpt_customer_classification import rpt_customer_classification
from assets.reports.rpt_customer_composition import rpt_customer_composition
from assets.reports.rpt_customer_credit import rpt_customer_credit
from assets.reports.rpt_customer_grade import rpt_customer_grade
from assets.reports.rpt_customer_performance import rpt_customer_performance
from assets.reports.rpt_customer_product import rpt_customer_product
from assets.reports.rpt_finding import rpt_finding
from assets.reports.rpt_product_composition import rpt_product_composition
from assets.reports.rpt_profitability import rpt_profitability
from assets.reports.rpt_receivable_ageing import rpt_receivable_ageing
from assets.reports.rpt_reconciliation import rpt_reconciliation
from assets.reports.rpt_rfm import rpt_rfm
from assets.reports.rpt_target import rpt_target
from assets.reports.rpt_visit_effectiveness import rpt_visit_effectiveness
from assets.reports.rpt_visit_plan import rpt_visit_plan

REPORT_ASSETS = [
    dim_customer,
    dim_date,
    dim_label,
    dim_product,
    dim_salesperson,
    rpt_class_composition,
    rpt_complaint,
    rpt_complaint_summary,
    rpt_concentration,
    rpt_customer_abc,
    rpt_customer_classification,
    rpt_customer_composition,
    rpt_customer_grade,
    rpt_customer_performance,
    rpt_customer_product,
    rpt_product_composition,
    rpt_profitability,
    rpt_reconciliation,
    rpt_rfm,
    rpt_receivable_ageing,
    rpt_customer_credit,
    rpt_target,
    rpt_visit_effectiveness,
    rpt_visit_plan,
    rpt_finding,
]
