"""What leaves the register of customers, and in which form: as the settings say, and nothing else.

Belongs here: the forms. What may be asked for is in `pipelines/settings`; which columns are personal, in `schemas/`.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

import polars as pl

from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from pipelines.settings import Privacy

_PERSONAL = FEEDS["customers"].personal
_HEXADECIMALS = 16
# Of a long text no more is told at either end.
_LONGEST_END = 2


class Disclosure:
    """The personal columns of the register that readers see, in the form in which they see them."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy
        self.columns = [name for name in _PERSONAL if privacy.form(name) != "drop"]

    def shown(self, customers: pl.LazyFrame) -> pl.LazyFrame:
        """The versions of the register: individuals' names and the personal columns in their form, or not at all.

        Every version of a customer hides its name that is an individual by its newest one.
        """
        name = (
            pl.when(_is_individual()).then(self._told("customer_name")).otherwise("customer_name")
        )
        others = [self._told(column) for column in self.columns]
        hidden = [column for column in _PERSONAL if column not in self.columns]
        return customers.with_columns(name.alias("customer_name"), *others).drop(hidden)

    def _told(self, column: str) -> pl.Expr:
        """The column as text, in the form that the settings give it; NULL stays NULL."""
        value = pl.col(column).cast(pl.String)
        match self._privacy.form(column):
            case "plain":
                return value
            case "partial" if FEEDS["customers"].accepted[column].kind == "date":
                return value.str.head(4)
            case "partial":
                return in_part(value)
            case "pseudonym":
                return pseudonyms(value, column, self._privacy.key)
        return pl.lit(None, pl.String)


def _is_individual() -> pl.Expr:
    newest = pl.col("nature").sort_by("valid_from").last().over("customer_id")
    is_one = (pl.col("nature") == "individual", newest == "individual")
    return pl.any_horizontal(one.fill_null(value=False) for one in is_one)


def in_part(value: pl.Expr) -> pl.Expr:
    """At most half of the characters, at most two at either end: 王**, 13*******78; of one character none."""
    length = value.str.len_chars()
    tail = pl.min_horizontal(length // 4, _LONGEST_END)
    head = pl.max_horizontal(tail, (length > 1).cast(pl.UInt32))
    hidden = value.str.slice(head, length - head - tail).str.replace_all("(?s).", "*")
    return pl.concat_str(value.str.head(head), hidden, value.str.slice(length - tail))


def pseudonyms(value: pl.Expr, column: str, key: bytes) -> pl.Expr:
    """HMAC-SHA256 of column and value: one value has one pseudonym in a column, and another one in every other.

    Without the key none can be told from its value, nor the value from it.
    """

    def of_all(values: pl.Series) -> pl.Series:
        distinct = values.drop_nulls().unique()
        told = [hmac.digest(key, f"{column}={one}".encode(), "sha256").hex() for one in distinct]
        short = pl.Series(told, dtype=pl.String).str.head(_HEXADECIMALS)
        return values.replace_strict(distinct, short, return_dtype=pl.String)

    return value.map_batches(of_all, return_dtype=pl.String, is_elementwise=True)
