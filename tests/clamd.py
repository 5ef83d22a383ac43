"""A virus scanner for tests: speaks clamd's protocol on a Unix socket, and knows one virus, EICAR's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

VIRUS = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
ANSWERS = {
    "error": b"INSTREAM size limit exceeded. ERROR\0",
    "nonsense": b"stream: perhaps",
    "gone": b"",
}


class Scanner:
    """Answers one connection after the other.

    ``mood``: well, silent (takes all and says nothing), error, nonsense (an answer that never ends) or gone (hangs up).
    """

    def __init__(self, path: Path) -> None:
        self.path, self.mood = path, "well"
        self.scanned: list[bytes] = []
        self._stop = threading.Event()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        with socket.socket(socket.AF_UNIX) as bell:
            bell.connect(str(self.path))
        self._thread.join(5)
        self._server.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection:
                if self._stop.is_set():
                    return
                connection.settimeout(5)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        command = b""
        while not command.endswith(b"\0"):
            command += connection.recv(1)
        if command == b"zPING\0":
            said = b"PONG\0"
        else:
            assert command == b"zINSTREAM\0"
            said = b"stream: Eicar-Test-Signature FOUND\0" if self._receive(connection) else b"stream: OK\0"
        if self.mood == "silent":
            connection.recv(1)  # until the other side hangs up
        else:
            connection.sendall(ANSWERS.get(self.mood, said))

    def _receive(self, connection: socket.socket) -> bool:
        file = connection.makefile("rb")
        data = b""
        while length := int.from_bytes(file.read(4), "big"):
            data += file.read(length)
        self.scanned.append(data)
        return VIRUS in data


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[Scanner]:
    """A scanner that runs."""
    running = Scanner(tmp_path / "clamd.sock")
    yield running
    running.close()
