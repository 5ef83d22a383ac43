from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from senfcall_avv.bbb import checksum
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.endpoints.models import EndpointSecret
from senfcall_avv.endpoints.services import find_endpoint, pause, resume, revoke, rotate_secret
from senfcall_avv.endpoints.snapshot import SECRETS, UNKNOWN, EndpointSnapshot, EndpointView
from senfcall_avv.organizations.models import Organization
from senfcall_avv.policy.engine import Limits, Subject
from senfcall_avv.sealing import KeyRing, generate_key_line
from tests.factories.endpoints import make_endpoint

DAY = timedelta(hours=24)
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def snapshot(session_factory: SessionFactory, key_ring: KeyRing, clock: Any) -> Iterator[EndpointSnapshot]:
    """A snapshot that reads when it is told to: its thread's first turn never comes."""
    made = EndpointSnapshot(session_factory, key_ring, interval=3600, clock=clock)
    yield made
    made.close()


def change(factory: SessionFactory, key: str, how: Callable[..., object], *arguments: object) -> None:
    with session_scope(factory) as session:
        how(find_endpoint(session, key), *arguments)


def seen(snapshot: EndpointSnapshot, key: str) -> EndpointView:
    snapshot.refresh()
    view = snapshot.find(key)
    assert view is not None
    return view


def verifies(view: EndpointView, secret: str, now: float) -> int | None:
    """Say which secret of a view signed a call that was signed with this one."""
    made = checksum.sign("create", "meetingID=1", secret.encode()).encode()
    return checksum.verify(b"create", b"meetingID=1", made, view.secrets(now))


@contextmanager
def outage(engine: Engine) -> Iterator[None]:
    """Let every transaction fail as it does while the database is away."""

    def fail(_connection: object) -> None:
        raise ConnectionRefusedError("planted detail")

    event.listen(engine, "begin", fail, insert=True)
    yield
    event.remove(engine, "begin", fail)


