from __future__ import annotations

import threading

from senfcall_avv.background import Repeating


def test_work_repeats_until_it_is_stopped() -> None:
    turns = threading.Semaphore(0)
    repeating = Repeating("test", 0.001, turns.release)
    assert not repeating.running
    repeating.start()
    assert all(turns.acquire(timeout=30) for _ in range(3))
    repeating.stop()
    assert not repeating.running
    assert "test" not in {thread.name for thread in threading.enumerate()}


def test_it_starts_once_however_many_ask_and_again_after_a_stop() -> None:
    repeating = Repeating("test", 3600, lambda: None)
    for _ in range(2):
        for _ in range(3):
            repeating.start()
        assert [thread.name for thread in threading.enumerate()].count("test") == 1
        repeating.stop()


def test_the_first_turn_can_be_waited_for() -> None:
    done: list[str] = []
    repeating = Repeating("test", 3600, lambda: done.append(threading.current_thread().name), at_once=True)
    repeating.start()
    repeating.stop()
    assert done == [threading.current_thread().name]


def test_work_that_raises_is_tried_again() -> None:
    turns = threading.Semaphore(0)

    def work() -> None:
        turns.release()
        raise ValueError

    repeating = Repeating("test", 0.001, work)
    repeating.start()
    assert all(turns.acquire(timeout=30) for _ in range(3))
    repeating.stop()


def test_it_can_stop_itself() -> None:
    stopped = threading.Event()

    def work() -> None:
        repeating.stop()
        stopped.set()

    repeating = Repeating("test", 0.001, work)
    repeating.start()
    assert stopped.wait(30)
    assert not repeating.running
