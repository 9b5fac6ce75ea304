"""Imports the dashboards into a Superset that runs: `python -m dashboards.superset.load`.

Reads from the environment: SUPERSET_URL, SUPERSET_USER and SUPERSET_PASSWORD of somebody who may import, and KEHU_BI_URL,
the database as a reader sees it (postgresql://user:password@host/database). What was imported before is replaced.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from typing import Any

import requests
import yaml

from dashboards.superset.build import DATABASE_FILE, files

_NEEDED = ("SUPERSET_URL", "SUPERSET_USER", "SUPERSET_PASSWORD", "KEHU_BI_URL")
_SECONDS = 300
_OK = 200


def load(site: str, user: str, password: str, database: str) -> None:
    """Send everything; Superset takes all of it or nothing.

    Raises:
        requests.RequestException: Superset is not there, or refuses.
    """
    session, api = signed_in(site, user, password)
    bundle = {"bundle": ("kehu.zip", bundled(database), "application/zip")}
    answer(session.post(f"{api}/assets/import/", files=bundle, timeout=_SECONDS))


def signed_in(site: str, user: str, password: str) -> tuple[requests.Session, str]:
    """A session that may write, and where the API begins."""
    session, api = requests.Session(), f"{site.rstrip('/')}/api/v1"
    login = {"username": user, "password": password, "provider": "db"}
    token = answer(session.post(f"{api}/security/login", json=login, timeout=_SECONDS))
    session.headers["Authorization"] = f"Bearer {token['access_token']}"
    csrf = answer(session.get(f"{api}/security/csrf_token/", timeout=_SECONDS))
    session.headers.update({"X-CSRFToken": csrf["result"], "Referer": site})
    return session, api


def bundled(database: str) -> bytes:
    """The zip file that Superset imports, with the address of the database in it."""
    made = files()
    connection = yaml.safe_load(made[DATABASE_FILE])
    scheme = connection["sqlalchemy_uri"]
    connection["sqlalchemy_uri"] = scheme + database.partition("://")[2]
    made[DATABASE_FILE] = yaml.safe_dump(connection)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in made.items():
            archive.writestr(f"kehu/{name}", text)
    return buffer.getvalue()


def answer(response: requests.Response) -> Any:
    """What Superset answers.

    Raises:
        requests.HTTPError: it refuses, and says why.
    """
    if response.status_code != _OK:
        raise requests.HTTPError(f"{response.status_code}: {response.text[:500]}")
    return json.loads(response.text)


def main() -> int:
    """Import, or say in one line why not."""
    missing = [name for name in _NEEDED if not os.environ.get(name)]
    if missing:
        sys.stderr.write(f"not set: {', '.join(missing)}\n")
        return 2
    site, user, password, database = (os.environ[name] for name in _NEEDED)
    try:
        load(site, user, password, database)
    except requests.RequestException as error:
        sys.stderr.write(f"Superset at {site}: {error}\n")
        return 1
    sys.stdout.write(f"imported: {site.rstrip('/')}/dashboard/list/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
