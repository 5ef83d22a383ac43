"""Work that repeats in a daemon thread: started at first use, so that it comes to life in each forked process."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from collections.abc import Callable
from typing import Final, Protocol

_log: Final = logging.getLogger(__name__)


class Renewable(Protocol):
    """Something with threads, locks or work in hand that a forked child must not inherit."""

    def renew(self) -> None:
        """Begin anew, as after construction."""
        ...


_RENEWABLE: Final[weakref.WeakSet[Renewable]] = weakref.WeakSet()


def renew_after_fork(thing: Renewable) -> None:
    """Have ``thing.renew()`` called in each forked child as long as it lives."""
    _RENEWABLE.add(thing)


def _renew_all() -> None:
    for thing in list(_RENEWABLE):
        thing.renew()


os.register_at_fork(after_in_child=_renew_all)


class Repeating:
    """Calls ``work`` every ``interval`` seconds. ``running`` may be read without a lock on the hottest path.

    ``at_once``: the first turn is made inside ``start``, which waits for it. What ``work`` raises in the thread is
    logged, and the next turn comes as if nothing had been.
    """

    def __init__(self, name: str, interval: float, work: Callable[[], object], *, at_once: bool = False) -> None:
        self._name = name
        self._interval = interval
        self._work = work
        self._at_once = at_once
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Forget a thread that stayed behind in the parent process, and the lock it may have held."""
        self.running = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread unless it runs."""
        with self._lock:
            if self.running:
                return
            if self._at_once:
                self._work()
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stop,), name=self._name, daemon=True)
            self._thread.start()
            self.running = True

    def stop(self, timeout: float = 5.0) -> None:
        """End the thread and wait for it, at most ``timeout`` seconds. It may be started again."""
        with self._lock:
            thread, self._thread, self.running = self._thread, None, False
            self._stop.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self._interval):
            try:
                self._work()
            except Exception as error:  # noqa: BLE001  # whatever it was, the next turn may succeed
                _log.error("work in the background failed: %s", self._name, exc_info=error)
