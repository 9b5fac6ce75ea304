"""How a rule's frame becomes findings: its words, its id, and what every finding holds.

A finding is told every month while it holds. A rule's frame holds month, subject_id, and what its sentences name; also
severity where the rule has several, observed, threshold and evidence where it has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import narwhals as nw

from metrics import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.rules import Rule

Frame = nw.LazyFrame[Any]


class Engine(Protocol):
    """What no two engines write alike."""

    def joined(self, frame: Frame, keys: Sequence[str], column: str) -> Frame:
        """One row per group: the distinct values of a text column, ascending, joined by commas."""

    def in_text(self, frame: Frame, **columns: str) -> Frame:
        """Adds, by name, finite Float64 columns as text, in the fewest digits."""


_NOTHING = nw.lit(None).cast(nw.String)


def told(rule: Rule, frame: Frame) -> Frame:
    """The findings of one rule, as rows of rpt_finding; `frame` as the module says."""
    names = frame.collect_schema().names()
    given = {
        "subject_type": nw.lit(rule.subject),
        "severity": nw.lit(rule.severities[0]),
        "observed": _NOTHING,
        "threshold": _NOTHING,
        "evidence": nw.col("subject_id"),
        "period": _NOTHING,
    }
    filled = frame.with_columns(
        **{name: value for name, value in given.items() if name not in names},
        rule_id=nw.lit(rule.id),
        topic=nw.lit(rule.topic),
    )
    return filled.with_columns(
        finding_id=_finding_id(),
        sentence_zh=texts.sentence(rule.sentence_zh, 0),
        sentence_en=texts.sentence(rule.sentence_en, 1),
        remedy_zh=texts.sentence(rule.remedy_zh, 0),
        remedy_en=texts.sentence(rule.remedy_en, 1),
    ).select(*COLUMNS)


COLUMNS = (
    "month", "finding_id", "topic", "subject_type", "subject_id", "rule_id", "severity", "observed", "threshold",
    "evidence", "sentence_zh", "sentence_en", "remedy_zh", "remedy_en",
)  # fmt: skip


def _finding_id() -> nw.Expr:
    """Month, rule, kind of subject, subject, and the period where there is one: equal on every run."""
    year, of_year = nw.col("month") // 12, nw.col("month") % 12 + 1
    period = nw.concat_str(nw.lit("/"), nw.col("period")).fill_null("")
    place = nw.concat_str(
        year.cast(nw.String).str.pad_start(4, "0"),
        nw.lit("-"),
        of_year.cast(nw.String).str.pad_start(2, "0"),
    )
    subject = nw.concat_str("rule_id", "subject_type", "subject_id", separator="/")
    return nw.concat_str(place, nw.lit("/"), subject, period)
