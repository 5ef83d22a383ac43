from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.ledger import folding, recorder
from senfcall_avv.ledger.folding import MAX_NAMES
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.ledger.recorder import Recorder
from tests.factories.ledger import CALLS, ORGANIZATION, ignoring, wrong_checksum

Lines = Callable[[], list[dict[str, Any]]]


@contextmanager
def recording(factory: SessionFactory, clock: Any, interval: float = 3600) -> Iterator[Recorder]:
    """Give a recorder whose threads sleep unless an interval is given."""
    made = Recorder(factory, interval, clock, calls=CALLS)
    yield made
    made.close()


def stored(factory: SessionFactory) -> dict[tuple[str, str, str], int]:
    """Give the table's counts by call, name and reason."""
    with session_scope(factory, write=False) as session:
        return {(row.call, row.name, row.reason): row.count for row in session.scalars(select(LedgerEntry))}


@contextmanager
def outage(engine: Engine) -> Iterator[None]:
    """Let every transaction fail as it does while the database is away."""

    def fail(_connection: object) -> None:
        raise ConnectionRefusedError("planted detail")

    event.listen(engine, "begin", fail, insert=True)
    yield
    event.remove(engine, "begin", fail)


def test_notes_are_stored_by_flush_and_add_up(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock) as made:
        for _ in range(3):
            made.note(ignoring("logo"))
        assert made.flush()
        clock.forward(60)
        made.note(ignoring("logo"))
        assert made.flush()
        assert stored(session_factory) == {("create", "", "partly"): 4, ("create", "logo", "unknown_name"): 4}
    with session_scope(session_factory, write=False) as session:
        row = session.scalars(select(LedgerEntry).where(LedgerEntry.name == "logo")).one()
        assert (row.last_at - row.first_at).total_seconds() == 60
        assert row.day == clock.moment.date()


def test_close_stores_what_is_left(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock) as made:
        made.note(ignoring("logo"))
    assert stored(session_factory)["create", "logo", "unknown_name"] == 1


def test_flushing_nothing_asks_the_database_nothing(
    session_factory: SessionFactory, engine: Engine, clock: Any
) -> None:
    with recording(session_factory, clock) as made, outage(engine):
        assert made.flush()


def test_the_threads_store_by_themselves(session_factory: SessionFactory, engine: Engine, clock: Any) -> None:
    committed = threading.Event()
    event.listen(engine, "commit", lambda _connection: committed.set())
    with recording(session_factory, clock, interval=0.005) as made:
        made.note(ignoring("logo"))
        assert committed.wait(30)
    assert stored(session_factory)["create", "logo", "unknown_name"] == 1


def test_nothing_is_lost_or_counted_twice_with_many_threads(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock, interval=0.005) as made:
        together = threading.Barrier(8)

        def work() -> None:
            together.wait(10)
            for _ in range(500):
                made.note(ignoring("logo"))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert stored(session_factory) == {("create", "", "partly"): 4000, ("create", "logo", "unknown_name"): 4000}


def test_two_processes_add_to_the_same_rows(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock) as one, recording(session_factory, clock) as other:
        for made in (one, other, one):
            made.note(ignoring("logo"))
            assert made.flush()
    assert stored(session_factory)["create", "logo", "unknown_name"] == 3


def test_an_outage_loses_nothing_and_is_logged_once(
    session_factory: SessionFactory, engine: Engine, clock: Any, log_lines: Lines
) -> None:
    with recording(session_factory, clock) as made:
        with outage(engine):
            for _ in range(3):
                made.note(ignoring("logo"))
                clock.forward(5)
                assert not made.flush()
        made.note(ignoring("logo"))
        assert made.flush()
        with outage(engine):
            made.note(ignoring("logo"))
            assert not made.flush()
    assert stored(session_factory)["create", "logo", "unknown_name"] == 5
    lines = log_lines()
    assert [(line["event"], line["error"]) for line in lines] == [("ledger.flush_failed", "ConnectionRefusedError")] * 2
    assert "planted" not in str(lines)


