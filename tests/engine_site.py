"""A company of all feeds, made by chance, whose ledgers and months one engine or another computes."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars.testing
import yaml

from assets.feeds.deliveries import FIRST_DATE, LAST_DATE
from assets.reports import REPORT_ASSETS
from assets.rollups import ROLLUP_ASSETS
from pipelines.definitions import defs
from pipelines.freshness import calendar_of, remember
from pipelines.home import open_instance
from pipelines.lake import Lake
from pipelines.landing import ONLY_NEW
from pipelines.resources import RANGE_END, RANGE_START
from pipelines.scope import Scope
from pipelines.settings import load
from schemas.catalogue import FEEDS, TABLES
from schemas.rollups import ROLLUPS
from tests.company import Company
from tests.random_company import SETTINGS, RandomCompany
from tests.random_records import FIRST

if TYPE_CHECKING:
    from pathlib import Path

    import dagster as dg
    import polars as pl

    from schemas.table import Table

MONTHS = ("2023-12", "2024-01", "2024-02", "2024-03")
MONTH_ONE = date(2023, 12, 1)
AGAIN = ("customers", "sales", "complaint_events")
# What stands upon the month before where a run begins later (assets/rollups/carried.py).
CARRIED = (
    "open_invoices", "rpt_receivable_ageing", "rpt_complaint", "rpt_customer_classification", "rpt_rfm", "rpt_finding",
)  # fmt: skip
_REPORTS = [asset.key for asset in (*ROLLUP_ASSETS, *REPORT_ASSETS)]


class Site(Company):
    """A company of four months and all feeds, as an engine computes it."""

    def __init__(self, folder: Path, spark: dict[str, Any] | None = None) -> None:
        engine = "" if spark is None else yaml.safe_dump({"engine": "spark", "spark": spark})
        super().__init__(folder, SETTINGS.replace("FISCAL", "2") + engine)
        made = RandomCompany(11)
        for one in made.deliveries:
            one.rows[:] = [_in_four_months(row) for row in one.rows]  # others have the same rows
        made.deliver(self)
        # Once more, as at first: of some keys an older version comes back.
        first = {one.feed: one for one in reversed(made.deliveries)}
        for feed in AGAIN:
            self.deliver(feed, "2024-03-31", *(made._written(row) for row in first[feed].rows[:4]))
        self.lake = Lake(str(folder / "lake"))

    def compute(self) -> Site:
        """Take all deliveries in, and compute all months, in one pass each."""
        self.take_in("2023-01-01", "2024-03-31")
        self.report(MONTHS[0], MONTHS[-1])
        return self

    def compute_by_parts(self) -> Site:
        """The same in several: ledgers whole, then by what changed; all months, then the last one once more behind the others."""
        self.take_in("2023-01-01", "2024-03-30")
        self.take_in("2024-03-31", "2024-03-31")
        self.report(MONTHS[0], MONTHS[-1])
        self.report(MONTHS[-1], MONTHS[-1], *CARRIED)
        return self

    def take_in(self, first: str, last: str) -> None:
        """Take the deliveries of some dates, and decide the ledgers."""
        self._execute("ingest", {FIRST_DATE: first, LAST_DATE: last, ONLY_NEW: "false"}, None)

    def report(self, first: str, last: str, *names: str) -> None:
        """Compute a range of months of these tables, or of all, as if what shows them to readers had followed."""
        keys = [key for key in _REPORTS if key.path[-1] in names or not names]
        run = self._execute("reports", {RANGE_START: first, RANGE_END: last}, keys)
        calendar = calendar_of(self.lake, load(self.settings))
        told = [month for month in calendar.months if first <= month <= last]
        remember(self.lake, calendar, dict.fromkeys(told, "{}"), Scope("rest", run))

    def _execute(self, job: str, tags: dict[str, str], assets: list[dg.AssetKey] | None) -> str:
        os.environ.pop("DAGSTER_HOME", None)
        os.environ["KEHU_SETTINGS"] = str(self.settings)
        with open_instance(self.settings) as instance:
            done = defs.resolve_job_def(job).execute_in_process(
                instance=instance,
                tags=tags,
                asset_selection=assets,
                run_config={"loggers": {"progress": {}}},
            )
            assert done.success
            return done.run_id

    def rows(self, table: Table) -> pl.DataFrame:
        """All rows of a table in an order of their own."""
        exact = [column.name for column in table.columns if column.kind != "ratio"]
        return self.lake.scan(table).sort(exact).collect()


def _in_four_months(row: dict[str, Any]) -> dict[str, Any]:
    day = row.get("sold_on")
    return {**row, "sold_on": MONTH_ONE + timedelta((day - FIRST).days % 121)} if day else row


def assert_equal(found: Site, expected: Site) -> None:
    """All tables, row by row: floats to 1e-9, all else exactly."""
    ledgers = [table for feed in FEEDS.values() for table in (feed.ledger, feed.retired)]
    for table in (*ledgers, *ROLLUPS.values(), *TABLES.values()):
        polars.testing.assert_frame_equal(found.rows(table), expected.rows(table), rel_tol=1e-9, abs_tol=0)  # fmt: skip
        assert found.lake.row_counts(table) == expected.lake.row_counts(table), table.name
    assert found.lake.changed(FEEDS["sales"].ledger, 0) is not None
