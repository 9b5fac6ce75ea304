"""Every threshold of every judgement: the section `policy`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from metrics.credit import CreditPolicy
from pipelines.settings.section import Count, Days, Section
from schemas.columns import UNITS


def _percent(value: float) -> float:
    if Decimal(str(value)) * 100 % 1:
        raise ValueError("a percentage with at most 2 decimals")
    return value


Percent = Annotated[float, Field(gt=0, le=100), AfterValidator(_percent)]
Share = Annotated[float, Field(ge=0, le=1)]


class Abc(Section):
    """Cuts of the ABC ranking, in percent of the total."""

    a: Percent = 75
    """Customers and products, the largest first, are A until this share of sales is reached, in percent; the one that crosses it is A."""
    b: Percent = 95
    """And B until this share; all others that sold anything are C."""

    @model_validator(mode="after")
    def _ordered(self) -> Abc:
        if self.a >= self.b:
            raise ValueError("a smaller than b")
        return self

    @property
    def hundredths_a(self) -> int:
        """The cut of A in hundredths of a percent."""
        return int(Decimal(str(self.a)) * 100)

    @property
    def hundredths_b(self) -> int:
        """The cut of B in hundredths of a percent."""
        return int(Decimal(str(self.b)) * 100)


class Classes(Section):
    """When a customer is current, new, sporadic."""

    active_days: Count = 365
    """Who bought in so many days up to the month's end is a current customer."""
    new_days: Count = 365
    """Who bought first in so many days up to the month's end is a new customer."""
    sporadic_months: Days = 3
    """A customer of tier C who bought in no more than so many of the last 12 months is a sporadic one."""


class Potential(Section):
    """Which products a customer might buy, and how many are named."""

    min_buyers_share: Share = 0.2
    """What a customer does not buy is suggested to it where at least this share of the customers of its nature buy it."""
    products_per_customer: Count = 10
    """So many products are named for each customer, those with the most potential."""


class Profitability(Section):
    """How much of the sales must have a cost before a margin is told."""

    min_cost_coverage: Share = 1.0
    """A margin is told where at least this share of the sales has a known cost."""


class Weights(Section):
    """What counts how much in a customer's grade."""

    sales: Annotated[float, Field(gt=0)] = 40
    """Sales, ranked among all customers."""
    margin: Annotated[float, Field(ge=0)] = 20
    """Gross profit, ranked."""
    growth: Annotated[float, Field(ge=0)] = 10
    """Growth against the year before, ranked."""
    payment: Annotated[float, Field(ge=0)] = 20
    """How much was paid in time; left out without receivables."""
    service: Annotated[float, Field(ge=0)] = 10
    """How few justified complaints; left out without complaints."""


class Grade(Section):
    """Weights and cuts of a customer's grade."""

    weights: Weights = Weights()
    a: Annotated[float, Field(ge=0, le=100)] = 75
    """From so many points of 100 the grade is A."""
    b: Annotated[float, Field(ge=0, le=100)] = 50
    """From so many points it is B; below, C."""

    @model_validator(mode="after")
    def _ordered(self) -> Grade:
        if self.a < self.b:
            raise ValueError("a not smaller than b")
        return self


class ReportMonths(Section):
    """How long a written credit report is good for."""

    A: Count = 3
    """A customer of tier A needs a written credit report every so many months."""
    B: Count = 6
    """The same of tier B."""
    C: Count = 12
    """The same of tier C, and of who did not buy."""


class Credit(Section):
    """When credit is watched, held, suspended."""

    default_terms_days: Days = 30
    """Days to pay, where neither the invoice nor the register says."""
    report_months: ReportMonths = ReportMonths()
    report_due_days: Days = 30
    """A report counts as due so many days before its time is up."""
    hold_overdue_days: Days = 30
    """New orders stop when something is overdue for longer than so many days."""
    suspend_overdue_days: Days = 90
    """Supply stops when something is overdue for longer than so many days."""
    overdue_min_amount: Annotated[float, Field(ge=0)] = 1000
    """Less than this, in the currency, that is overdue for so long stops nothing."""
    share_overdue_days: Days = 45
    """What is overdue for longer than so many days counts for `max_overdue_share`."""
    max_overdue_share: Share = 0.4
    """New orders stop when more than this share of what is owed is overdue for longer than that."""
    near_limit: Annotated[float, Field(gt=0)] = 0.9
    """A credit limit that is used to this share is watched."""

    @property
    def thresholds(self) -> CreditPolicy:
        """What the measures of credit judge by, amounts in units."""
        return CreditPolicy(
            report_months=self.report_months.model_dump(),
            report_due_days=self.report_due_days,
            hold_overdue_days=self.hold_overdue_days,
            suspend_overdue_days=self.suspend_overdue_days,
            overdue_min=int(Decimal(str(self.overdue_min_amount)) * UNITS),
            share_overdue_days=self.share_overdue_days,
            max_overdue_share=self.max_overdue_share,
            near_limit=self.near_limit,
        )


class VisitMonths(Section):
    """How often a customer is visited."""

    A: Count = 1
    """A customer of tier A is visited once in so many months."""
    B: Count = 3
    """The same of tier B."""
    C: Count = 6
    """The same of tier C, and of who did not buy."""


class Visits(Section):
    """When a visit has had an effect, and when to stop or come again."""

    effect_days: Days = 30
    """An order within so many days of a visit is an effect of it."""
    max_ineffective: Count = 5
    """After so many visits in a row without effect a prospect is to be left, a customer to be reviewed."""
    months: VisitMonths = VisitMonths()


class Complaints(Section):
    """How soon a complaint must be answered and resolved."""

    response_hours: Annotated[float, Field(gt=0)] = 24
    """A complaint is answered within so many hours."""
    resolution_hours: Annotated[float, Field(gt=0)] = 240
    """And resolved within so many."""


class Policy(Section):
    """Every threshold of every judgement."""

    abc: Abc = Abc()
    classes: Classes = Classes()
    potential: Potential = Potential()
    profitability: Profitability = Profitability()
    grade: Grade = Grade()
    credit: Credit = Credit()
    visits: Visits = Visits()
    complaints: Complaints = Complaints()
