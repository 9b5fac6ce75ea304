"""A feed that is taken out of the settings is absent, whatever the lake keeps of it, until it is put back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from schemas.catalogue import TABLES
from tests.company import Company
from tests.random_company import SETTINGS, RandomCompany

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

WITH_ALL = SETTINGS.replace("FISCAL", "1")
GONE = ["stock", "invoices", "payments", "targets", "complaints"]


def test_a_feed_taken_out_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    """Guards against orders held for invoices of a feed that nobody supplies, and a run that its ledger blocks for ever."""
    company, never = Company(tmp_path / "company", WITH_ALL), Company(tmp_path / "never", without(GONE))  # fmt: skip
    RandomCompany(5).deliver(company)
    shutil.copytree(company.folder / "landing", never.folder / "landing", dirs_exist_ok=True)
    assert company.run().problems == never.run().problems == []
    first = published(company)
    company.settings.write_text(without(GONE), encoding="utf-8")
    assert company.run().problems == []
    same(published(company), published(never))
    company.settings.write_text(WITH_ALL, encoding="utf-8")
    assert company.run().problems == []
    same(published(company), first)


def without(feeds: Collection[str]) -> str:
    """The settings without these feeds."""
    gone = tuple(f"  {feed}:" for feed in feeds)
    return "".join(line for line in WITH_ALL.splitlines(keepends=True) if not line.startswith(gone))


def published(company: Company) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all published tables."""
    return {name: company.table(name) for name in TABLES}


def same(found: dict[str, list[tuple[object, ...]]], wanted: dict[str, list[tuple[object, ...]]]) -> None:  # fmt: skip
    """Fail with the names of the tables that are not equal."""
    assert [name for name in TABLES if found[name] != wanted[name]] == []
