"""From the gateway's threads to the table: a queue in memory, folded every second, stored every few seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from typing import Final

from senfcall_avv.background import Repeating, renew_after_fork
from senfcall_avv.bbb import catalog
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.ledger.folding import Book
from senfcall_avv.ledger.notes import Noted
from senfcall_avv.ledger.services import store
from senfcall_avv.logs import log

MAX_QUEUE: Final = 100_000
"""Notes that may wait to be folded; only a machine that can't keep up by far gets here."""
TODO_DATABASE: Final = "The counters wait in memory and are stored later. Look whether the database answers."
TODO_OVERFLOW: Final = "More was counted than memory is meant to hold. Look whether the database answers."
TODO_CLOSED: Final = "The process ended while the database did not answer; these counters are gone."
FOLD_INTERVAL: Final = 1.0


class Recorder:
    """Takes notes. ``interval`` in seconds; ``clock`` gives seconds since 1970; ``calls`` are BBB's unless given.

    Two daemon threads begin at the first note: one folds and never waits for anything, the other stores. So a database
    that is slow or away costs neither the gateway's threads nor memory.
    """

    def __init__(
        self,
        factory: SessionFactory,
        interval: float = 5.0,
        clock: Callable[[], float] = time.time,
        *,
        calls: Collection[str] | None = None,
    ) -> None:
        self._factory = factory
        self._clock = clock
        self._calls = frozenset(catalog.load().calls if calls is None else calls)
        self._folding = Repeating("ledger-fold", min(FOLD_INTERVAL, interval), self.fold)
        self._storing = Repeating("ledger-store", interval, self.flush)
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin with nothing noted: after a fork what is in hand is the parent's to store."""
        self._queue: deque[Noted] = deque()
        self._dropped = 0
        self._book = Book(self._calls)
        self._book_lock = threading.Lock()
        self._store_lock = threading.Lock()
        self._stored_names: dict[tuple[str, date], set[str]] = {}
        self._away = False

    def note(self, noted: Noted) -> None:
        """Take a note: no lock, no clock, no input or output."""
        if not self._storing.running:
            self._start()
        if len(self._queue) < MAX_QUEUE:
            self._queue.append(noted)
        else:
            self._dropped += 1

    def fold(self) -> None:
        """Turn what waits in the queue into counters."""
        queue = self._queue
        with self._book_lock:
            self._book.at(datetime.fromtimestamp(self._clock(), UTC))
            # As many as there are now: under load others come while we count, and flush must get its turn.
            for _ in range(len(queue)):
                self._book.add(queue.popleft())
            lost, self._book.lost = self._book.lost + self._dropped, 0
            self._dropped = 0
        if lost:
            log.error("ledger.overflow", dropped=lost, todo=TODO_OVERFLOW)

    def flush(self) -> bool:
        """Fold and store everything. Where the database fails it is kept for the next time, and False is given."""
        self.fold()
        with self._store_lock:
            with self._book_lock:
                rows = self._book.take()
            if not rows:
                return True
            try:
                with session_scope(self._factory) as session:
                    store(session, rows, self._stored_names)
            except Exception as error:  # noqa: BLE001  # drivers raise what they like; nothing may be lost for it
                self._stored_names.clear()
                with self._book_lock:
                    self._book.put_back(rows)
                if not self._away:
                    self._away = True
                    log.exception("ledger.flush_failed", error, waiting=len(rows), todo=TODO_DATABASE)
                return False
            self._away = False
            return True

    def close(self) -> None:
        """End the threads and store what is left."""
        self._folding.stop()
        self._storing.stop()
        if not self.flush():
            log.error("ledger.overflow", dropped=len(self._book), todo=TODO_CLOSED)

    def _start(self) -> None:
        self._folding.start()
        self._storing.start()
