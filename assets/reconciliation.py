"""Double entry: what came in against what is kept, ledger by ledger and report by report.

Each side of a check is counted in another table, so that a row lost on the way shows as a difference.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from metrics.periods import first_day, last_day, month_index
from schemas.catalogue import FEEDS, TABLES
from schemas.columns import LARGEST_TOTAL, NUM
from schemas.state import DELIVERIES, QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from assets.tables import Lake
    from schemas.feed import Feed

# Reports that hold every sale of a month once, or once for each value of a column.
WHOLE_SALES: tuple[tuple[str, str | None], ...] = (
    ("rpt_class_composition", "dimension"),
    ("rpt_customer_composition", None),
    ("rpt_customer_abc", None),
    ("rpt_concentration", None),
    ("rpt_customer_performance", None),
    ("rpt_product_composition", None),
    ("rpt_profitability", "level"),
)
# The report whose balance is all invoices less all payments.
BALANCE = "rpt_receivable_ageing"
_CHECK = ["as_of_month", "check_name", "subject"]


def reconciliation(
    lake: Lake, feeds: Container[str], months: list[str], before: str | None
) -> pl.DataFrame:
    """One row per as-of month, check and subject (a feed, an amount of a feed, a table).

    `feeds`: those that the settings name; of others nothing is reported, so there is nothing to balance.
    `before`: the month before the first, which is never out of date; None where they begin with the first of all.
    Columns: expected_rows, actual_rows, expected_amount, actual_amount (DECIMAL(19,4)), is_balanced.
    Eager: it is a few rows a month, each total of it streamed from its own table.
    """
    parts = (
        *_feeds(lake, feeds, months),
        *_reports(lake, months),
        *_balances(lake, feeds, months, before),
    )
    counts = [part for part in parts if part.height]
    sides = pl.concat(counts) if counts else pl.DataFrame(schema=_counted_schema())
    return sides.group_by(_CHECK).agg(
        *_sides("rows"), *_sides("amount"), is_balanced=_balanced("rows") & _balanced("amount")
    )


def _counted_schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    return {**dict.fromkeys((*_CHECK, "side"), pl.String), "rows": pl.Int64, "amount": NUM}


def _sides(what: str) -> Iterator[pl.Expr]:
    """Both totals; NULL where neither side counts this, 0 where only the other one does."""
    for side in ("expected", "actual"):
        total = pl.col(what).filter(pl.col("side") == side).sum()
        yield pl.when(pl.col(what).count() > 0).then(total).alias(f"{side}_{what}")


def _balanced(what: str) -> pl.Expr:
    expected, actual = _sides(what)
    return expected.eq_missing(actual)


def _feeds(lake: Lake, feeds: Container[str], months: list[str]) -> Iterator[pl.DataFrame]:
    first, last = _days(months)
    came = pl.col("delivered_on").is_between(first, last)
    dated_in = pl.col("month").is_in(months)
    for feed in (one for one in FEEDS.values() if one.name in feeds):
        delivered = pl.col("delivered_on").dt.to_string("%Y-%m")
        dated = [pl.col(name).cast(pl.Date) for name in (*feed.dated_by, "delivered_on")]
        accepted, current = lake.scan(feed.accepted), _current(lake, feed)
        month = pl.col("month") if not feed.is_register else delivered
        sources = (
            ("delivered", "expected", _deliveries(lake, feed), delivered),
            ("delivered", "actual", accepted.filter(came), delivered),
            ("delivered", "actual", _quarantined(lake, feed), delivered),
            (
                "ledger",
                "expected",
                accepted.filter(_dated(feed, first, last)),
                pl.coalesce(*dated).dt.to_string("%Y-%m"),
            ),
            ("ledger", "actual", current if feed.is_register else current.filter(dated_in), month),
            ("ledger", "actual", lake.scan(feed.retired).filter(dated_in), pl.col("month")),
        )
        for check, side, frame, at in sources:
            yield from _counted(feed, frame.with_columns(as_of_month=at), check, side, months)


def _days(months: list[str]) -> tuple[date, date]:
    """The first and the last day of a run's months."""
    first, last = (month_index(month) for month in (months[0], months[-1]))
    return first_day(first), last_day(last)


def _dated(feed: Feed, first: date, last: date) -> pl.Expr:
    """Whether one of the dates of a row lies in these days: of files in which none does, nothing is read."""
    begins, ends = datetime.combine(first, time.min), datetime.combine(last, time.max)
    spans = [
        pl.col(name).is_between(
            *((begins, ends) if feed.accepted[name].kind == "time" else (first, last))
        )
        for name in (*feed.dated_by, "delivered_on")
    ]
    return pl.any_horizontal(spans)


def _counted(
    feed: Feed, frame: pl.LazyFrame, check: str, side: str, months: list[str]
) -> Iterator[pl.DataFrame]:
    """Rows and totals by month: the feed with its main amount, then each other amount alone."""
    rows = pl.col("rows").sum() if "rows" in frame.collect_schema() else pl.len()
    totals = (
        frame.filter(pl.col("as_of_month").is_in(months))
        .group_by("as_of_month")
        .agg(
            rows.cast(pl.Int64).alias("rows"),
            *(pl.col(name).sum() for name in feed.measures),
            *(pl.col(name).abs().sum().alias(f"absolute_{name}") for name in feed.measures),
        )
        .with_columns(check_name=pl.lit(check), side=pl.lit(side))
        .collect(engine="streaming")  # one row a month
    )
    _refuse_beyond(totals, feed)
    none = pl.lit(None, NUM)
    main = pl.col(feed.amount) if feed.amount else none
    yield _side(totals, pl.lit(feed.name), pl.col("rows"), main)
    for name in feed.measures:
        if name != feed.amount:
            yield _side(totals, pl.lit(f"{feed.name}.{name}"), pl.lit(None, pl.Int64), pl.col(name))


