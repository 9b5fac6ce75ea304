"""Reading a settings file: all that is wrong with it is told at once."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from pipelines.errors import SettingsError
from pipelines.settings.messages import guess, line, shown
from pipelines.settings.model import PRIVACY_KEY, Settings
from pipelines.settings.secrets import expanded, secret
from schemas.catalogue import FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipelines.settings.sources import Source

# Of these signs Spark makes a pattern out of a path.
_WILD = "*?[]{}\\"
_POSTGRES = re.compile(r"postgres(ql)?://.")


def load(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        SettingsError: the file cannot be read or something in it is not allowed; one line per fault.
    """
    data = _parsed(path)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        lines = [line(path, fault, data) for fault in error.errors()]
        raise SettingsError("\n".join(dict.fromkeys(lines))) from None
    settings._folder = path.resolve().parent  # noqa: SLF001 - set once, here
    faults = [
        *_variable_faults(settings),
        *_lake_faults(settings),
        *_feed_faults(settings),
        *_key_faults(settings),
        *_publish_faults(settings),
    ]
    if settings.engine == "spark" and find_spec("pyspark") is None:
        faults.append(
            "engine: found spark, allowed: polars, until pyspark is there: pip install 'pyspark[connect]==4.3.*'"
        )
    if faults:
        raise SettingsError("\n".join(f"{path}: {fault}" for fault in faults))
    return settings


def _parsed(path: Path) -> Any:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: there is no such settings file; `kehu demo DIR` writes one to start from"
        ) from None
    except IsADirectoryError:
        raise SettingsError(f"{path}: found a directory, allowed: a YAML file") from None
    except PermissionError:
        raise SettingsError(f"{path}: no permission to read it") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        quotes = "; a value that holds { or } stands in quotes" if "'{'" in problem else ""
        raise SettingsError(f"{path}: {where}{problem}{quotes}") from None
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: found {shown(data)}, allowed: a mapping of settings")
    return data


def _variable_faults(settings: Settings) -> Iterator[str]:
    """Variables that the environment lacks; those of channels are told with the channel."""
    urls = {"spark.remote": settings.spark.remote if settings.engine == "spark" else None}
    paths = {"lake": settings.lake, "publish.duckdb": settings.publish.duckdb}
    for feed, sources in settings.feeds.items():
        for place, source in _placed(feed, sources):
            urls[f"{place}.database"] = source.database
            paths[f"{place}.path"] = source.path
            paths |= {f"{place}.files.{name}": path for name, path in (source.files or {}).items()}
    for place, value in (urls | paths).items():
        try:
            known = secret(value or "")
            if place in paths:
                expanded(known)
        except SettingsError as error:
            yield f"{place}: {error}"


def _placed(feed: str, sources: list[Source]) -> Iterator[tuple[str, Source]]:
    """The sources of a feed, each with its key path."""
    for number, source in enumerate(sources):
        yield f"feeds.{feed}" if len(sources) == 1 else f"feeds.{feed}.{number}", source


def _lake_faults(settings: Settings) -> list[str]:
    """Who reads a table below a folder named key=value takes it for a part of the table, and the value for a column's."""
    try:
        folders = settings.lake_root.split("/")
    except SettingsError:  # told with all variables that are not set
        return []
    faults = [
        f"lake: found the folder {folder}, allowed: a path without =, which readers take for a column"
        for folder in folders
        if "=" in folder
    ]
    return faults + (_spark_faults(folders) if settings.engine == "spark" else [])


def _spark_faults(folders: list[str]) -> list[str]:
    """What a lake's place means to Spark and not to anything else."""
    faults = [
        f"lake: found the folder {folder}, allowed with engine: spark: a path without any of {' '.join(_WILD)}, which Spark "
        "takes for many folders"
        for folder in folders
        if any(sign in folder for sign in _WILD)
    ]
    if folders[0] in {"az:", "azure:", "adl:"}:
        faults.append(
            f"lake: found {folders[0]}//, allowed with engine: spark: abfss://, as Spark calls it"
        )
    return faults


def _feed_faults(settings: Settings) -> list[str]:
    """What the model cannot know: which feeds there are, and which columns each has."""
    faults = [
        f"feeds.{name}: missing, allowed: this feed is required"
        for name, feed in FEEDS.items()
        if feed.is_required and name not in settings.feeds
    ]
    for name, sources in settings.feeds.items():
        if name not in FEEDS:
            faults.append(f"feeds.{name}: unknown feed{guess(name, list(FEEDS))}")
            continue
        for place, source in _placed(name, sources):
            for kind in ("columns", "values"):
                faults += [
                    f"{place}.{kind}.{column}: unknown column{guess(column, FEEDS[name].names)}"
                    for column in getattr(source, kind)
                    if column not in FEEDS[name].names
                ]
    return faults


def _key_faults(settings: Settings) -> list[str]:
    """Pseudonyms without a key can be had by anybody who guesses the value."""
    if os.environ.get(PRIVACY_KEY, "").strip():
        return []
    return [
        f"privacy.mask.{column}: pseudonym needs a key: the environment variable {PRIVACY_KEY} is not set or empty"
        for column, mask in settings.privacy.mask.items()
        if mask == "pseudonym"
    ]


def _publish_faults(settings: Settings) -> list[str]:
    """What would be found out only after all has been computed."""
    if settings.publish.postgres is None:
        return []
    try:
        url = secret(settings.publish.postgres)
    except SettingsError as error:
        return [f"publish.postgres: {error}"]
    if _POSTGRES.match(url):
        return []
    told = "holds no URL such as postgresql://user:password@host/database"
    return [f"publish.postgres: {settings.publish.postgres} {told}"]
