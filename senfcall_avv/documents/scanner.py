"""The virus scanner: clamd on a local socket, asked by its INSTREAM command. Without a socket nothing is scanned.

A scanner that is silent, slow or says anything but its two verdicts counts as not available; whether a file is then
refused is for the operator to say.
"""

from __future__ import annotations

import socket
import time
from enum import StrEnum
from pathlib import Path
from typing import Final

CHUNK_BYTES: Final = 256 * 1024
LONGEST_ANSWER: Final = 4096
CLEAN: Final = b"stream: OK"


class Scan(StrEnum):
    """What is known about viruses in a file."""

    CLEAN = "clean"
    FOUND = "found"
    NOT_AVAILABLE = "not_available"


def scan(data: bytes, scanner: Path | None, seconds: float) -> Scan:
    """Ask the scanner about a file; ``seconds`` is all the time that it gets. Never raises."""
    if scanner is None:
        return Scan.NOT_AVAILABLE
    try:
        answer = _ask(scanner, _as_stream(data), seconds)
    except OSError:
        return Scan.NOT_AVAILABLE
    if answer == CLEAN:
        return Scan.CLEAN
    return Scan.FOUND if answer.startswith(b"stream: ") and answer.endswith(b" FOUND") else Scan.NOT_AVAILABLE


def is_available(scanner: Path, seconds: float) -> bool:
    """Say whether the scanner answers at all, for the health of an installation."""
    try:
        return _ask(scanner, [b"zPING\0"], seconds) == b"PONG"
    except OSError:
        return False


def _as_stream(data: bytes) -> list[bytes]:
    """Write clamd's command: chunks, each after its length in four bytes, and a length of nought at the end."""
    parts = [b"zINSTREAM\0"]
    for start in range(0, len(data), CHUNK_BYTES):
        chunk = data[start : start + CHUNK_BYTES]
        parts += [len(chunk).to_bytes(4, "big"), chunk]
    return [*parts, bytes(4)]


def _ask(scanner: Path, parts: list[bytes], seconds: float) -> bytes:
    """Send a command and give the answer without its closing zero byte. Raises OSError, TimeoutError included."""
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_left(end))
        connection.connect(str(scanner))
        for part in parts:
            connection.settimeout(_left(end))
            connection.sendall(part)
        answer = b""
        while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
            connection.settimeout(_left(end))
            piece = connection.recv(LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
    return answer.partition(b"\0")[0].strip()


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
