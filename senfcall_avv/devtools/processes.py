"""The processes that the demonstration starts beside its own, and what signals do to all of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Self


class NotStarted(Exception):
    """A process ended before it was ready; the message names it."""


class Companion:
    """A module of ours, run by this Python in a process of its own, which prints a line when it is ready."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = name
        self._process = subprocess.Popen(  # noqa: S603  # our own modules, numbers and addresses of our own settings
            [sys.executable, "-m", *arguments], env={**os.environ, **environment}, stdout=subprocess.PIPE
        )

    def wait_until_ready(self) -> None:
        """Wait for its line. Raises NotStarted."""
        if self._process.stdout is None or not self._process.stdout.readline():
            raise NotStarted(self._name)

    def close(self) -> None:
        """End it. Ctrl-C has reached it already, a signal to us alone has not."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def worker(config: Path | None, settings: Mapping[str, str]) -> Companion:
    """Start ``avv worker`` with an ini file and settings that replace some of it, unless the environment has them."""
    chosen = ("--config", str(config)) if config else ()
    replaced = {name.upper().replace(".", "_"): value for name, value in settings.items()}
    return Companion("worker", ("senfcall_avv", *chosen, "worker"), replaced | dict(os.environ))


class Leaving:
    """SIGTERM and SIGINT before and after the server runs: they end this process by unwinding it, never half way.

    Inside the block a signal is remembered until ``allow`` is called, and ignored after ``forbid``.
    """

    def __init__(self) -> None:
        self._asked = self._allowed = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._previous = {number: signal.signal(number, self._hear) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True
        if self._allowed:
            sys.exit(0)

    def allow(self) -> None:
        """Leave from now on, and at once if that was asked for. Raises SystemExit."""
        self._allowed = True
        if self._asked:
            sys.exit(0)

    def forbid(self) -> None:
        """Finish what is under way: a second Ctrl-C must not leave a process behind."""
        self._allowed = False


@contextmanager
def beside_us(companion: Companion, leaving: Leaving) -> Iterator[Companion]:
    """Have a process, which ends with the block however that ends. Started while leaving is forbidden."""
    try:
        leaving.allow()
        yield companion
    finally:
        leaving.forbid()
        companion.close()
