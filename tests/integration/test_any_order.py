"""All 13 feeds of a random company, taken in any order and some of them again, end as one rebuild."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import pytest

from schemas.catalogue import TABLES
from tests.company import Company
from tests.random_company import SETTINGS, RandomCompany

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = 2


@pytest.mark.parametrize("seed", [4])
def test_any_order_ends_as_one_rebuild(tmp_path: Path, seed: int) -> None:
    """Guards against numbers that depend on which delivery of which feed came first, came late or came twice."""
    text = SETTINGS.replace("FISCAL", "4")
    whole, pieces = Company(tmp_path / "whole", text), Company(tmp_path / "pieces", text)
    RandomCompany(seed).deliver(whole)
    assert whole.run().problems == []
    dice = random.Random(seed)
    files = sorted((whole.folder / "landing").iterdir())
    dice.shuffle(files)
    for group in range(GROUPS):
        for path in files[group::GROUPS]:
            shutil.copy2(path, pieces.folder / "landing")
        again = "2023-01-01" if group == 1 else None  # all that lies there, known or not
        assert pieces.run(first=again).problems == []
    assert pieces.run().months == []
    for table in TABLES:
        assert pieces.table(table) == whole.table(table), table
