"""Notices: what is new and urgent goes out to the channels of the settings, one message a run.

Belongs here: what is news to whom, and what is said of it. How a notice reads stands in `pipelines/notice.py`, how it is sent in
`pipelines/channels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from pipelines.channels import channels_of
from pipelines.notice import Notice, worded
from pipelines.settings import without_secrets
from schemas.catalogue import TABLES
from schemas.rules import URGENT
from schemas.state import NOTICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.lake import Lake
    from pipelines.months import Months
    from pipelines.settings import Settings

_FINDINGS = TABLES["rpt_finding"]
# What makes a finding of one month the same as one of another.
_IDENTITY = ["rule_id", "subject_type", "subject_id", "severity"]
_WORDS = {
    "title": ("{company} {month}：新的紧急发现 {count} 项", "{company} {month}: new urgent findings: {count}"),
    "severity": ("【{severity}】{count} 项", "{severity}: {count}"),
    "place": (
        "依据与对策见 {place} 中的表 rpt_finding（as_of_month = '{month}'）。",
        "Evidence and remedies: table rpt_finding in {place} (as_of_month = '{month}').",
    ),
}  # fmt: skip


@dataclass
class Told:
    """How many findings were told on how many channels, and which channels failed."""

    findings: int = 0
    channels: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What the summary of the run says of it."""
        told = f"notice: new urgent findings told: {self.findings}, channels: {self.channels}"
        return [told, *self.warnings] if self.channels else self.warnings


class Notifier:
    """The notices of one company."""

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake

    def tell(self, months: Months) -> Told:
        """Tell every channel the findings of severity hold and suspend that it does not know yet.

        Only findings of the latest as-of month are news, and only in a run that computes it. A finding is known while it
        holds, month after month; when it clears it is forgotten, and news should it come back. What a channel knows is
        written down after it took the message: a run that dies in between tells it twice, and never not at all.
        """
        if not self._settings.notify or months.texts[-1:] != months.whole[-1:]:
            return Told()
        month = months.whole[-1]
        urgent = self._urgent(month)
        known = self._holding(urgent)
        channels, faults = channels_of(self._settings.notify)
        told = Told(warnings=faults)
        heard: set[str] = set()
        for channel in channels:
            knows = known.filter(pl.col("channel") == channel.key)
            news = urgent.join(knows, on=_IDENTITY, how="anti", maintain_order="left")
            if news.is_empty():
                continue
            notice, lines = self._notice(news, month), partial(self._lines, news)
            fault = channel.send(*notice.message(news.height, lines, channel.room))
            if fault:
                told.warnings.append(f"notice: {channel.name} failed: {fault}")
                continue
            known = self._remembered(known, channel.key, news)
            heard.update(news["finding_id"])
            told.channels += 1
        told.findings = len(heard)
        return told

    def _urgent(self, month: str) -> pl.DataFrame:
        """The urgent findings of a month, the most urgent first, those of one subject together."""
        findings = self._lake.scan(_FINDINGS).filter(
            pl.col("as_of_month") == month, pl.col("severity").is_in(URGENT)
        )
        order = pl.col("severity").cast(pl.Enum(URGENT))
        return findings.sort(order, "subject_type", "subject_id", "finding_id").collect()

    def _holding(self, urgent: pl.DataFrame) -> pl.DataFrame:
        """What any channel was ever told and still holds; the rest is forgotten."""
        known = self._lake.scan(NOTICES).collect()
        holding = known.join(urgent, on=_IDENTITY, how="semi")
        if holding.height < known.height:
            self._lake.replace(NOTICES, holding.lazy())
        return holding

    def _remembered(self, known: pl.DataFrame, channel: str, news: pl.DataFrame) -> pl.DataFrame:
        more = news.select(pl.lit(channel).alias("channel"), *_IDENTITY)
        known = pl.concat([known, more])
        self._lake.replace(NOTICES, known.lazy())
        return known

    def _notice(self, news: pl.DataFrame, month: str) -> Notice:
        place = without_secrets(str(self._settings.duckdb_path or self._lake.root))
        return Notice(
            self._settings.language,
            self._word("title", company=self._settings.name, month=month, count=news.height),
            self._word("place", place=place, month=month),
        )

    def _lines(self, news: pl.DataFrame, shown: int) -> Iterator[str]:
        """The sentences of the first `shown` findings under their severities."""
        language = self._settings.language
        names = {code: (zh, en) for code, zh, en in _FINDINGS["severity"].codes}
        counts = dict(news["severity"].value_counts().iter_rows())
        severity = ""
        for row in news.head(shown).iter_rows(named=True):
            if row["severity"] != severity:
                if severity:
                    yield ""
                severity = row["severity"]
                name = worded(names[severity], language)
                yield self._word("severity", severity=name, count=counts[severity])
            yield f"- {row[f'sentence_{language}']}"

    def _word(self, key: str, **values: object) -> str:
        return worded(_WORDS[key], self._settings.language, **values)
