"""Inspection of a file in a process of its own, which may die without harm.

Parsers of hostile files are the likeliest way into a server. So they run in a child that has no secrets in its
environment, no descriptors but its two pipes, and little time and memory (``inspection``). However it ends, by the
kernel's hand or ours, the answer is a finding.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from senfcall_avv.background import renew_after_fork
from senfcall_avv.documents.findings import DAMAGED, Bounds, Finding, MediaType, Reason, bounds_to_text, unpack

AT_ONCE: Final = 2
WALL_SECONDS: Final = 10.0
WAIT_SECONDS: Final = 20.0
LARGEST_ANSWER: Final = 64 * 1024 * 1024
_PROGRAM: Final = (sys.executable, "-I", "-m", "senfcall_avv.documents.inspection")
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8"}


class _Busy(Exception):
    """All places stayed taken."""


class Places:
    """The places for inspections in this process."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Free all places, as a forked child has no inspections of its own."""
        self._free = threading.BoundedSemaphore(self._number)

    @contextmanager
    def one(self, wait_seconds: float) -> Iterator[None]:
        """Hold a place. Raises _Busy where none becomes free in time."""
        free = self._free
        if not free.acquire(timeout=wait_seconds):
            raise _Busy
        try:
            yield
        finally:
            free.release()


_PLACES: Final = Places(AT_ONCE)


def inspect_apart(media_type: MediaType, data: bytes, bounds: Bounds, *, wait_seconds: float = WAIT_SECONDS) -> Finding:
    """Inspect a file in a child process. Never raises for what the file does.

    ``broken``: two inspections were running all the time that one may wait; the person may try again.
    """
    try:
        with _PLACES.one(wait_seconds):
            answer = run([*_PROGRAM, media_type.value, bounds_to_text(bounds)], data)
    except _Busy:
        return Finding(Reason.BROKEN)
    try:
        return unpack(answer)
    except (ValueError, RecursionError):
        return DAMAGED


def run(command: list[str], data: bytes, wall_seconds: float = WALL_SECONDS) -> bytes:
    """Give a program its input and return what it wrote; empty if it failed, took too long or wrote too much.

    The program must read all of its input before it writes: then neither of the two pipes can fill while the other
    side waits. One that breaks this rule is stopped by the clock.
    """
    with subprocess.Popen(  # noqa: S603  # our own program, by its full path
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
    ) as process:
        clock = threading.Timer(wall_seconds, process.kill)
        clock.daemon = True
        clock.start()
        try:
            answer = _exchange(process, data)
            if len(answer) > LARGEST_ANSWER:
                return b""
            return answer if process.wait() == 0 else b""
        finally:
            clock.cancel()
            process.kill()


def _exchange(process: subprocess.Popen[bytes], data: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:  # it died before it had read everything
        with suppress(BrokenPipeError):  # what stayed in the buffer can't be flushed either
            process.stdin.close()
        return b""
    return process.stdout.read(LARGEST_ANSWER + 1)
