"""The suites of Great Expectations that a table's declaration gives, one of its rows and one of its ties."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from schemas.expectations import expectations

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from great_expectations import ExpectationSuite
    from great_expectations.expectations import Expectation

    from schemas.columns import Column
    from schemas.expectations import Expectation as Expected
    from schemas.table import Table


def suites(table: Table) -> dict[str, ExpectationSuite]:
    """What is expected of the `rows` of a table, and of its `ties`, by name."""
    found = expectations(table)
    return {
        "rows": _suite(table.name, [one for one in found if one.kind != "tie"]),
        "ties": _suite(f"{table.name}.ties", [one for one in found if one.kind == "tie"]),
    }


def columns_needed(table: Table) -> list[Column]:
    """The columns of whose values something is expected."""
    asked = {one.column for one in expectations(table)}
    return [column for column in table.columns if column.name in asked]


def ties_query(table: Table, sent: str, whole: Mapping[str, str]) -> str:
    """One row, a column a tie: how many rows contradict it. `sent` and `whole` name the tables where they lie."""
    counts = (
        f'(SELECT count(*) FROM ({one.sql.format(sent=sent, whole=whole)}) AS wrong) AS "{one.name}"'
        for one in expectations(table)
        if one.kind == "tie"
    )
    return f"SELECT {', '.join(counts)}"


def _suite(name: str, found: Iterable[Expected]) -> ExpectationSuite:
    import great_expectations as gx

    return gx.ExpectationSuite(name=name, expectations=[_expectation(one) for one in found])


def _expectation(one: Expected) -> Expectation:
    """The library's own word for it; `meta` keeps our name, under which its outcome is told, `description` what its page says."""
    import great_expectations.expectations.core as gxe

    told: dict[str, Any] = {
        "meta": {"name": one.name},
        "description": f"{one.name}: {_words(one)}",
    }
    match one.kind:
        case "codes":
            return gxe.ExpectColumnValuesToBeInSet(
                column=one.column, value_set=list(one.codes), **told
            )
        case "range":
            low, high = (_bound(bound) for bound in (one.low, one.high))
            return gxe.ExpectColumnValuesToBeBetween(
                column=one.column, min_value=low, max_value=high, **told
            )
        case _:
            return gxe.ExpectColumnMaxToBeBetween(column=one.name, min_value=0, max_value=0, **told)


def _words(one: Expected) -> str:
    match one.kind:
        case "codes":
            return ", ".join(one.codes)
        case "range":
            low, high = ("" if bound is None else str(bound) for bound in (one.low, one.high))
            return f"{low} … {high}"
        case _:
            return "无一违反 · nothing is against it"


def _bound(value: Any) -> Any:
    """A time is compared with times, not with days."""
    return datetime.combine(value, datetime.min.time()) if isinstance(value, date) else value