def _refuse_beyond(totals: pl.DataFrame, feed: Feed) -> None:
    """Integers of 64 bits would wrap without a word: rather no report than a wrong one."""
    for name in feed.measures:
        for row in totals.filter(pl.col(f"absolute_{name}") > LARGEST_TOTAL).iter_rows(named=True):
            raise dg.Failure(
                f"{feed.name}, {row['as_of_month']}: {name} sums to {row[f'absolute_{name}']:,} (signs aside), "
                f"and a month may hold {LARGEST_TOTAL:,} so that two years add up exactly; "
                "one of the amounts must be wrong: look for the largest, correct it and deliver it again",
                allow_retries=False,
            )


def _side(totals: pl.DataFrame, subject: pl.Expr, rows: pl.Expr, amount: pl.Expr) -> pl.DataFrame:
    return totals.select(
        "as_of_month", "check_name", subject.alias("subject"), "side",
        rows.alias("rows"), amount.cast(NUM).alias("amount"),
    )  # fmt: skip


def _deliveries(lake: Lake, feed: Feed) -> pl.LazyFrame:
    frame = lake.scan(DELIVERIES).filter(pl.col("feed") == feed.name)
    amounts = feed.accepted.from_json("delivered_amounts", feed.measures)
    return frame.with_columns(amounts).rename({"delivered_rows": "rows"})


def _quarantined(lake: Lake, feed: Feed) -> pl.LazyFrame:
    frame = lake.scan(QUARANTINE).filter(pl.col("feed") == feed.name)
    return frame.with_columns(feed.accepted.from_json("amounts", feed.measures))


def _current(lake: Lake, feed: Feed) -> pl.LazyFrame:
    frame = lake.scan(feed.ledger)
    return frame.filter("is_current") if feed.is_register else frame


def _reports(lake: Lake, months: list[str]) -> Iterator[pl.DataFrame]:
    """The month's sales in each report that holds them all, against the ledger's."""
    sales = _monthly(
        lake.scan(FEEDS["sales"].ledger).with_columns(as_of_month="month"), "net_amount", months
    )
    for name, column in WHOLE_SALES:
        report = lake.scan(TABLES[name]).filter(pl.col("period") == "month")
        subject = pl.lit(name) if column is None else pl.lit(f"{name}.") + pl.col(column)
        actual = _monthly(report.with_columns(subject=subject), "sales_amount", months, "subject")
        expected = sales.join(_subjects(name, column), how="cross")
        for side, frame in (("expected", expected), ("actual", actual)):
            told = frame.with_columns(check_name=pl.lit("report"), side=pl.lit(side))
            yield _side(told, pl.col("subject"), pl.lit(None, pl.Int64), pl.col("total"))


def _balances(
    lake: Lake, feeds: Container[str], months: list[str], before: str | None
) -> Iterator[pl.DataFrame]:
    """What all customers owe by the report, against all invoices less all payments up to the month's end."""
    known = None if before is None else _invoiced_less_paid(lake, before)
    since = pl.lit(value=True) if known is None else pl.col("month") > before
    signed = (("invoices", pl.col("amount")), ("payments", -pl.col("amount")))
    monthly = pl.concat(
        [
            lake.scan(FEEDS[feed].ledger)
            .filter(since, pl.lit(value=feed in feeds))
            .select("month", total=amount)
            for feed, amount in signed
        ]
    )
    totals = monthly.group_by("month").agg(pl.col("total").sum()).collect(engine="streaming")
    upto = {
        month: (known or Decimal(0))
        + Decimal(totals.filter(pl.col("month") <= month)["total"].sum())
        for month in months
    }
    report = lake.scan(TABLES[BALANCE])
    sides = {
        "expected": pl.DataFrame(
            {"as_of_month": list(upto), "total": list(upto.values())},
            schema={"as_of_month": pl.String, "total": NUM},
        ),
        "actual": _monthly(report, "balance_amount", months),
    }
    for side, frame in sides.items():
        told = frame.with_columns(check_name=pl.lit("report"), side=pl.lit(side))
        yield _side(told, pl.lit(BALANCE), pl.lit(None, pl.Int64), pl.col("total"))


def _invoiced_less_paid(lake: Lake, month: str) -> Decimal | None:
    """All invoices less all payments up to a month's end, as they were counted for that month; None where they were not."""
    told = lake.scan(TABLES["rpt_reconciliation"]).filter(
        (pl.col("as_of_month") == month)
        & (pl.col("check_name") == "report")
        & (pl.col("subject") == BALANCE)
    )
    found = told.select("expected_amount").collect().to_series()
    return Decimal(found.item()) if len(found) == 1 else None


def _monthly(frame: pl.LazyFrame, column: str, months: list[str], *by: str) -> pl.DataFrame:
    return (
        frame.filter(pl.col("as_of_month").is_in(months))
        .group_by("as_of_month", *by)
        .agg(total=pl.col(column).sum())
        .collect(engine="streaming")  # one row a month
    )


def _subjects(table: str, column: str | None) -> pl.DataFrame:
    codes = TABLES[table][column].code_values if column else []
    return pl.DataFrame({"subject": [f"{table}.{code}" for code in codes] or [table]})