def test_a_failure_in_the_middle_stores_nothing_twice(
    session_factory: SessionFactory, engine: Engine, clock: Any
) -> None:
    def fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO ledger_entries"):
            raise ConnectionResetError

    with recording(session_factory, clock) as made:
        made.note(ignoring("logo"))
        event.listen(engine, "after_cursor_execute", fail)
        assert not made.flush()
        event.remove(engine, "after_cursor_execute", fail)
        assert made.flush()
    assert stored(session_factory)["create", "logo", "unknown_name"] == 1


def test_a_long_outage_keeps_memory_bounded_and_tells_what_was_lost(
    session_factory: SessionFactory, engine: Engine, clock: Any, monkeypatch: pytest.MonkeyPatch, log_lines: Lines
) -> None:
    monkeypatch.setattr(folding, "MAX_ROWS", 100)
    with recording(session_factory, clock) as made:
        with outage(engine):
            for round_ in range(5):
                for number in range(60):
                    made.note(wrong_checksum(key=f"k{round_}{number:014}"))
                made.flush()
        assert made.flush()
        made.fold()
    with session_scope(session_factory, write=False) as session:
        assert session.scalar(select(func.sum(LedgerEntry.count))) == 100
    lost = [line["dropped"] for line in log_lines() if line["event"] == "ledger.overflow"]
    assert sum(lost) == 200


def test_a_queue_that_is_not_folded_stays_bounded(
    session_factory: SessionFactory, clock: Any, monkeypatch: pytest.MonkeyPatch, log_lines: Lines
) -> None:
    monkeypatch.setattr(recorder, "MAX_QUEUE", 10)
    with recording(session_factory, clock) as made:
        for _ in range(25):
            made.note(ignoring("logo"))
        made.fold()
        for _ in range(5):
            made.note(ignoring("logo"))
    assert stored(session_factory)["create", "logo", "unknown_name"] == 15
    assert [line["dropped"] for line in log_lines()] == [15]


def test_the_bound_of_names_holds_over_restarts(session_factory: SessionFactory, clock: Any) -> None:
    for start in range(3):
        with recording(session_factory, clock) as made:
            for number in range(120):
                made.note(ignoring(f"start{start}-{number}"))
    found = stored(session_factory)
    names = {name for _, name, _ in found} - {"", "(more)"}
    assert len(names) == MAX_NAMES
    assert found["create", "(more)", "unknown_name"] == 3 * 120 - MAX_NAMES
    assert found["create", "", "partly"] == 360


def test_names_already_stored_are_counted_on_beyond_the_bound(session_factory: SessionFactory, clock: Any) -> None:
    for _ in range(2):
        with recording(session_factory, clock) as made:
            for number in range(MAX_NAMES):
                made.note(ignoring(f"name{number}"))
    assert set(stored(session_factory).values()) == {2, 2 * MAX_NAMES}


def test_random_names_under_a_wrong_checksum_make_counters_only(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock) as made:
        for _ in range(1000):
            made.note(wrong_checksum())
    assert stored(session_factory) == {
        ("create", "203.0.113.0/24", "checksum"): 60,
        ("(more)", "203.0.113.0/24", "checksum"): 940,
    }


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_stores_its_own_notes_and_not_its_parents(session_factory: SessionFactory, clock: Any) -> None:
    with recording(session_factory, clock) as made:
        made.note(ignoring("parent"))
        child = os.fork()
        if child == 0:
            made.note(ignoring("child"))
            names = {thread.name for thread in threading.enumerate()}
            good = made.flush() and {"ledger-fold", "ledger-store"} <= names
            os._exit(0 if good else 1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
    found = stored(session_factory)
    assert {name: found["create", name, "unknown_name"] for name in ("parent", "child")} == {"parent": 1, "child": 1}
    with session_scope(session_factory, write=False) as session:
        assert session.scalars(select(func.distinct(LedgerEntry.organization_id))).all() == [ORGANIZATION]
