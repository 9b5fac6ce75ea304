"""What every section of the settings has in common: unknown keys are faults, types are taken as written."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A mapping of the settings file that says exactly what is allowed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


Days = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


def digest(text: str) -> str:
    """A short digest that tells one state of the settings from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
