"""Customers with a story: each shows one judgement of the reports, in the months that its docstring names.

Belongs here: what is told. A story names its customer, leaves nothing to chance, and ends in December 2024; its docstring
says what the reader will see in which table. tests/integration/test_demo.py holds them to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.demo.stories import complaints, credit, payments, tiers, visits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.demo.company import Company
    from pipelines.demo.products import Product


def tell(company: Company, products: Sequence[Product], span: Sequence[int]) -> None:
    """All stories; that of the tiers last, because it looks at what all others sell."""
    for chapter in (credit, payments, visits, complaints, tiers):
        for story in chapter.STORIES:
            story(company, products, span)
