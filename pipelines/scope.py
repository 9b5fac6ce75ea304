"""What a run computes of its months, and how a month is marked meanwhile."""

from __future__ import annotations

from typing import Literal, NamedTuple

# What a month is of while nothing says of which inputs all its tables are.
UNKNOWN = ""
# Before the inputs of a month that is being computed, or that a run left half-computed; between them stands by whom.
_BEGUN = "~"
_BY = ":"


class Scope(NamedTuple):
    """What a run computes: every rollup and report; what another such run left undone; some tables.

    `begun_by`: the run that began the months, itself or the one whose rest it computes; nobody else may finish them.
    """

    extent: Literal["whole", "rest", "part"]
    begun_by: str = ""

    def begun(self, before: str | None, inputs: str) -> str:
        """How a month is marked of which something is about to be written, where `before` stood.

        The rest of a run is of the same inputs, and nobody else began anew meanwhile, or of unknown ones; of a part of the
        tables nothing follows for the others.
        """
        mark = f"{_BEGUN}{self.begun_by}{_BY}{inputs}"
        is_known = self.extent == "whole" or (self.extent == "rest" and before == mark)
        return mark if is_known else UNKNOWN

    def shown(self, mark: str) -> str:
        """Of which inputs a month is whose tables are written; one that a run left half-computed only those finish who go on from it."""
        if not mark.startswith(_BEGUN):
            return mark
        begun_by, _, inputs = mark.removeprefix(_BEGUN).partition(_BY)
        return inputs if self.extent != "part" and begun_by == self.begun_by else UNKNOWN


PART = Scope("part")
