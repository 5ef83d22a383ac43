"""The product behind its real web server, for tests that send exact bytes."""

from __future__ import annotations

import http.client
import io
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import waitress.server

from senfcall_avv import logs
from senfcall_avv.edge import Edge


class Reply(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def captured_log() -> Iterator[io.StringIO]:
    """Take what the application logs, and leave the standard library's loggers as they were."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logs.configure()


@contextmanager
def serving(app: Edge, opened: socket.socket) -> Iterator[None]:
    """Serve in a thread on a socket that listens already, until the block ends."""
    server: Any = waitress.server.create_server(app, sockets=[opened], threads=4, ident="")
    ended = threading.Event()

    def turn() -> None:
        while not ended.is_set():
            server.asyncore.loop(timeout=30, map=server._map, count=1)

    thread = threading.Thread(target=turn, name="waitress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)


def exchange(
    netloc: str, method: str, target: str, headers: dict[str, str] | None = None, body: bytes | None = None
) -> Reply:
    """Send a request whose target stays as it stands, and read the answer. No redirect is followed."""
    connection = http.client.HTTPConnection(netloc, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.headers), answer.read())
    finally:
        connection.close()
