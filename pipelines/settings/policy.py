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
    b: Percent = 95

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
    new_days: Count = 365
    sporadic_months: Days = 3


class Potential(Section):
    """Which products a customer might buy, and how many are named."""

    min_buyers_share: Share = 0.2
    products_per_customer: Count = 10


class Profitability(Section):
    """How much of the sales must have a cost before a margin is told."""

    min_cost_coverage: Share = 1.0


class Weights(Section):
    """What counts how much in a customer's grade."""

    sales: Annotated[float, Field(gt=0)] = 40
    margin: Annotated[float, Field(ge=0)] = 20
    growth: Annotated[float, Field(ge=0)] = 10
    payment: Annotated[float, Field(ge=0)] = 20
    service: Annotated[float, Field(ge=0)] = 10


class Grade(Section):
    """Weights and cuts of a customer's grade."""

    weights: Weights = Weights()
    a: Annotated[float, Field(ge=0, le=100)] = 75
    b: Annotated[float, Field(ge=0, le=100)] = 50

    @model_validator(mode="after")
    def _ordered(self) -> Grade:
        if self.a < self.b:
            raise ValueError("a not smaller than b")
        return self


class ByTier(Section):
    """A number of months for each tier."""

    A: Count
    B: Count
    C: Count


class Credit(Section):
    """When credit is watched, held, suspended."""

    default_terms_days: Days = 30
    report_months: ByTier = ByTier(A=3, B=6, C=12)
    report_due_days: Days = 30
    hold_overdue_days: Days = 30
    suspend_overdue_days: Days = 90
    overdue_min_amount: Annotated[float, Field(ge=0)] = 1000
    share_overdue_days: Days = 45
    max_overdue_share: Share = 0.4
    near_limit: Annotated[float, Field(gt=0)] = 0.9

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


class Visits(Section):
    """When a visit has had an effect, and when to stop or come again."""

    effect_days: Days = 30
    max_ineffective: Count = 5
    months: ByTier = ByTier(A=1, B=3, C=6)


class Complaints(Section):
    """How soon a complaint must be answered and resolved."""

    response_hours: Annotated[float, Field(gt=0)] = 24
    resolution_hours: Annotated[float, Field(gt=0)] = 240


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
