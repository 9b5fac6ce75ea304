"""Real receivers of messages for tests, on the loopback: of HTTP posts, of mail; and servers that never answer."""

from __future__ import annotations

import email
import json
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

HOST = "127.0.0.1"


@dataclass
class Posts:
    """What was posted to a receiver, and what it answers: `answers` in turn, then 200 and `text`."""

    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    text: str = "ok"

    def taken(self) -> list[dict[str, Any]]:
        """The bodies since the last call."""
        bodies, self.bodies = self.bodies, []
        return bodies


@contextmanager
def http() -> Iterator[Posts]:
    """A receiver of JSON posts."""
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(posts.answers.pop(0) if posts.answers else 200)
            self.end_headers()
            self.wfile.write(posts.text.encode())

        def log_message(self, *_: object) -> None:
            """Standard error is what tests look at."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        posts.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield posts
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Mails:
    """The mails that a receiver took."""

    port: int
    taken: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name there
        """Take a mail."""
        self.taken.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


class _OnSocket(Controller):
    """Listens on a socket that is bound already: nobody else can take its port."""

    def __init__(self, handler: Any, listening: socket.socket) -> None:
        super().__init__(handler, hostname=HOST, port=listening.getsockname()[1])
        self._listening = listening

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@contextmanager
def mail() -> Iterator[Mails]:
    """A receiver of mail."""
    listening = socket.create_server((HOST, 0))
    mails = Mails(listening.getsockname()[1])
    controller = _OnSocket(mails, listening)
    controller.start()
    try:
        yield mails
    finally:
        controller.stop()


@contextmanager
def refusing() -> Iterator[int]:
    """A port that refuses every connection: it is bound, and nobody listens."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield bound.getsockname()[1]


@contextmanager
def hanging(*, trickles: bool = False) -> Iterator[int]:
    """The port of a server that takes connections and never answers; `trickles`: byte by byte, without end."""
    ended = Event()
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(0.01)
        thread = Thread(target=_hold, args=(server, ended, trickles))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _hold(server: socket.socket, ended: Event, trickles: bool) -> None:
    held = []
    while not ended.is_set():
        with suppress(TimeoutError):
            taken, _ = server.accept()
            taken.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" if trickles else b""
            )
            held.append(taken)
        for one in held if trickles else []:
            with suppress(OSError):
                one.sendall(b"x")
        time.sleep(0.01)
    for one in held:
        one.close()
