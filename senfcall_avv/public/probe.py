"""Whether the conference server answers, asked at most once a minute and never by a reader who has to wait for long.

The question is the API's root document, sent the way that plugins' calls take. Somebody has to look at the status page
for it to be asked: what nobody reads is not measured.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

VALID_FOR: Final = timedelta(seconds=60)
PATIENCE: Final = 1.5
"""Seconds that a reader waits for a measurement that is under way."""


class Seen(NamedTuple):
    """The last measurement."""

    at: datetime
    answered: bool


class Probe:
    """Asks in a thread of its own, one question at a time. ``ask`` returns if there was an answer and raises if not."""

    def __init__(self, ask: Callable[[], object], clock: Callable[[], datetime]) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._seen: Seen | None = None

    def look(self, patience: float = PATIENCE) -> Seen | None:
        """Give the last measurement, a new one where it is older than a minute; None: there is none yet."""
        with self._lock:
            if self._seen is not None and self._clock() - self._seen.at < VALID_FOR:
                return self._seen
            if self._running is None:
                self._running = threading.Thread(target=self._measure, name="status-probe", daemon=True)
                self._running.start()
            running = self._running
        running.join(patience)
        return self._seen

    def close(self) -> None:
        """Wait for a question that is under way; the transport's own budget ends it."""
        running = self._running
        if running is not None:
            running.join()

    def _measure(self) -> None:
        try:
            self._ask()
            answered = True
        except Exception:  # noqa: BLE001  # whatever keeps an answer away; the transport has logged what it was
            answered = False
        with self._lock:
            self._seen = Seen(self._clock(), answered)
            self._running = None
