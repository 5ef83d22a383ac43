"""HTTP/1.1 over plain sockets: exact request lines in, whole answers in one write out, and misbehaviour below HTTP.

A WSGI server hides the socket, and with it resets, dripped bytes and wrong lengths; therefore this small one. Loopback
only. One thread a connection; closing ends them all.
"""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from typing import Final, Self

from senfcall_avv.simulator.app import Simulator
from senfcall_avv.simulator.messages import PHRASES, Answer, Hold, Request, container_error

HOST: Final = "127.0.0.1"
MAX_HEAD: Final = 8192
"""Bytes of request line and headers together, as in BBB's embedded server."""
MAX_BODY: Final = 16 * 1024 * 1024
_LOOK: Final = 0.05
"""Seconds between two looks whether the client of a held answer has gone."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER for no seconds: closing sends RST."""
_LINE_BREAKS: Final = re.compile("[\r\n]")


class _Refused(Exception):
    """The request is not read any further."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        try:
            while self._serve_one():
                pass
        except OSError:
            pass  # the client went away, or we are closing

    def _serve_one(self) -> bool:
        try:
            request, keep = self._read()
        except _Refused as refused:
            self._send(container_error(refused.status), "GET", keep=False)
            return False
        if request is None:
            return False
        answer = self.server.simulator.answer(request)
        if answer.hold is not None and not self._wait(answer.hold):
            return False
        if answer.ending == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.request.close()
            return False
        keep = keep and answer.ending == "keep"
        if not answer.silent:
            self._send(answer, request.method, keep=keep)
        return keep

    def _wait(self, hold: Hold) -> bool:
        """Hold an answer back; False if the client went away meanwhile."""
        left = hold.seconds
        while left is None or left > 0:
            step = _LOOK if left is None else min(_LOOK, left)
            if hold.released.wait(step):
                return True
            if self._client_left():
                return False
            left = None if left is None else left - step
        return True

    def _client_left(self) -> bool:
        """Tell whether there is nobody to answer any more, because the client or this server closes."""
        try:
            waiting: bytes = self.request.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        return not waiting or self.server.closing.is_set()

    def _send(self, answer: Answer, method: str, *, keep: bool) -> None:
        lines = [f"HTTP/1.1 {answer.status} {PHRASES.get(answer.status, 'Unknown')}"]
        lines += [_LINE_BREAKS.sub("", f"{name}: {value}") for name, value in answer.all_headers()]
        lines += [f"Connection: {'keep-alive' if keep else 'close'}", "", ""]
        data = "\r\n".join(lines).encode("latin-1", "replace") + (b"" if method == "HEAD" else answer.body)
        if answer.pace and answer.hold is not None:
            self._drip(data, answer.pace, answer.hold)
        else:
            self.request.sendall(data)

    def _drip(self, data: bytes, pace: float, hold: Hold) -> None:
        for at in range(len(data)):
            if hold.released.is_set():
                self.request.sendall(data[at:])
                return
            self.request.sendall(data[at : at + 1])
            if not self._wait(Hold(hold.released, pace)):
                return

    def _read(self) -> tuple[Request | None, bool]:
        """Read one request, and whether the connection stays open. Raises _Refused for what is not HTTP."""
        line = self.rfile.readline(MAX_HEAD + 1)
        if not line:
            return None, False
        try:
            method, target, version = line.decode("latin-1").split()
        except ValueError:
            raise _Refused(400) from None
        headers = self._read_headers(MAX_HEAD - len(line))
        named = {name.lower(): value for name, value in headers}
        if named.get("expect", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        chunked = "chunked" in named.get("transfer-encoding", "").lower()
        body = self._read_chunks() if chunked else self._read_body(named.get("content-length", "0"))
        wish = named.get("connection", "").lower()
        keep = wish != "close" if version == "HTTP/1.1" else wish == "keep-alive"
        return Request(method, target, headers, body, self.client_address[0], chunked), keep

    def _read_headers(self, room: int) -> tuple[tuple[str, str], ...]:
        headers: list[tuple[str, str]] = []
        while True:
            line = self.rfile.readline(max(room, 0) + 1)
            room -= len(line)
            if line in {b"\r\n", b"\n"}:
                return tuple(headers)
            if room < 0 or not line.endswith(b"\n"):
                raise _Refused(400)
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip(), value.strip()))

    def _read_body(self, length: str) -> bytes:
        if not length.isdecimal():
            raise _Refused(400)
        if int(length) > MAX_BODY:
            raise _Refused(413)
        return self._exactly(int(length))

    def _read_chunks(self) -> bytes:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                raise _Refused(400) from None
            if size < 0 or len(body) + size > MAX_BODY:
                raise _Refused(413)
            if size == 0:
                while self.rfile.readline(1024) not in {b"\r\n", b"\n", b""}:
                    pass
                return body
            body += self._exactly(size)
            self.rfile.readline(1024)

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ConnectionError("the client closed in the middle of a body")
        return body


class _Server(socketserver.TCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, simulator: Simulator, port: int) -> None:
        super().__init__((HOST, port), _Connection)
        self.simulator = simulator
        self._open: dict[socket.socket, threading.Thread] = {}
        """Touched by the accepting thread, and by the closing one when that has ended."""
        self.closing = threading.Event()

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if isinstance(request, tuple):
            raise TypeError("TCP servers get sockets")
        thread = threading.Thread(
            target=self._serve, args=(request, client_address), name="simulated-connection", daemon=True
        )
        thread.start()
        self._open = {known: other for known, other in self._open.items() if other.is_alive()}
        self._open[request] = thread

    def _serve(self, request: socket.socket, client_address: object) -> None:
        try:
            self.finish_request(request, client_address)
        finally:
            self.shutdown_request(request)

    def close_connections(self) -> None:
        """End every connection, held answers included, and wait for their threads."""
        self.closing.set()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it is closed already
        for thread in self._open.values():
            thread.join()


class Running:
    """A simulator that is being served. ``url`` has no final slash."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="simulator", daemon=True
        )
        self.port: int = server.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self.simulator = server.simulator
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end all connections and their threads. Closing twice does nothing."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def serve_in_thread(simulator: Simulator, port: int = 0) -> Running:
    """Serve on loopback; port 0 takes a free one. Raises OSError if the port is in use.

    A simulator without a server URL of its own gets the address at which it is served.
    """
    server = _Server(simulator, port)
    running = Running(server)
    if not simulator.has_own_url:
        simulator.server_url = running.url
    return running
