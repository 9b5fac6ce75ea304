"""Datasets: a table as Superset sees it, its columns and codes in the words of the declarations, its metrics exact.

A metric answers only where a sum has one meaning: over one as-of month, one period, one dimension, one level. Where rows of
several of these come together it is NULL, never a total that counts the same sale twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.superset.words import Language, Words, identity, label, said
from schemas.catalogue import TABLES
from schemas.comments import column_comment, quoted
from schemas.ddl import SQL_TYPES
from schemas.labels import table_definition
from schemas.vocabulary import UNIT_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.columns import Column
    from schemas.table import Table

VERSION = "1.0.0"
SCHEMA = "kehu"
DATABASE = "Kehu"
# Key columns whose values repeat the same facts: no sum runs over two of them.
_REPEATED = ("as_of_month", "period", "dimension", "level")
# D3 formats by unit, where it says more than the kind of column does.
_BY_UNIT = {"%": ",.1%", "times": ",.2f", "days": ",.0f", "hours": ",.1f"}
_BY_KIND = {"ratio": ",.3f"}
_WHOLE = ",.0f"
# The name that belongs to an id: (id column, what it names, dimension, name column, which rows of the dimension).
_NAMES = (
    ("customer_id", "customer", "dim_customer", "customer_name", " AND {}.is_current"),
    ("product_id", "product", "dim_product", "product_name", ""),
    ("member_id", "product", "dim_product", "product_name", ""),
)
# At least two digits, so that texts of the first 99 sort like numbers: Superset sorts the categories of an axis by name.
_RANK = "TO_CHAR(r.rank, 'FM999999900')"
_SUBJECTS = {code: (zh, en) for code, zh, en in TABLES["rpt_finding"]["subject_type"].codes}


@dataclass(frozen=True)
class Dataset:
    """A table and the metrics on it.

    `counts`: the unit of its rows; `totals`: columns that may be summed; `rates`: (column, numerators, denominators) of a rate
    whose parts may be; `own`: measures that are shown as they stand in one row, for no sum of them means anything;
    `ordered`: codes by whose order in the declaration rows are sorted.
    """

    table: str
    counts: str = "rows"
    totals: tuple[str, ...] = ()
    rates: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    own: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()

    @property
    def declared(self) -> Table:
        """The declaration of the table."""
        return TABLES[self.table]

    def uuid(self, language: Language) -> str:
        """Its identity in Superset."""
        return identity("dataset", self.table, language)

    def names(self) -> dict[str, Words]:
        """The columns that name a member, and what it is: a customer, a product; in a ranking, once more after its rank."""
        columns = self.declared.names
        named = {_named(i): _SUBJECTS[subject] for i, subject, *_ in _NAMES if i in columns}
        return named | {ranked(n): words for n, words in named.items() if "rank" in columns}

    def metrics(self) -> dict[str, tuple[str, Column | None]]:
        """SQL of each metric by its name, and the column whose label it bears; `rows` counts rows."""
        table = self.declared
        totals = {f"total_{name}": (self._total(name), table[name]) for name in self.totals}
        rates = {
            f"rate_{name}": (self._rate(up, down), table[name]) for name, up, down in self.rates
        }
        own = {
            f"own_{name}": (f"CASE WHEN COUNT(*) = 1 THEN MAX({name}) END", table[name])
            for name in self.own
        }
        return {"rows": (self._guarded("COUNT(*)"), None), **totals, **rates, **own}

    def _total(self, *names: str) -> str:
        return self._guarded(" + ".join(f"SUM({name})" for name in names), *names)

    def _rate(self, up: tuple[str, ...], down: tuple[str, ...]) -> str:
        part, whole = (" + ".join(f"SUM({name})" for name in names) for names in (up, down))
        return self._guarded(f"({part})::double precision / NULLIF({whole}, 0)", *up, *down)

    def _guarded(self, sql: str, *names: str) -> str:
        """Only within one month, period, ...; only where no summand is NULL, for its sum would be a part."""
        one = [
            f"MIN({key}) IS NOT DISTINCT FROM MAX({key})"
            for key in _REPEATED
            if key in self.declared.key
        ]
        known = [f"COUNT({n}) = COUNT(*)" for n in names if not self.declared[n].required]
        return f"CASE WHEN {' AND '.join([*one, *known])} THEN {sql} END"


def exported(dataset: Dataset, language: Language) -> dict[str, Any]:
    """The dataset as Superset imports it."""
    table = dataset.declared
    definition = table_definition(table)
    return {
        "table_name": f"{label(table, language)} ({table.name}, {language})",
        "main_dttm_col": "as_of",
        "description": definition[0] if language == "zh" else definition[1],
        "schema": SCHEMA,
        "sql": _sql(dataset),
        "uuid": dataset.uuid(language),
        "columns": [*_columns(dataset, language)],
        "metrics": [*_metrics(dataset, language)],
        "version": VERSION,
        "database_uuid": identity("database"),
    }


def number_format(column: Column | None) -> str:
    """How a column's values are written."""
    if column is None:
        return _WHOLE
    return _BY_UNIT.get(column.unit) or _BY_KIND.get(column.kind, _WHOLE)


