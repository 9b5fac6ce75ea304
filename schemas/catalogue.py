"""Every feed and every table by its name: the only registry."""

from schemas.feed import Feed
from schemas.feeds.complaint_events import COMPLAINT_EVENTS
from schemas.feeds.complaints import COMPLAINTS
from schemas.feeds.credit_investigations import CREDIT_INVESTIGATIONS
from schemas.feeds.customers import CUSTOMERS
from schemas.feeds.incidents import INCIDENTS
from schemas.feeds.invoices import INVOICES
from schemas.feeds.payments import PAYMENTS
from schemas.feeds.products import PRODUCTS
from schemas.feeds.reinstatements import REINSTATEMENTS
from schemas.feeds.sales import SALES
from schemas.feeds.stock import STOCK
from schemas.feeds.targets import TARGETS
from schemas.feeds.visits import VISITS
from schemas.reports.dim_customer import DIM_CUSTOMER
from schemas.reports.dim_date import DIM_DATE
from schemas.reports.dim_label import DIM_LABEL
from schemas.reports.dim_product import DIM_PRODUCT
from schemas.reports.dim_salesperson import DIM_SALESPERSON
from schemas.reports.rpt_class_composition import RPT_CLASS_COMPOSITION
from schemas.reports.rpt_complaint import RPT_COMPLAINT
from schemas.reports.rpt_complaint_summary import RPT_COMPLAINT_SUMMARY
from schemas.reports.rpt_concentration import RPT_CONCENTRATION
from schemas.reports.rpt_customer_abc import RPT_CUSTOMER_ABC
from schemas.reports.rpt_customer_classification import RPT_CUSTOMER_CLASSIFICATION
from schemas.reports.rpt_customer_composition import RPT_CUSTOMER_COMPOSITION
from schemas.reports.rpt_customer_credit import RPT_CUSTOMER_CREDIT
from schemas.reports.rpt_customer_grade import RPT_CUSTOMER_GRADE
from schemas.reports.rpt_customer_performance import RPT_CUSTOMER_PERFORMANCE
from schemas.reports.rpt_customer_product import RPT_CUSTOMER_PRODUCT
from schemas.reports.rpt_finding import RPT_FINDING
from schemas.reports.rpt_product_composition import RPT_PRODUCT_COMPOSITION
from schemas.reports.rpt_profitability import RPT_PROFITABILITY
from schemas.reports.rpt_receivable_ageing import RPT_RECEIVABLE_AGEING
from schemas.reports.rpt_reconciliation import RPT_RECONCILIATION
from schemas.reports.rpt_rfm import RPT_RFM
from schemas.reports.rpt_target import RPT_TARGET
from schemas.reports.rpt_visit_effectiveness import RPT_VISIT_EFFECTIVENESS
from schemas.reports.rpt_visit_plan import RPT_VISIT_PLAN
from schemas.table import Table

FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        CUSTOMERS, PRODUCTS, SALES, STOCK, INVOICES, PAYMENTS, CREDIT_INVESTIGATIONS, INCIDENTS,
        VISITS, REINSTATEMENTS, COMPLAINTS, COMPLAINT_EVENTS, TARGETS,
    )
}  # fmt: skip

# What happened; targets are wishes.
FACTS: tuple[Feed, ...] = tuple(
    feed for feed in FEEDS.values() if not feed.is_register and feed is not TARGETS
)


def naming(key: str) -> list[Feed]:
    """The facts that name a member: a customer, a product."""
    return [feed for feed in FACTS if key in feed.ledger.names]


# The dimensions first, then the reports in the order in which a reader asks.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        DIM_CUSTOMER, DIM_PRODUCT, DIM_DATE, DIM_SALESPERSON, DIM_LABEL,
        RPT_CUSTOMER_CLASSIFICATION, RPT_CLASS_COMPOSITION, RPT_CUSTOMER_COMPOSITION,
        RPT_CUSTOMER_ABC, RPT_CONCENTRATION, RPT_CUSTOMER_PERFORMANCE, RPT_PRODUCT_COMPOSITION,
        RPT_CUSTOMER_PRODUCT, RPT_PROFITABILITY, RPT_RFM, RPT_CUSTOMER_GRADE, RPT_TARGET,
        RPT_RECEIVABLE_AGEING, RPT_CUSTOMER_CREDIT, RPT_VISIT_PLAN,
        RPT_VISIT_EFFECTIVENESS, RPT_COMPLAINT, RPT_COMPLAINT_SUMMARY, RPT_FINDING, RPT_RECONCILIATION,
    )
}  # fmt: skip
