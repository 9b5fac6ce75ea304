"""Where deliveries lie: files of this machine's, and objects of a store (`s3://`, `gs://`, `az://`).

Who asks for a file is given one that knows its name, tells its state, and comes to the local disk when it is to be read.
A store's credentials stand in the environment alone, under the names that its own tools use.
"""

from __future__ import annotations

import glob
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipelines.errors import DeliveryError, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ObjectStore

_STORE = re.compile(r"(?P<store>\w+://[^/]+/)(?P<key>.*)")
# Where a path leaves open which file is meant.
WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class LocalFile:
    """A file of this machine's."""

    path: Path

    @property
    def place(self) -> str:
        """Its path as text."""
        return str(self.path)

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return self.path.name

    @property
    def state(self) -> str:
        """Size and time of change; what is not there has none, and fails when it is read."""
        try:
            found = self.path.stat()
        except OSError:
            return "absent"
        return f"{found.st_size}|{found.st_mtime_ns}"

    def fetched(self, scratch: Path) -> Path:  # noqa: ARG002 - a stored file needs it
        """Where it can be read."""
        return self.path


@dataclass(frozen=True)
class StoredFile:
    """An object of a store. `state`: size and ETag; what is not there has none, and fails when it is read."""

    place: str
    state: str = "absent"

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return self.place.rpartition("/")[2]

    def fetched(self, scratch: Path) -> Path:
        """A copy of it on the local disk.

        Raises:
            DeliveryError: it is not there, or the store cannot be asked.
        """
        import obstore

        store, key = _split(self.place)
        target = Path(tempfile.mkdtemp(dir=scratch)) / self.name
        with _asking(self.place), target.open("wb") as file:
            for chunk in obstore.get(_store(store), key):
                file.write(chunk)
        return target


File = LocalFile | StoredFile


def file_at(place: str) -> File:
    """The file of this path or URL, whether it is there or not."""
    if "://" not in place:
        return LocalFile(Path(place))
    return next(iter(files_like(glob.escape(place))), StoredFile(place))


def files_like(pattern: str) -> list[File]:
    """The files that a path or URL with wildcards matches, by name; a wildcard reaches over no `/`.

    Raises:
        DeliveryError: the store cannot be asked.
    """
    if "://" not in pattern:
        return [LocalFile(Path(name)) for name in sorted(glob.glob(pattern))]
    import obstore

    store, wanted = _split(pattern)
    before = WILD.split(wanted)[0].rpartition("/")[0]
    with _asking(pattern):
        found = [one for page in obstore.list(_store(store), before or None) for one in page]
    return [
        StoredFile(f"{store}{one['path']}", f"{one['size']}|{one['e_tag']}")
        for one in sorted(found, key=lambda one: one["path"])
        if PurePosixPath(f"/{one['path']}").match(f"/{wanted}")
    ]


def must_have_folder(place: str) -> None:
    """A folder that is gone is another thing than one without news; a store has no folders.

    Raises:
        DeliveryError: there is no such folder.
    """
    folder = Path(f"{re.split('[*?[{]', place)[0]}x").parent
    if "://" not in place and not folder.is_dir():
        raise DeliveryError(f"{folder}: there is no such folder")


def _split(url: str) -> tuple[str, str]:
    """The store of a URL and the key in it.

    Raises:
        DeliveryError: it is no URL of a store.
    """
    found = _STORE.fullmatch(url)
    if found is None:
        raise DeliveryError(f"{url}: allowed: a path, or a URL such as s3://bucket/folder/file.csv")
    return found["store"], found["key"]


@lru_cache
def _store(url: str) -> ObjectStore:
    from obstore.store import from_url

    return from_url(url)


@contextmanager
def _asking(place: str) -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except (FileNotFoundError, NotFoundError):
        raise DeliveryError(f"{place}: there is no such file") from None
    except (BaseError, ValueError) as error:
        raise DeliveryError(f"{place}: cannot be asked ({first_line(error)})") from None
