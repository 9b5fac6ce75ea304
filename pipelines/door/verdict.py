"""What became of a table's expectations at one place, each by its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from great_expectations.core import ExpectationSuiteValidationResult

AS_EXPECTED = "as expected"


@dataclass
class Verdict:
    """A table as readers of `place` (duckdb, postgres) would see it; `results` are the library's, by expectation."""

    place: str
    table: str
    results: dict[str, Any] = field(default_factory=dict)

    def hear(self, outcomes: Iterable[ExpectationSuiteValidationResult]) -> None:
        """Take in the outcomes of more rows: where one of them failed, it stands."""
        for outcome in outcomes:
            for result in outcome.results:
                config: Any = result.expectation_config
                name = config.meta["name"]
                if name not in self.results or self.results[name].success:
                    self.results[name] = result

    @property
    def outcomes(self) -> dict[str, str]:
        """What to tell of each expectation, those that failed first; never a value of a row."""
        told = {name: _told(result) for name, result in self.results.items()}
        return dict(sorted(told.items(), key=lambda one: one[1] == AS_EXPECTED))

    @property
    def faults(self) -> list[str]:
        """The expectations that failed, and how."""
        return [f"{name}: {told}" for name, told in self.outcomes.items() if told != AS_EXPECTED]

    def suite_result(self) -> ExpectationSuiteValidationResult:
        """All of it as one result of the table's suite."""
        from great_expectations.core import ExpectationSuiteValidationResult

        asked, failed = len(self.results), len(self.faults)
        return ExpectationSuiteValidationResult(
            success=not failed,
            results=[*self.results.values()],
            suite_name=self.table,
            statistics={
                "evaluated_expectations": asked,
                "successful_expectations": asked - failed,
                "unsuccessful_expectations": failed,
                "success_percent": 100 * (asked - failed) / asked,
            },
            meta={"run_id": {"run_name": None}, "batch_spec": {"data_asset_name": self.place}},
        )


def _told(result: Any) -> str:
    """How many rows, or groups of rows, are against it."""
    if result.success:
        return AS_EXPECTED
    count = result.result.get("unexpected_count", result.result.get("observed_value"))
    return "could not be judged" if count is None else f"{count:,} against it"
