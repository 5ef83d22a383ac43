"""At most so many exchanges with one backend at a time; the others wait, as long as their deadline allows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from senfcall_avv.gateway.transports.interface import UpstreamError


class Turns:
    """Counts by a key, which is a backend's origin. Waiters are served in no particular order."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._free: dict[str, threading.Semaphore] = {}

    def _semaphore(self, key: str) -> threading.Semaphore:
        found = self._free.get(key)
        if found is None:
            with self._lock:
                found = self._free.setdefault(key, threading.Semaphore(self._most))
        return found

    @contextmanager
    def take(self, key: str, deadline: float) -> Iterator[None]:
        """Hold one turn. ``deadline`` is a time of the monotonic clock. Raises UpstreamError (timeout) after it."""
        semaphore = self._semaphore(key)
        if not semaphore.acquire(blocking=False):
            left = deadline - monotonic()
            if left <= 0 or not semaphore.acquire(timeout=left):
                raise UpstreamError("timeout")
        try:
            yield
        finally:
            semaphore.release()
