"""What a feed is: the canonical columns of one kind of raw input and the tables that keep its rows."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.columns import Column
from schemas.table import Table

DELETED = Column("deleted", "bool", "已撤回", "Withdrawn", en_definition="True withdraws the key.")
DELIVERED_ON = Column("delivered_on", "date", "交付日期", "Delivered on", required=True)
SOURCE_FILE = Column("source_file", "text", "来源文件", "Source file", required=True)
SOURCE_ROW = Column("source_row", "int", "来源行号", "Source row", required=True, low=1)
ORIGIN = (DELIVERED_ON, SOURCE_FILE, SOURCE_ROW)
# Within one delivery the later row wins: by order of sources, then file name, then row.
SOURCE_NO = Column("source_no", "int", "来源序号", "Number of the source", required=True, low=1)


@dataclass(frozen=True)
class Feed:
    """One kind of raw input.

    `dated_by`: the columns that date a fact, the first that is not NULL counts; empty for a register,
    whose versions are dated by their delivery. `measures`: the num columns whose totals reconcile.
    """

    name: str
    zh: str
    en: str
    grain_zh: str
    grain_en: str
    columns: tuple[Column, ...]
    dated_by: tuple[str, ...] = ()
    is_required: bool = False

    @property
    def is_register(self) -> bool:
        """Whether members of this feed have versions instead of a date."""
        return not self.dated_by

    @property
    def names(self) -> list[str]:
        """Canonical column names, `deleted` last."""
        return [column.name for column in self.all_columns]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The canonical columns and `deleted`."""
        return (*self.columns, DELETED)

    @property
    def key(self) -> list[str]:
        """The columns that identify a record."""
        return [column.name for column in self.columns if column.key]

    @property
    def measures(self) -> list[str]:
        """The num columns: their totals must reconcile like the rows do."""
        return [column.name for column in self.columns if column.kind == "num"]

    @property
    def amount(self) -> str | None:
        """The measure that stands for the feed in one number; None where there is none."""
        return next(
            (n for n in self.measures if n.endswith("amount") or n == "value_at_cost"), None
        )

    @property
    def personal(self) -> list[str]:
        """The columns that hold personal data."""
        return [column.name for column in self.columns if column.personal]

    @property
    def accepted(self) -> Table:
        """The table `feeds/<name>`: accepted rows, one per delivered row, as they came.

        A withdrawal needs its key and nothing else, so only keys are never NULL here. Not partitioned: ten years of
        deliveries would be as many small files as days.
        """
        columns = tuple(c.but(required=c.key) for c in self.columns)
        return Table(
            self.name, "feeds", self.zh, self.en, self.grain_zh, self.grain_en,
            (*columns, DELETED, *ORIGIN, SOURCE_NO),
        )  # fmt: skip

    @property
    def ledger(self) -> Table:
        """The table `ledger/<name>`: the newest version of every key; a register's every version."""
        if self.is_register:
            last: tuple[Column, ...] = (
                Column("valid_from", "date", "生效日期", "Valid from", required=True, key=True),
                Column("valid_to", "date", "失效日期（不含）", "Valid to (exclusive)"),
                Column("is_current", "bool", "是否当前", "Is current", required=True),
            )
        else:
            last = (Column("month", "text", "月份", "Month of its date", required=True),)
        return Table(
            self.name, "ledger", self.zh, self.en, self.grain_zh, self.grain_en,
            (*self.columns, *ORIGIN, *last), partition=None if self.is_register else "month",
        )  # fmt: skip

    @property
    def retired(self) -> Table:
        """The table `retired/<name>`: accepted rows that are not in the ledger, and why.

        With it every accepted row is found again: accepted = current + superseded + withdrawn.
        """
        status = Column(
            "status", "text", "去向", "What became of it", required=True,
            codes=(("superseded", "被新版本取代", "Superseded"), ("withdrawn", "已撤回", "Withdrawn")),
        )  # fmt: skip
        month = Column("month", "text", "月份", "Month of its date", required=True)
        measures = tuple(c for c in self.columns if c.kind == "num")
        return Table(
            self.name, "retired", self.zh, self.en, self.grain_zh, self.grain_en,
            (*(c for c in self.columns if c.key), *measures, *ORIGIN, status, month), partition="month",
        )  # fmt: skip
