"""What the credit reports of a month say, gathered from the lake's tables: nothing is computed here that they do not hold."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from metrics.periods import last_day, month_index, month_text
from pipelines.documents.labels import code, words
from pipelines.documents.numbers import amount_text, count_text, days_text, rate_text
from pipelines.documents.report import Change, CreditReport, Finding
from schemas.catalogue import FEEDS, TABLES
from schemas.reports.rpt_receivable_ageing import BUCKETS
from schemas.rollups import ROLLUPS
from schemas.rules import URGENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from pipelines.lake import Lake
    from pipelines.settings import Settings

_WANTED = ("due", "overdue", "never")
_DSO_MONTHS = 12
Rows = dict[str, list[dict[str, Any]]]


def credit_reports(lake: Lake, settings: Settings, month: str) -> list[CreditReport]:
    """The reports of an as-of month, by customer.

    Of each customer that has a finding of severity hold or suspend, or whose written report is due, overdue or missing.
    """
    findings = _of_month(lake, TABLES["rpt_finding"].name, month).filter(
        (pl.col("topic") == "credit") & (pl.col("subject_type") == "customer")
    )
    credit = lake.scan(ROLLUPS["credit_at"]).filter(pl.col("as_of_month") == month)
    urgent = findings.filter(pl.col("severity").is_in(URGENT)).select(customer_id="subject_id")
    due = credit.filter(pl.col("report_status").is_in(_WANTED)).select("customer_id")
    wanted = pl.concat([urgent, due]).unique().collect().lazy()
    gathered = _Gathered(lake, settings, month, wanted)
    rows = credit.join(wanted, on="customer_id", how="semi").sort("customer_id").collect()
    told = findings.join(wanted, left_on="subject_id", right_on="customer_id", how="semi")
    by_customer = _grouped(told.sort("rule_id"), "subject_id")
    return [
        gathered.report(row, by_customer.get(row["customer_id"], []))
        for row in rows.iter_rows(named=True)
    ]


def _of_month(lake: Lake, name: str, month: str) -> pl.LazyFrame:
    return lake.scan(TABLES[name]).filter(pl.col("as_of_month") == month)


def _grouped(frame: pl.LazyFrame, key: str) -> Rows:
    groups: Rows = {}
    for row in frame.collect().iter_rows(named=True):
        groups.setdefault(row[key], []).append(row)
    return groups


class _Gathered:
    """The rows of the wanted customers alone, by customer: they are few, and each is read once."""

    def __init__(self, lake: Lake, settings: Settings, month: str, wanted: pl.LazyFrame) -> None:
        self._settings = settings
        self._month = month
        self._as_of = last_day(month_index(month))
        self._lake = lake
        self._wanted = wanted
        self._known = _grouped(self._only(lake.scan(TABLES["dim_customer"])), "customer_id")
        self._owed = _grouped(
            self._only(_of_month(lake, "rpt_receivable_ageing", month)), "customer_id"
        )
        self._before = self._at_last_report()
        self._dso = self._dso_history()
        self._limits = self._recommended()

    def _only(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.join(self._wanted, on="customer_id", how="semi")

    def _at_last_report(self) -> dict[str, dict[str, Any]]:
        """Credit and ageing at the last month's end on or before the last written report."""
        next_day = pl.col("last_report_on") + timedelta(days=1)
        seen = next_day.dt.offset_by("-1mo").dt.to_string("%Y-%m")
        credit = self._lake.scan(ROLLUPS["credit_at"])
        now = self._only(credit.filter(pl.col("as_of_month") == self._month))
        last = now.filter(pl.col("last_report_on").is_not_null()).select(
            "customer_id", as_of_month=seen
        )
        on = ["customer_id", "as_of_month"]
        known = last.collect()
        then = pl.col("as_of_month").is_in(known["as_of_month"].unique().to_list())
        owed = self._lake.scan(TABLES["rpt_receivable_ageing"]).filter(then)
        rows = (
            known.lazy()
            .join(credit.filter(then), on=on)
            .join(owed.select(*on, "overdue_amount"), on=on, how="left")
            .collect()
        )
        return {row["customer_id"]: row for row in rows.iter_rows(named=True)}

    def _dso_history(self) -> dict[str, dict[str, float | None]]:
        last = month_index(self._month)
        self._months = [month_text(last - age) for age in reversed(range(_DSO_MONTHS))]
        table = self._lake.scan(TABLES["rpt_customer_credit"]).filter(
            pl.col("as_of_month").is_in(self._months)
        )
        rows = self._only(table.select("customer_id", "as_of_month", "dso_days")).collect()
        history: dict[str, dict[str, float | None]] = {}
        for who, month, days in rows.iter_rows():
            history.setdefault(who, {})[month] = days
        return history

    def _recommended(self) -> dict[str, Decimal]:
        """The limit that the latest investigation with one recommends; none where the settings do not name the feed."""
        if "credit_investigations" not in self._settings.feeds:
            return {}
        table = self._lake.scan(FEEDS["credit_investigations"].ledger)
        rows = (
            self._only(table.filter(pl.col("investigated_on") <= self._as_of))
            .filter(pl.col("recommended_limit").is_not_null())
            .sort("investigated_on", "investigation_id")
            .select("customer_id", "recommended_limit")
            .collect()
        )
        return dict(rows.iter_rows())

    def _version(self, customer_id: str) -> dict[str, Any]:
        """What the register said as of the month's end: the version then, else the earliest; a blank one of who never had any."""
        known = self._known[customer_id]
        versions = sorted(
            (row for row in known if row["valid_from"]), key=lambda row: row["valid_from"]
        )
        begun = [row for row in versions if row["valid_from"] <= self._as_of]
        return (begun[-1:] or versions or known)[0]

    def report(self, credit: dict[str, Any], findings: list[dict[str, Any]]) -> CreditReport:
        """The report of one customer, from its row of credit and its findings."""
        who = credit["customer_id"]
        known = self._version(who)
        owed = self._owed.get(who, [{}])[0]
        language = self._settings.language
        return CreditReport(
            company=self._settings.name,
            currency=self._settings.currency,
            language=language,
            as_of=self._as_of,
            customer_id=who,
            customer_name=known["customer_name"],
            nature=code("nature", known["nature"], language),
            ageing=tuple((one.column, owed[one.column]) for one in BUCKETS) if owed else (),
            dso_history=tuple((month, self._dso.get(who, {}).get(month)) for month in self._months),
            changes=self._changes(credit, owed),
            compared_with=self._before.get(who, {}).get("as_of"),
            findings=tuple(_finding(row, language) for row in findings),
            recommended_limit=self._limits.get(who),
            exposure=credit["exposure_amount"],
            headroom=credit["headroom_amount"],
            **{name: known[name] for name in _REGISTER},
            **{name: credit[name] for name in _CREDIT},
            **{name: owed.get(name) for name in _OWED},
        )

    def _changes(self, credit: dict[str, Any], owed: dict[str, Any]) -> tuple[Change, ...]:
        before = self._before.get(credit["customer_id"])
        if before is None:
            return ()
        now = {**credit, "overdue_amount": owed.get("overdue_amount")}
        language = self._settings.language
        label = words(language)
        written: dict[str, Callable[[Any], str]] = {
            "credit_limit": amount_text,
            "exposure_amount": amount_text,
            "utilisation_rate": rate_text,
            "overdue_amount": amount_text,
            "oldest_overdue_days": count_text,
            "dso_days": days_text,
            "tier": lambda value: code("tier", value, language),
            "rating": lambda value: value or code("tier", None, language),
            "credit_status": lambda value: code("credit_status", value, language),
        }
        return tuple(
            Change(label[_LABELS.get(name, name)], text(before[name]), text(now[name]))
            for name, text in written.items()
            if before[name] != now[name]
        )


_LABELS = {"exposure_amount": "exposure"}
_REGISTER = ("region", "industry", "salesperson_id", "traded_since", "payment_terms_days")
_CREDIT = (
    "tier", "credit_limit", "credit_limit_expires_on", "rating", "last_investigated_on", "report_status",
    "report_due_on", "credit_status", "utilisation_rate", "dso_days", "dso_countback_days", "oldest_overdue_days",
)  # fmt: skip
_OWED = (
    "open_amount", "disputed_amount", "overdue_amount", "overdue_rate", "unapplied_amount", "balance_amount",
)  # fmt: skip


def _finding(row: dict[str, Any], language: str) -> Finding:
    return Finding(
        row["rule_id"],
        row["severity"],
        row[f"sentence_{language}"],
        row[f"remedy_{language}"],
        row["evidence"],
    )
