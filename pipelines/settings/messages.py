"""Faults as lines for people: the file, the key path, what was found, what is allowed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from pipelines.settings.model import Settings
from pipelines.settings.secrets import URL, VARIABLE, without_secrets
from pipelines.settings.sources import ColumnMapping, Source

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


def line(path: Path, fault: Any, data: Any) -> str:
    """One fault as a line: file, key path, found, allowed."""
    place = _place(fault["loc"], data)
    key = ".".join(str(part) for part in place)
    if fault["type"] == "missing":
        return f"{path}: {key}: missing, allowed: this key is required"
    if fault["type"] == "extra_forbidden":
        return f"{path}: {key}: unknown key{_nearest(place)}"
    is_secret = key == "publish.postgres" or place[:1] == ["notify"]
    found = _shown_secret(fault["input"]) if is_secret else shown(fault["input"])
    return f"{path}: {key or 'settings'}: found {found}, allowed: {_allowed(fault, place)}"


def _place(loc: Any, data: Any) -> list[Any]:
    """The key path as the file has it: the only source of a feed has no number there."""
    place = [
        part for part in loc if not (isinstance(part, str) and ("(" in part or part == "[key]"))
    ]
    if (
        place[:1] == ["feeds"]
        and place[2:3] == [0]
        and not isinstance(data["feeds"][place[1]], list)
    ):
        del place[2]
    return place


def _allowed(fault: Any, place: list[Any]) -> str:
    context = fault.get("ctx") or {}
    if fault["type"] == "value_error":
        return str(context["error"])
    if "expected" in context:
        return str(context["expected"])
    model = _model_of(place[:-1])
    field = model.model_fields.get(str(place[-1])) if model and place else None
    if field is not None and field.annotation in (int, float):
        return number(field)
    return _KINDS.get(fault["type"], str(fault["msg"]))


def number(field: Any) -> str:
    """Which numbers a field takes."""
    kind = "a whole number" if field.annotation is int else "a number"
    bounds = {
        name: f"{getattr(one, name):g}"
        for one in field.metadata
        for name in ("ge", "gt", "le")
        if getattr(one, name, None) is not None
    }
    match bounds:
        case {"ge": low, "le": high}:
            return f"{kind} from {low} to {high}"
        case {"gt": low, "le": high}:
            return f"{kind} more than {low} and at most {high}"
        case {"gt": low}:
            return f"{kind} more than {low}"
        case {"ge": low}:
            return f"{kind} of at least {low}"
    return kind


def _nearest(place: list[Any]) -> str:
    """The allowed key that the unknown one most resembles, and all that are allowed there."""
    model = _model_of(place[:-1])
    return guess(str(place[-1]), list(model.model_fields)) if model else ""


def _model_of(place: list[Any]) -> Any:
    """The model that a key path leads to; None for a mapping without one."""
    model: Any = Settings
    for part in place:
        if model is Settings and part == "feeds":
            model = Source if len(place) > 1 else None
        elif model is Source and part == "columns":
            model = ColumnMapping
        elif model not in (Source, ColumnMapping, None):
            field = model.model_fields.get(str(part))
            kind = field.annotation if field else None
            model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return model


def shown(value: object) -> str:
    """A value as a message may show it: on one line, and without secrets."""
    if value is None:
        return "nothing"
    text = without_secrets(repr(value) if not isinstance(value, str) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - a line's worth


def _shown_secret(value: object) -> str:
    """A URL that is written out is a secret: of it the scheme, of a variable its name."""
    text = shown(value)
    scheme = URL.match(text)
    if value is None or VARIABLE.match(text):
        return text
    return f"{scheme.group()}..." if scheme else "..."


def guess(name: str, allowed: list[str]) -> str:
    """What an unknown name may have been meant for, and all that are allowed."""
    close = get_close_matches(name, allowed, n=1)
    guess = f", did you mean {close[0]}?" if close else ","
    return f"{guess} allowed: {', '.join(allowed)}"
