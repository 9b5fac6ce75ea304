"""Hand-made records at the very edge of each rule; what they must give is worked out in the oracle's own test.

They also join every random company, whose ids they do not share.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.oracle_books import Delivery

if TYPE_CHECKING:
    from tests.oracle import Row

DAY = date.fromisoformat
WHOLE = 10_000


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text)


def _customer(number: int, **more: Any) -> Row:
    return {
        "customer_id": f"W{number}",
        "customer_name": f"W{number}",
        "salesperson_id": None,
        **more,
    }


CUSTOMERS = [
    _customer(0, credit_limit=1_000 * WHOLE, salesperson_id="SW"),
    _customer(1, credit_limit=1_000 * WHOLE),
    _customer(2, credit_limit=1_000 * WHOLE),
    _customer(3, credit_limit=0),
    _customer(7, credit_limit=500 * WHOLE),
    _customer(8, credit_limit=500 * WHOLE),
    _customer(17, credit_limit=500 * WHOLE, credit_limit_expires_on=DAY("2023-05-31")),
    _customer(18, payment_terms_days=10),
    _customer(20, salesperson_id="SW"),
    _customer(21, salesperson_id="SW"),
    _customer(22, salesperson_id="SW"),
    *(_customer(number) for number in (4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16)),
]


def _line(order: str, day: str, customer: int, amount: int) -> Row:
    return {
        "order_id": order, "line_no": 1, "sold_on": DAY(day), "customer_id": f"W{customer}", "product_id": "WP",
        "salesperson_id": "SW", "quantity": WHOLE, "net_amount": amount * WHOLE, "cost_amount": 0,
    }  # fmt: skip


SALES = [
    _line("W1", "2023-02-10", 0, 700),
    _line("W2", "2024-01-15", 0, 700),
    _line("W3", "2023-06-09", 21, 5),  # 30 days after the visits of 10 May
    _line("W4", "2023-07-05", 21, 5),  # on the day of a visit
    _line("W5", "2023-10-02", 21, 5),  # 31 days after a visit
    _line("W6", "2023-11-05", 21, -5),  # a return
]
PRODUCTS = [{"product_id": "WP", "product_name": "WP", "category": "w"}]


def _invoice(name: str, customer: int, day: str, amount: int, due: str | None = None) -> Row:
    due_on = DAY(due) if due else None
    return {"invoice_id": name, "customer_id": f"W{customer}", "invoiced_on": DAY(day), "due_on": due_on, "amount": amount}  # fmt: skip


INVOICES = [
    _invoice("W1", 1, "2024-03-10", 900 * WHOLE),
    _invoice("W2", 2, "2024-03-10", 1_000 * WHOLE),
    _invoice("W3", 3, "2024-03-10", 1),
    _invoice("W4", 4, "2023-05-01", 1_000 * WHOLE),  # 30 days by default: due on 31 May
    _invoice("W5", 5, "2023-12-01", 1_000 * WHOLE, "2024-01-01"),
    _invoice("W6a", 6, "2023-05-01", 1_000 * WHOLE),
    _invoice("W6b", 6, "2023-05-01", 1_500 * WHOLE, "2024-12-31"),
    _invoice("W9a", 9, "2024-01-10", 300 * WHOLE),
    _invoice("W9b", 9, "2024-02-10", 290 * WHOLE),
    _invoice("W9c", 9, "2024-03-10", 310 * WHOLE),
    _invoice("W10a", 10, "2024-01-10", 300 * WHOLE),
    _invoice("W10b", 10, "2024-02-10", 290 * WHOLE),
    _invoice("W10c", 10, "2024-03-10", 310 * WHOLE),
    _invoice("W11a", 11, "2024-01-10", 310 * WHOLE),
    _invoice("W11b", 11, "2024-03-10", -100 * WHOLE),
    _invoice("W12", 12, "2022-03-15", 500 * WHOLE),
    _invoice("W13a", 13, "2024-01-10", 100 * WHOLE, "2024-02-10"),
    _invoice("W13b", 13, "2024-03-02", 80 * WHOLE),
    _invoice("W18", 18, "2023-03-01", 50 * WHOLE),  # 10 days by the register of its day
    _invoice("W18b", 18, "2023-08-31", 30 * WHOLE),  # 60 days from that very day
]


def _payment(name: str, customer: int, invoice: str | None, day: str, amount: int) -> Row:
    return {"payment_id": name, "customer_id": f"W{customer}", "invoice_id": invoice, "paid_on": DAY(day), "amount": amount}  # fmt: skip


PAYMENTS = [
    _payment("W4", 4, "W4", "2023-10-05", 1),
    _payment("W6", 6, "W6b", "2023-08-10", 1),
    _payment("W9", 14, "W9a", "2024-02-01", 300 * WHOLE),  # another pays
    _payment("W10", 10, "W10a", "2024-02-01", 445 * WHOLE),
    _payment("W13a", 13, "W13a", "2024-01-20", 150 * WHOLE),  # too much
    _payment("W13b", 13, None, "2024-02-05", -50 * WHOLE),  # paid back
    _payment("W13c", 13, "W13b", "2024-02-10", 80 * WHOLE),  # before its invoice
]


def _investigation(name: str, customer: int, day: str, kind: str | None, rating: str | None = None) -> Row:  # fmt: skip
    return {
        "investigation_id": name, "customer_id": f"W{customer}", "investigated_on": DAY(day),
        "source": "internal", "report_kind": kind, "rating": rating,
    }  # fmt: skip


INVESTIGATIONS = [
    _investigation("W0", 0, "2023-01-31", "written"),
    _investigation("W7", 7, "2023-03-31", "written"),
    _investigation("W8", 8, "2023-03-30", None),
    _investigation("W8u", 8, "2023-12-01", "urgent"),
    _investigation("W10", 15, "2023-05-01", "urgent", "C"),
    _investigation("W9", 15, "2023-05-01", "urgent", "D"),  # the greater text
    _investigation("W11", 15, "2023-06-01", "urgent"),
]
INCIDENTS = [
    {"incident_id": "W1", "customer_id": "W16", "reported_on": DAY("2023-06-30"), "kind": "x", "resolved_on": DAY("2023-08-31")},
    {"incident_id": "W2", "customer_id": "W16", "reported_on": DAY("2023-07-15"), "kind": "x", "resolved_on": DAY("2023-09-01"), "suspend_supply": True},
]  # fmt: skip


def _visit(name: str, customer: int, day: str, salesperson: str = "SW", outcome: str = "none") -> Row:  # fmt: skip
    return {
        "visit_id": name, "customer_id": f"W{customer}", "salesperson_id": salesperson, "planned_on": DAY(day),
        "visited_on": DAY(day), "status": "done", "outcome": outcome,
    }  # fmt: skip


VISITS = [
    _visit("W1", 20, "2023-04-03"),
    _visit("W2", 20, "2023-05-02"),
    _visit("W3", 20, "2023-06-01"),
    _visit("W4", 20, "2023-07-03"),
    _visit("W5", 20, "2023-08-01"),
    _visit("W6", 21, "2023-05-10"),
    _visit("W7", 21, "2023-05-10", "SX"),
    _visit("W8", 21, "2023-07-05"),
    _visit("W9", 21, "2023-09-01"),
    _visit("W10", 21, "2023-11-01"),
    _visit("W11", 21, "2023-12-04"),
    _visit("W12", 21, "2023-12-04", outcome="order"),
    _visit("W13", 0, "2024-01-31"),
    {**_visit("W14", 22, "2023-05-20"), "status": "cancelled", "visited_on": None},
    {
        **_visit("W15", 24, "2023-05-20"),
        "status": "cancelled",
        "visited_on": None,
        "planned_on": None,
    },
    {**_visit("W17", 26, "2023-05-20", "SY"), "status": "planned", "visited_on": None},
    {**_visit("W16", 25, "2023-04-02", "SY"), "planned_on": DAY("2023-03-30")},
]
REINSTATEMENTS = [
    {"customer_id": "W20", "salesperson_id": "SW", "reinstated_on": DAY("2023-09-01"), "approved_by": "x"}
]  # fmt: skip


def _complaint(number: int, received: str, **more: Any) -> Row:
    return {
        "complaint_id": f"W{number}", "customer_id": "W0", "received_at": at(received), "category": "contract",
        "subcategory": "worked", **more,
    }  # fmt: skip


COMPLAINTS = [
    _complaint(1, "2024-03-31 00:00:00"),
    _complaint(2, "2024-03-30 23:59:59"),
    _complaint(3, "2024-03-01 09:00:00", subcategory=None),
    _complaint(4, "2023-05-01 08:00:00"),
    _complaint(5, "2023-05-02 08:00:00"),
    _complaint(6, "2023-05-03 08:00:00"),
    _complaint(7, "2023-05-04 08:00:00"),
    _complaint(8, "2022-01-05 08:00:00"),
    _complaint(9, "2023-01-15 08:00:00"),
]


def _events(number: int, start: str, *steps: tuple[str, float] | tuple[str, float, str]) -> list[Row]:  # fmt: skip
    """Events of a complaint: step, hours after the start, result."""
    return [
        {
            "complaint_id": f"W{number}", "sequence": sequence, "step": step,
            "occurred_at": at(start) + timedelta(hours=hours), "result": result[0] if result else None,
            "department": "Quality" if step == "assigned" else None,
        }
        for sequence, (step, hours, *result) in enumerate(steps, 1)
    ]  # fmt: skip


EVENTS = [
    *_events(
        3, "2024-03-01 09:00:00", ("recorded", 0), ("judged", 1, "valid"), ("responded", 24), ("assigned", 25),
        ("analysed", 30), ("proposed", 30), ("approved", 31), ("implemented", 100), ("summarised", 101), ("closed", 240),
    ),
    *_events(
        4, "2023-05-01 08:00:00", ("recorded", 1), ("responded", 1.5), ("judged", 2, "valid"), ("assigned", 3), ("analysed", 4),
        ("proposed", 5), ("approved", 6, "rejected"), ("implemented", 7), ("closed", 8), ("reopened", 9), ("recorded", 10), ("judged", 11),
    ),
    *_events(5, "2023-05-02 08:00:00", ("recorded", 1), ("assigned", 2)),
    *_events(6, "2023-05-03 08:00:00", ("recorded", 1), ("recorded", 2), ("judged", 3, "invalid"), ("judged", 4), ("judged", 5, "approved")),
    *_events(7, "2023-05-04 08:00:00", ("recorded", 1), ("closed", 2), ("reopened", 3), ("closed", 3)),
    *_events(9, "2023-01-15 08:00:00", ("closed", 24 * 36)),
]  # fmt: skip


def _target(month: str, scope: str, member: str, amount: int | None, share: int | None, period: str = "month") -> Row:  # fmt: skip
    return {
        "target_month": DAY(f"{month}-01"), "scope": scope, "member_id": member, "period": period,
        "target_amount": amount, "target_share": share,
    }  # fmt: skip


TARGETS = [
    _target("2023-06", "customer", "W21", 5 * WHOLE, None),
    _target("2023-06", "customer", "W0", 0, None),
    _target("2023-11", "customer", "W21", 0, None),
    _target("2023-06", "category", "w", None, 8_000),
    _target("2023-11", "product", "WP", None, 0),
    _target("2023-06", "salesperson", "SW", 6 * WHOLE, 1),
    _target("2023-06", "customer", "W99", None, None, "trailing_12_months"),
    _target("2024-01", "product", "WP", None, 10_000, "year_to_date"),
]
CHANGED = [_customer(18, payment_terms_days=60)]
LATE = DAY("2024-03-30")
WORKED = [
    Delivery("customers", DAY("2023-01-20"), CUSTOMERS),
    Delivery("customers", DAY("2023-08-31"), CHANGED),
    Delivery("products", DAY("2023-01-20"), PRODUCTS),
    Delivery("sales", LATE, SALES),
    Delivery("invoices", LATE, INVOICES),
    Delivery("payments", LATE, PAYMENTS),
    Delivery("credit_investigations", LATE, INVESTIGATIONS),
    Delivery("incidents", LATE, INCIDENTS),
    Delivery("visits", LATE, VISITS),
    Delivery("reinstatements", LATE, REINSTATEMENTS),
    Delivery("complaints", LATE, COMPLAINTS),
    Delivery("complaint_events", LATE, EVENTS),
    Delivery("targets", LATE, TARGETS),
]