class TestFinding:
    def test_an_endpoint_is_found_with_all_that_the_policy_needs(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with session_scope(session_factory) as session:
            organization = session.get_one(Organization, made.organization_id)
            organization.policy_profile, organization.meetings = "minimal", 4
        view = seen(snapshot, made.key)
        assert (view.key, view.organization_id, view.organization_name) == (
            made.key,
            made.organization_id,
            made.organization_name,
        )
        assert view.subject == Subject(made.key, "minimal", Limits(meetings=4))
        assert view.answers

    def test_the_first_find_waits_for_the_first_reading(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        assert not snapshot.loaded
        assert snapshot.find(made.key) is not None
        assert snapshot.loaded

    def test_an_unknown_key_is_not_found(self, snapshot: EndpointSnapshot) -> None:
        assert snapshot.find("kaaaaaaaaaaaaaaa") is None

    def test_finding_asks_the_database_nothing(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        snapshot.find(made.key)
        with outage(engine):
            assert snapshot.find(made.key) is not None
            assert snapshot.find("kaaaaaaaaaaaaaaa") is None

    def test_a_view_cannot_be_changed_and_shows_no_secret(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        view = seen(snapshot, made.key)
        with pytest.raises(dataclasses.FrozenInstanceError):
            view.answers = False  # type: ignore[misc]  # what is tried
        assert repr(view) == f"<EndpointView {made.key}>"


class TestSecrets:
    def test_every_view_gives_equally_many_secrets_of_equal_length(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        one, two, none, paused, revoked = (make_endpoint(session_factory, key_ring, clock.moment) for _ in range(5))
        with session_scope(session_factory) as session:
            rotate_secret(session, key_ring, find_endpoint(session, two.key), DAY, clock.moment)
            find_endpoint(session, none.key).secrets[0].sealed = None
            pause(find_endpoint(session, paused.key))
            revoke(session, find_endpoint(session, revoked.key), clock.moment)
        views = [UNKNOWN, *(seen(snapshot, made.key) for made in (one, two, none, paused, revoked))]
        assert [[len(secret) for secret in view.secrets(clock())] for view in views] == [[48] * SECRETS] * 6
        known = [sum(name is not None for name in view.secret_ids) for view in views]
        assert known == [0, 1, 2, 0, 0, 0]
        assert [view.answers for view in views] == [False, True, True, True, False, False]

    def test_the_current_secret_verifies_and_a_wrong_one_does_not(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made, other = make_endpoint(session_factory, key_ring), make_endpoint(session_factory, key_ring)
        view = seen(snapshot, made.key)
        assert verifies(view, made.secret, clock()) == 0
        assert verifies(view, other.secret, clock()) is None
        assert verifies(UNKNOWN, made.secret, clock()) is None

    def test_an_old_secret_verifies_until_its_end_to_the_second_without_a_new_reading(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        with session_scope(session_factory) as session:
            fresh = rotate_secret(session, key_ring, find_endpoint(session, made.key), DAY, clock.moment)
        view = seen(snapshot, made.key)
        end = clock() + 86400
        assert [verifies(view, made.secret, end + after) for after in (-86400, -1, 0, 1)] == [1, 1, None, None]
        assert [verifies(view, fresh, end + after) for after in (-86400, -1, 0, 1)] == [0, 0, 0, 0]

    def test_a_last_secret_that_ends_is_not_used_beyond_its_end_either(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with session_scope(session_factory) as session:
            find_endpoint(session, made.key).secrets[0].valid_until = clock.moment + DAY
        view = seen(snapshot, made.key)
        assert [verifies(view, made.secret, clock() + after) for after in (0, 86399, 86400, 86401)] == [
            0,
            0,
            None,
            None,
        ]

    def test_the_position_tells_which_secret_signed(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        with session_scope(session_factory) as session:
            endpoint = find_endpoint(session, made.key)
            first = endpoint.secrets[0].id
            rotate_secret(session, key_ring, endpoint, DAY, clock.moment)
        view = seen(snapshot, made.key)
        position = verifies(view, made.secret, clock())
        assert position is not None
        assert view.secret_ids[position] == first

    @pytest.mark.parametrize("state", ["paused_hard", "revoked"])
    def test_an_endpoint_that_must_not_answer_verifies_nothing(
        self,
        snapshot: EndpointSnapshot,
        session_factory: SessionFactory,
        key_ring: KeyRing,
        engine: Engine,
        clock: Any,
        state: str,
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        assert verifies(seen(snapshot, made.key), made.secret, clock()) == 0
        with engine.begin() as connection:
            connection.execute(text("UPDATE endpoints SET state = :state"), {"state": state})
        assert verifies(seen(snapshot, made.key), made.secret, clock()) is None

    def test_a_resumed_endpoint_verifies_again(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        change(session_factory, made.key, pause)
        assert verifies(seen(snapshot, made.key), made.secret, clock()) is None
        change(session_factory, made.key, resume)
        assert verifies(seen(snapshot, made.key), made.secret, clock()) == 0


class TestUnusableSecrets:
    def alarms(self, lines: Lines) -> list[tuple[str, str]]:
        found = [line for line in lines() if line["event"] == "endpoints.secret_unreadable"]
        assert all(line["level"] == "error" and "left_out" not in line for line in found)
        return [(line["key"], line["todo"]) for line in found]

    def test_a_copied_ciphertext_verifies_nothing_and_alarms_once(
        self,
        snapshot: EndpointSnapshot,
        session_factory: SessionFactory,
        key_ring: KeyRing,
        clock: Any,
        log_lines: Lines,
    ) -> None:
        one, other = make_endpoint(session_factory, key_ring), make_endpoint(session_factory, key_ring)
        for _ in range(2):
            with session_scope(session_factory) as session:
                copied = find_endpoint(session, one.key).secrets[0].sealed
                find_endpoint(session, other.key).secrets[0].sealed = copied
                session.execute(text("UPDATE organizations SET name = name"))
            view = seen(snapshot, other.key)
        assert verifies(view, other.secret, clock()) is verifies(view, one.secret, clock()) is None
        assert verifies(seen(snapshot, one.key), one.secret, clock()) == 0
        ((key, todo),) = self.alarms(log_lines)
        assert key == other.key
        assert "copied" in todo

    def test_a_missing_key_is_told(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any, log_lines: Lines
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        snapshot = EndpointSnapshot(session_factory, KeyRing.from_text(generate_key_line()), 3600, clock)
        snapshot.refresh()
        view = snapshot._views[made.key]
        assert view.secret_ids == (None, None)
        ((_, todo),) = self.alarms(log_lines)
        assert "keys_file" in todo

    @pytest.mark.parametrize("short", ["", "x" * 31])
    def test_a_short_secret_verifies_nothing(
        self,
        snapshot: EndpointSnapshot,
        session_factory: SessionFactory,
        key_ring: KeyRing,
        clock: Any,
        log_lines: Lines,
        short: str,
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with session_scope(session_factory) as session:
            secret: EndpointSecret = find_endpoint(session, made.key).secrets[0]
            secret.sealed = key_ring.seal(short.encode(), secret.place)
        assert verifies(seen(snapshot, made.key), short, clock()) is None
        ((_, todo),) = self.alarms(log_lines)
        assert "short" in todo


class TestReading:
    def test_everything_is_read_only_when_the_epoch_moved(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("SELECT"):
                statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        counts = []
        for step in range(4):
            if step == 2:
                change(session_factory, made.key, pause)
            statements.clear()
            snapshot.refresh()
            counts.append(len(statements))
        event.remove(engine, "before_cursor_execute", note)
        assert counts == [3, 1, 3, 1]

    def test_an_outage_keeps_the_last_good_state_and_is_logged_once(
        self,
        snapshot: EndpointSnapshot,
        session_factory: SessionFactory,
        key_ring: KeyRing,
        engine: Engine,
        log_lines: Lines,
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        assert seen(snapshot, made.key).answers
        for _ in range(2):
            with outage(engine):
                for _ in range(3):
                    assert seen(snapshot, made.key).answers
            assert seen(snapshot, made.key).answers
        failures = [line for line in log_lines() if line["event"] == "endpoints.reload_failed"]
        assert [line["error"] for line in failures] == ["ConnectionRefusedError"] * 2
        assert "planted" not in str(failures)

    def test_what_changed_during_an_outage_is_read_after_it(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        assert seen(snapshot, made.key).answers
        change(session_factory, made.key, pause)
        with outage(engine):
            assert seen(snapshot, made.key).answers
        assert not seen(snapshot, made.key).answers

    def test_a_start_without_database_comes_to_life_with_it(
        self, snapshot: EndpointSnapshot, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with outage(engine):
            assert snapshot.find(made.key) is None
            assert not snapshot.loaded
        assert seen(snapshot, made.key).answers
        assert snapshot.loaded

    def test_the_thread_reads_by_itself(
        self, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        snapshot = EndpointSnapshot(session_factory, key_ring, interval=0.005)
        assert snapshot.find(made.key) is not None
        change(session_factory, made.key, pause)
        turns = threading.Semaphore(0)
        event.listen(engine, "rollback", lambda _connection: turns.release())
        # The first end may be of a turn that began before we listened; the third is of one that came wholly after.
        assert all(turns.acquire(timeout=30) for _ in range(3))
        snapshot.close()
        view = snapshot._views[made.key]
        assert not view.answers

    @pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
    def test_a_forked_child_reads_for_itself(
        self, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        snapshot = EndpointSnapshot(session_factory, key_ring, interval=3600)
        assert snapshot.find(made.key) is not None
        change(session_factory, made.key, pause)
        child = os.fork()
        if child == 0:
            view = snapshot.find(made.key)
            threads = [thread.name for thread in threading.enumerate()]
            os._exit(0 if view is not None and not view.answers and "endpoints-snapshot" in threads else 1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        snapshot.close()
