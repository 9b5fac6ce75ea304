"""Delta's own table, but for one thing: where its files lie is said as the disk says it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable


class LakeTable(DeltaTable):
    """A table whose folder may have spaces and letters of any language in its name."""

    def file_uris(self, *arguments: Any, **options: Any) -> list[str]:
        """The files of the table: paths on this machine, or URLs.

        The library writes paths as URLs are written (`%20`), and whoever opens one of them, Polars or DuckDB, finds nothing.
        """
        files = super().file_uris(*arguments, **options)
        return [name if "://" in name else unquote(name) for name in files]
