"""What the settings file leaves to the environment, and what no message may show."""

from __future__ import annotations

import os
import re

from pipelines.errors import SettingsError

URL = re.compile(r"^[a-z][a-z0-9+]*://")
VARIABLE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*$")
_BEHIND_SCHEME = re.compile(r"(\w://)[^\s'\"]+")


def secret(value: str) -> str:
    """A value of the settings, or of the environment where it says `env:NAME`.

    Raises:
        SettingsError: the environment has no such variable.
    """
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise SettingsError(f"{value}: the environment variable {name} is not set")
    return os.environ[name]


def without_secrets(text: str) -> str:
    """The text with its URLs cut after the scheme: a password, a token or a key may stand anywhere behind it."""
    return _BEHIND_SCHEME.sub(r"\1...", text)


def expanded(path: str) -> str:
    """The path with $NAME taken from the environment."""
    expanded = os.path.expandvars(path)
    left = re.search(r"\$\{?(\w+)", expanded)
    if left:
        raise SettingsError(
            f"{without_secrets(path)}: the environment variable {left.group(1)} is not set"
        )
    return expanded
