"""The web server: waitress, stopped in an orderly way.

Waitress cuts running requests when a signal ends its loop. So the loop is turned by us: on SIGTERM or SIGINT no new
connection is accepted, running requests are finished, and what the application keeps in memory is written.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import waitress.server

from senfcall_avv.logs import log

if TYPE_CHECKING:
    from senfcall_avv.edge import Edge
    from senfcall_avv.settings import ServerSettings

DRAIN_SECONDS: Final = 15.0
"""Longest wait for running requests: a little more than the longest upstream budget."""


class CannotListen(Exception):
    """The system does not let us have this address; the message is a sentence for people."""


class PortInUse(CannotListen):
    """Another program listens on this address."""


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        # Listening at once tells two programs that start together apart; connections wait until we accept them.
        opened.listen()
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"{host}:{port} is in use by another program.") from error
        raise CannotListen(f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}.") from error
    return opened


def run(app: Edge, opened: socket.socket, settings: ServerSettings, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is running. ``ready`` is called when connections are accepted."""
    trusted: dict[str, Any] = {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_headers": "x-forwarded-for x-forwarded-proto",
    }
    server: Any = waitress.server.create_server(
        app,
        sockets=[opened],
        threads=settings.threads,
        ident="",
        max_request_header_size=16384,
        max_request_body_size=67108864,
        channel_timeout=30,
        connection_limit=500,
        clear_untrusted_proxy_headers=True,
        **(trusted if settings.trusted_proxy else {}),
    )
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()  # a turn that waits for connections goes on waiting after a signal

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        _log_start(app)
        ready()
        while not stopping:
            _turn(server, 0.5)
        _drain(server)
    finally:
        server.task_dispatcher.shutdown()
        app.close()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _log_start(app: Edge) -> None:
    """Write down what is served by which rules: the first thing to look for when behaviour has changed."""
    chosen, policy = app.registry["avv.settings"], app.registry["avv.policy"]
    log.info(
        "app.started",
        environment=chosen.environment,
        revision=policy.revision,
        profiles=list(policy.profiles),
        transport=chosen.upstream.transport,
    )


def _turn(server: Any, timeout: float) -> None:
    server.asyncore.loop(timeout=timeout, map=server._map, use_poll=True, count=1)  # noqa: SLF001  # the only way to turn it ourselves


def _drain(server: Any) -> None:
    server.accepting = False
    server.del_channel()
    server.socket.close()
    end = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < end and any(_busy(channel) for channel in list(server.active_channels.values())):
        _turn(server, 0.1)


def _busy(channel: Any) -> bool:
    return bool(channel.requests) or bool(channel.total_outbufs_len)
