"""What can go wrong, in words for people: name, place, what was found, what is allowed.

A message never holds a value of a row: it goes into logs, and some values are personal.
"""

import re
from collections.abc import Collection


class KehuError(Exception):
    """Any mistake that is the user's to mend; its text is all that is shown."""

    # Whether it may be gone in a moment: then another try is worth it (assets/retries.py).
    passes = False


class SettingsError(KehuError):
    """The settings file, or an option of a command, is wrong: nothing was done."""


class DeliveryError(KehuError):
    """A delivery cannot be read: none of it was loaded, everything else stands."""


class AwayError(DeliveryError):
    """A database cannot be reached: it may be back in a moment."""

    passes = True


class LakeError(KehuError):
    """The lake cannot be read or written as it should."""


class ConflictError(LakeError):
    """Another writer was first: what was computed from the state before it was not written."""

    passes = True


class EngineError(KehuError):
    """The engine cannot be reached, or could not compute: what was there before still stands."""


class MonthsError(KehuError):
    """A run's months cannot be computed before others: nothing was done."""


class HomeError(KehuError):
    """Dagster's home, where runs are remembered, cannot be written."""


class PublishError(KehuError):
    """Publication failed: what was published before still stands."""


def own_names() -> set[str]:
    """The names of all classes of errors in this module."""
    names, kinds = set(), [KehuError]
    while kinds:
        kind = kinds.pop()
        names.add(kind.__name__)
        kinds += kind.__subclasses__()
    return names


def first_line(error: Exception) -> str:
    """The first line of a library's message, the driver's own where there is one: the rest is advice on its options."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def causes(error: Exception) -> str:
    """What a library's message says first and last, where it tells of an error down to its cause in a line each."""
    lines = re.sub(r"\x1b\[\d*m|↳", "", str(error)).strip().splitlines() or [type(error).__name__]
    return ": ".join(dict.fromkeys((lines[0].strip(), lines[-1].strip())))


# A quotation or an enumeration; the apostrophe of "can't" opens none. One that never ends reaches to the end.
_QUOTED = re.compile(r"""(?<!\w)(['"`])(.*?)(?:\1(?!\w)|$)|\[.*|0x.*""")
_TYPE = re.compile(r"str|bool|date|time|binary|[iuf]\d+|(datetime|duration|decimal|list)\[[^\]]*\]")


def without_values(error: Exception, words: Collection[str]) -> str:
    """The first line of a library's message up to what it quotes from the data.

    `words`: those of the settings and declarations. A quotation made of them alone, or of a type, may stay.
    """
    line = first_line(error)
    if isinstance(error, OSError):  # it knows paths, not rows
        return line
    for found in _QUOTED.finditer(line):
        quoted = found.group(2) or ""
        if not (made_of(words, quoted) or _TYPE.fullmatch(quoted)):
            return f"{line[: found.start()]}..."
    return line


def made_of(words: Collection[str], text: str) -> bool:
    """Whether a text consists of these words alone."""
    return {*re.findall(r"\w+", text)} <= {*words} and bool(text.strip())
