"""Potential of customers for products, against a plain computation."""

from __future__ import annotations

import math
from collections import defaultdict
from random import Random
from typing import Any

import pytest

from tests.unit.metrics.potential_frames import found_of
from tests.unit.metrics.product_frames import M, collected

Sale = tuple[str, str, int, int]  # customer, product, month, amount


def computed(sales: list[Sale], natures: dict[str, str], share: float = 0.2, kept: int = 10, parts: int = 1) -> dict[tuple[str, str], dict[str, Any]]:  # fmt: skip
    rows = collected(
        found_of([M], sales, {(M, c): n for c, n in natures.items()}, share, kept, parts)
    )
    found = {(row["customer_id"], row["product_id"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def plain(sales: list[Sale], natures: dict[str, str], share: float, kept: int) -> dict[tuple[str, str], tuple[Any, ...]]:  # fmt: skip
    """The same by loops: potential, white space, rank at the customer, rank in the product."""
    pair: dict[tuple[str, str], int] = defaultdict(int)
    of: dict[str, int] = defaultdict(int)
    for customer, product, month, amount in sales:
        if M - 11 <= month <= M:
            pair[customer, product] += amount
            of[customer] += amount
    listed: dict[str, list[tuple[int, str, bool]]] = defaultdict(list)
    for customer, nature in natures.items():
        peers = [c for c, n in natures.items() if n == nature and of[c] > 0]
        if of[customer] <= 0:
            continue
        for product in {p for _, p, _, _ in sales}:
            own = pair.get((customer, product), 0)
            buyers = sum(pair.get((c, product), 0) > 0 for c in peers)
            if own <= 0 and buyers / len(peers) < share:
                continue
            rate = sum(pair.get((c, product), 0) for c in peers) / sum(of[c] for c in peers)
            amount = math.floor(rate * of[customer] - own + 0.5)
            if amount > 0:
                listed[customer].append((amount, product, own <= 0))
    rows = [
        (customer, product, amount, white, 1 + sum(a > amount for a, _, _ in candidates))
        for customer, candidates in listed.items()
        for amount, product, white in candidates
    ]
    rows = [row for row in rows if row[4] <= kept]
    return {
        (c, p): (a, white, rank, 1 + sum(q == p and b > a for _, q, b, _, _ in rows))
        for c, p, a, white, rank in rows
    }


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_plain_computation(seed: int) -> None:
    """A peer lost in a join, or the customer left out of its own peers, shifts every potential a little.

    So do peers that lie in another part of the customers.
    """
    random = Random(seed)
    natures = {f"C{n}": random.choice(["retail", "maker"]) for n in range(12)}
    sales = [
        (random.choice(list(natures)), f"P{random.randrange(8)}", M - random.randrange(15), random.choice([-300, 100, 100, 250, 990]))
        for _ in range(90)
    ]  # fmt: skip
    found = computed(sales, natures, 0.25, 3)
    names = ("potential_amount", "is_white_space", "rank_in_customer", "rank_in_product")
    expected = plain(sales, natures, 0.25, 3)
    assert {key: tuple(row[n] for n in names) for key, row in found.items()} == expected
    assert computed(random.sample(sales, len(sales)), natures, 0.25, 3) == found
    assert computed(sales, natures, 0.25, 3, parts=3) == found
    assert all(
        row["expected_amount"] == row["potential_amount"] + row["sales_amount"] for row in found.values()
    )  # fmt: skip


def test_worked_example() -> None:
    """Two peers of 1,000 each; only the first buys Q, for 400. The second buying alike would take 200."""
    sales = [("C1", "P", M, 600), ("C1", "Q", M, 400), ("C2", "P", M, 1_000)]
    found = computed(sales, {"C1": "x", "C2": "x"})
    assert set(found) == {("C1", "P"), ("C2", "Q")}
    row = found["C2", "Q"]
    assert (row["potential_amount"], row["sales_amount"], row["expected_amount"]) == (200, 0, 200)
    assert (row["is_white_space"], row["buyers_share"]) == (True, 0.5)
    assert (row["share_of_customer"], row["share_of_product"], row["potential_index"]) == (0, 0, 0)
    own = found["C1", "P"]  # 0.8 x 1,000 - 600
    assert (own["potential_amount"], own["is_white_space"]) == (200, False)
    assert own["potential_index"] == pytest.approx(0.6 / 0.8)


def test_nature_separates_peers() -> None:
    """What bakeries buy says nothing of garages."""
    sales = [("C1", "P", M, 600), ("C1", "Q", M, 400), ("C2", "P", M, 1_000)]
    assert computed(sales, {"C1": "x", "C2": "y"}) == {}


def test_buyers_share_at_the_threshold_is_enough() -> None:
    """7 of 100 are 0.07, but 0.07 x 100 is 7.000000000000001 in doubles: the product would be lost."""
    sales = [(f"C{n}", "P", M, 1_000) for n in range(100)]
    sales += [(f"C{n}", "Q", M, 1_000) for n in range(7)]
    found = computed(sales, {f"C{n}": "x" for n in range(100)}, 0.07)
    assert ("C50", "Q") in found


def test_ties_share_the_rank_and_are_all_kept() -> None:
    """Cutting ties at ten rows keeps whichever the engine puts first."""
    products = [f"P{n}" for n in range(4)]
    sales = [("C1", p, M, 100) for p in products] + [("C2", "Z", M, 400)]
    found = computed(sales, {"C1": "x", "C2": "x"}, kept=1)
    assert {p for c, p in found if c == "C2"} == set(products)
    assert {row["rank_in_customer"] for row in found.values()} == {1}


def test_product_that_is_returned_on_balance_has_no_share() -> None:
    """A negative product total would turn shares round: the share is NULL with a reason."""
    sales = [("C1", "P", M, 100), ("C1", "A", M, 900), ("C2", "A", M, 900), ("C2", "B", M, 100), ("C3", "P", M, -500), ("C3", "A", M, 10)]  # fmt: skip
    found = computed(sales, {"C1": "x", "C2": "x", "C3": "y"}, 0.1)
    row = found["C2", "P"]
    assert (row["share_of_product"], row["share_of_product_reason"]) == (None, "total_not_positive")
    assert (row["potential_index"], row["potential_index_reason"]) == (None, "total_not_positive")


def test_customer_that_returned_more_than_its_peers_has_potential() -> None:
    """Leaving out products that peers returned on balance loses it: -300 / 2,000 x 1,000 is -150, above -500."""
    sales = [("C1", "P", M, -500), ("C1", "A", M, 1_500), ("C2", "P", M, 200), ("C2", "A", M, 800)]
    row = computed(sales, {"C1": "x", "C2": "x"})["C1", "P"]
    assert (row["potential_amount"], row["expected_amount"], row["is_white_space"]) == (
        350,
        -150,
        True,
    )
