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

FEEDS: dict[str, Feed] = {
    feed.name: feed
    for feed in (
        CUSTOMERS, PRODUCTS, SALES, STOCK, INVOICES, PAYMENTS, CREDIT_INVESTIGATIONS, INCIDENTS,
        VISITS, REINSTATEMENTS, COMPLAINTS, COMPLAINT_EVENTS, TARGETS,
    )
}  # fmt: skip