def coded(name: str) -> str:
    """The column that says a code in words."""
    return f"{name}_label"


def ranked(name: str) -> str:
    """The column that puts the rank before a name."""
    return f"{name}_ranked"


def order_of(name: str) -> str:
    """The column that says where a code stands in the declaration's order."""
    return f"{name}_order"


def _named(id_: str) -> str:
    return f"{id_.removesuffix('_id')}_named"


def _sql(dataset: Dataset) -> str:
    """The table; an id is followed by its name, for two members may bear the same one."""
    selected, joined = ["r.*"], [f"FROM {SCHEMA}.{dataset.table} AS r"]
    for id_, _, dimension, name, which in _NAMES:
        if id_ in dataset.declared.names:
            alias = f"d_{id_}"
            key = TABLES[dimension].key[0]
            named = f"CONCAT_WS(' ', r.{id_}, {alias}.{name})"
            selected.append(f"{named} AS {_named(id_)}")
            if "rank" in dataset.declared.names:
                selected.append(f"CONCAT_WS(' ', {_RANK}, {named}) AS {ranked(_named(id_))}")
            joined.append(
                f"LEFT JOIN {SCHEMA}.{dimension} AS {alias} ON {alias}.{key} = r.{id_}{which.format(alias)}"
            )
    return f"SELECT {', '.join(selected)}\n" + "\n".join(joined)


def _columns(dataset: Dataset, language: Language) -> Iterator[dict[str, Any]]:
    for column in dataset.declared.columns:
        is_time = column.kind in {"date", "time"}
        about = {"description": column_comment(column), "is_dttm": is_time}
        called = label(column, language)
        yield _column(column.name, called, SQL_TYPES[column.kind].upper(), **about)
        if column.codes:
            yield _column(
                coded(column.name), called, "TEXT", expression=_in_words(column, language)
            )
        if column.name in dataset.ordered:
            yield _column(order_of(column.name), called, "INTEGER", expression=_in_order(column))
    for name, words in dataset.names().items():
        yield _column(name, said(words, language), "TEXT")


def _column(name: str, called: str, sql_type: str, **more: Any) -> dict[str, Any]:
    fixed = {"is_active": True, "groupby": True, "filterable": True}
    return {"column_name": name, "verbose_name": called, "type": sql_type, **fixed, **more}


def _in_words(column: Column, language: Language) -> str:
    at = 1 if language == "zh" else 2
    whens = " ".join(f"WHEN {quoted(code[0])} THEN {quoted(code[at])}" for code in column.codes)
    return f"CASE {column.name} {whens} ELSE {column.name} END"


def _in_order(column: Column) -> str:
    whens = (f"WHEN {quoted(code)} THEN {at}" for at, code in enumerate(column.code_values))
    return f"CASE {column.name} {' '.join(whens)} END"


def _metrics(dataset: Dataset, language: Language) -> Iterator[dict[str, Any]]:
    rows = said(UNIT_WORDS[dataset.counts], language)
    for name, (sql, column) in dataset.metrics().items():
        yield {
            "metric_name": name,
            "verbose_name": label(column, language) if column else rows,
            "description": column_comment(column) if column else rows,
            "expression": sql,
            "d3format": number_format(column),
        }
