"""The product on a socket: bytes out, bytes back."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

from senfcall_avv.bbb.checksum import sign
from senfcall_avv.simulator.app import Simulator

HOST = "avv.example.org"


class Answer(NamedTuple):
    """The first answer on a connection, and whatever came behind it."""

    status: int
    headers: dict[str, str]
    body: bytes
    rest: bytes

    @property
    def outcome(self) -> str:
        if b"<returncode>SUCCESS</returncode>" in self.body:
            return "SUCCESS"
        found = re.search(rb"<messageKey>(.*?)</messageKey>", self.body)
        return found[1].decode() if found else ""


class Served(NamedTuple):
    """A running product: its port, an organisation's key and secret, and its backend."""

    port: int
    key: str
    secret: bytes
    simulator: Simulator

    def signed(self, query: bytes, call: str = "create") -> bytes:
        checksum = sign(call, "", query + self.secret)
        return query + b"&checksum=" * bool(query) + b"checksum=" * (not query) + checksum.encode()

    def target(self, query: bytes, call: str = "create") -> bytes:
        return f"/b/{self.key}/bigbluebutton/api/{call}?".encode() + self.signed(query, call)

    def exchange(self, data: bytes) -> Answer:
        """Send bytes, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            try:
                connection.sendall(data)
                return _answer(_everything(connection))
            except ConnectionError:
                return Answer(0, {}, b"", b"")

    def get(self, target: bytes, *headers: bytes, method: bytes = b"GET", host: bytes | None = HOST.encode()) -> Answer:
        lines = [method + b" " + target + b" HTTP/1.1", b"Connection: close", *headers]
        if host is not None:
            lines.insert(1, b"Host: " + host)
        return self.exchange(b"\r\n".join([*lines, b"", b""]))


def _everything(connection: socket.socket) -> bytes:
    read = b""
    while piece := connection.recv(65536):
        read += piece
    return read


def _answer(data: bytes) -> Answer:
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    length = int(headers.get("content-length", 0))
    return Answer(int(lines[0].split()[1]), headers, rest[:length], rest[length:])
