"""The channels of notices: DingTalk, WeCom, Feishu, Slack, mail, webhooks, by URL; apprise does the sending.

Belongs here: everything that knows a channel's URL. It is a secret: of it, nothing but the scheme is told to anybody.
"""

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from queue import Empty, SimpleQueue
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pipelines.errors import SettingsError
from pipelines.settings import secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apprise import AppriseResult, NotifyBase, NotifyLogEntry

# Apprise waits seconds for a connection and for each read, and tries again this often after so many seconds: a URL may say
# otherwise by cto, rto, retry, wait. All of it together takes no longer than _SECONDS.
_RETRIES, _WAIT = 2, 2.0
_SECONDS = 60.0
_ERROR = re.compile(r"error=(\d+)")


@dataclass(frozen=True)
class Channel:
    """One channel of the settings. `key` tells its URL from others; `room`: how many bytes a message may have."""

    name: str
    key: str
    room: int
    _service: NotifyBase = field(repr=False)

    def send(self, title: str, body: str, seconds: float | None = None) -> str:
        """Send a plain text within so many seconds; returns why it did not arrive, "" where it did."""
        seconds = seconds or _SECONDS
        apprise = _apprise()
        sender = apprise.Apprise(self._service, asset=self._service.asset)
        answer: SimpleQueue[AppriseResult] = SimpleQueue()

        def wait() -> None:
            answer.put(sender.notify(body, title, notify_type="warning", body_format="text"))

        # A daemon: the threads with which apprise keeps a deadline let no process end while a channel trickles on.
        Thread(target=wait, daemon=True).start()
        try:
            result = answer.get(timeout=seconds)
        except Empty:
            return f"no answer within {seconds:.0f} seconds"
        has_arrived = any(attempt for service in result for attempt in service)
        return "" if has_arrived else _why(result.logs())


def channels_of(notify: list[str]) -> tuple[list[Channel], list[str]]:
    """The channels that the setting `notify` names, and what is wrong with those that cannot be used, a line each."""
    channels, faults = [], []
    for number, value in enumerate(notify, start=1):
        try:
            url = secret(value).strip()
        except SettingsError as error:
            faults.append(f"notice: channel {number}: {error}")
            continue
        service = _apprise().Apprise.instantiate(url, asset=_asset())
        if service is None:
            faults.append(f"notice: channel {number}: {value} holds no URL that apprise can use")
            continue
        name = f"channel {number} ({url.partition(':')[0]})"
        channels.append(Channel(name, _key(url), service.body_maxlen, service))
    return channels, faults


def _key(url: str) -> str:
    """A digest that is slow to make: a password in the URL is not found by trying."""
    return hashlib.scrypt(url.encode(), salt=b"kehu/notices", n=2**14, r=8, p=1, dklen=16).hex()


def _why(logs: Iterable[NotifyLogEntry]) -> str:
    """Apprise's messages name hosts and addresses: only the number of an error is taken from them."""
    codes = [found[1] for entry in logs if (found := _ERROR.search(entry.message))]
    return f"it answered with error {codes[-1]}" if codes else "not reached, or it took no message"


def _asset() -> Any:
    return _apprise().AppriseAsset(
        app_id="Kehu",
        app_desc="Kehu",
        service_timeout=0,
        default_service_retry=_RETRIES,
        default_service_wait=_WAIT,
    )


@cache
def _apprise() -> Any:
    """The library: imported late, since it is slow, and kept from writing to anybody's log."""
    import apprise
    from apprise.plugins import dingtalk, wecombot

    logging.getLogger(apprise.LOGGER_NAME).propagate = False
    for plugin in (dingtalk, wecombot):
        _heed_errcode(plugin)
    return apprise


def _heed_errcode(plugin: Any) -> None:
    """Have a plugin see a refusal: these robots answer HTTP 200 and an errcode, which apprise 2.3 takes for success."""
    requests = plugin.requests

    def post(*args: Any, **kwargs: Any) -> Any:
        response = requests.post(*args, **kwargs)
        with suppress(KeyError, TypeError, ValueError):  # no JSON, or none of theirs
            response.status_code = response.json()["errcode"] or response.status_code
        return response

    plugin.requests = SimpleNamespace(**{**vars(requests), "post": post})
