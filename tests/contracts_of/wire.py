"""A backend at the level of bytes: scripted answers on loopback, and a record of what was asked.

A script is a function that is given one accepted connection (a ``Peer``) and plays the backend on it. The nth
connection gets the nth script, later ones the last. Nothing here waits for a span of time to pass: scripts wait for
bytes, for the client to go, or for an event.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 30.0
"""Seconds after which a wait for an event counts as failed; no test waits for it to pass."""

_TICK: Final = 0.02
"""Seconds between two bytes of a dripping backend."""

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Build a complete answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Peer:
    """The backend's end of one connection."""

    def __init__(self, wire: Wire, connection: socket.socket) -> None:
        self.wire = wire
        self.connection = connection
        self._buffer = b""

    def request(self) -> bytes:
        """Read one request head and put it on the record; empty when the client has gone."""
        while b"\r\n\r\n" not in self._buffer:
            try:
                piece = self.connection.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                return b""
            self._buffer += piece
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        head += b"\r\n\r\n"
        self.wire.note(head)
        return head

    def send(self, data: bytes) -> bool:
        """Send; say whether the client still took it."""
        try:
            self.connection.sendall(data)
        except OSError:
            return False
        return True

    def until_gone(self) -> None:
        """Wait until the client has closed."""
        while True:
            try:
                if not self.connection.recv(65536):
                    return
            except OSError:
                return

    def drip(self, byte: bytes) -> None:
        """Send one byte after the other until the client has closed."""
        while not select.select([self.connection], [], [], _TICK)[0]:
            if not self.send(byte):
                return

    def reset(self) -> None:
        """End the connection with a reset instead of an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()


Script = Callable[[Peer], None]


def always(data: bytes) -> Script:
    """Answer every request on a connection with the same bytes, for as long as the client keeps it."""

    def play(peer: Peer) -> None:
        while peer.request():
            if not peer.send(data):
                return

    return play


def once(data: bytes) -> Script:
    """Answer one request, then close."""

    def play(peer: Peer) -> None:
        if peer.request():
            peer.send(data)

    return play


def once_then_stay(data: bytes) -> Script:
    """Answer one request with bytes that may not end the answer, and say nothing more."""

    def play(peer: Peer) -> None:
        if peer.request():
            peer.send(data)
            peer.until_gone()

    return play


def ok_then(rest: Script) -> Script:
    """Answer the first request well, and play the script for what comes on the same connection afterwards."""

    def play(peer: Peer) -> None:
        if peer.request() and peer.send(OK):
            rest(peer)

    return play


class Wire:
    """The listening backend. ``accepted`` counts connections; ``ended`` those whose script is over."""

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._scripts = scripts
        self._context = context
        self._host = host
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.accepted = 0
        self.ended = 0
        self.greatest = 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]

    @property
    def origin(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._context else 'http'}://{host}:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def note(self, head: bytes) -> None:
        with self._changed:
            self.requests.append(head)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[Wire], bool]) -> None:
        """Wait until the condition holds of this backend. Fails after PATIENCE."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), PATIENCE)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
                self.accepted += 1
                self.greatest = max(self.greatest, self.accepted - self.ended)
                self._connections.append(connection)
                self._changed.notify_all()
            self._start(partial(self._serve, script, connection))

    def _serve(self, script: Script, connection: socket.socket) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                with self._changed:
                    self._connections.append(connection)
            script(Peer(self, connection))
        except OSError:
            pass  # the client refused the handshake, which is often the subject
        finally:
            connection.close()
            with self._changed:
                self.ended += 1
                self._changed.notify_all()
