"""The look at the conference server: once a minute, one at a time, and no reader waits for long."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from senfcall_avv.public.probe import Probe, Seen


class Backend:
    """Counts questions, and answers when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.asked = 0
        self.answers = True
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.probe = Probe(self._ask, lambda: self.now)

    def _ask(self) -> None:
        self.asked += 1
        assert self.may_answer.wait(30)
        if not self.answers:
            raise OSError


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.mark.parametrize("answers", [True, False])
def test_a_look_says_whether_there_was_an_answer(backend: Backend, *, answers: bool) -> None:
    backend.answers = answers
    assert backend.probe.look(patience=30) == Seen(backend.now, answers)


def test_within_a_minute_nobody_asks_again(backend: Backend) -> None:
    first = backend.probe.look(patience=30)
    backend.now += timedelta(seconds=59)
    backend.answers = False
    assert backend.probe.look(patience=30) == first
    assert backend.asked == 1
    backend.now += timedelta(seconds=1)
    assert backend.probe.look(patience=30) == Seen(backend.now, answered=False)
    assert backend.asked == 2


def test_a_slow_server_is_asked_once_and_keeps_nobody(backend: Backend) -> None:
    backend.may_answer.clear()
    assert backend.probe.look(patience=0) is None
    assert backend.probe.look(patience=0) is None
    assert backend.asked == 1
    backend.may_answer.set()
    backend.probe.close()
    assert backend.probe.look(patience=30) == Seen(backend.now, answered=True)
    assert backend.asked == 1


def test_while_a_new_look_is_under_way_the_old_one_is_shown(backend: Backend) -> None:
    first = backend.probe.look(patience=30)
    backend.now += timedelta(minutes=5)
    backend.may_answer.clear()
    assert backend.probe.look(patience=0) == first
    backend.may_answer.set()
    backend.probe.close()
