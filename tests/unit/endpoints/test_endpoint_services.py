from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.endpoints.keys import KEY
from senfcall_avv.endpoints.models import Endpoint, EndpointSecret, EndpointState, Epoch
from senfcall_avv.endpoints.services import (
    EndpointRefused,
    create_endpoint,
    end_overlap,
    find_endpoint,
    pause,
    resume,
    reveal,
    revoke,
    rotate_secret,
    wipe_ended_secrets,
)
from senfcall_avv.organizations.models import Organization
from senfcall_avv.sealing import KeyRing, SealBroken
from tests.factories.endpoints import make_endpoint
from tests.factories.organizations import make_organization

DAY = timedelta(hours=24)
NONE = timedelta(0)


def secrets_of(factory: SessionFactory, key: str) -> list[EndpointSecret]:
    """Give an endpoint's secrets, newest first."""
    with session_scope(factory, write=False) as session:
        return list(find_endpoint(session, key).secrets)


def rotate(
    factory: SessionFactory, ring: KeyRing, key: str, overlap: timedelta, clock: Any, confirm: bool = False
) -> str:
    with session_scope(factory) as session:
        endpoint = find_endpoint(session, key)
        return rotate_secret(session, ring, endpoint, overlap, clock.moment, confirm=confirm)


class TestCreating:
    def test_a_new_endpoint_has_a_key_and_one_secret_that_can_be_revealed(
        self, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        assert KEY.fullmatch(made.key)
        (secret,) = secrets_of(session_factory, made.key)
        assert (secret.valid_until, reveal(key_ring, secret)) == (None, made.secret)

    def test_no_secret_can_be_read_in_the_database(
        self, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with engine.connect() as connection:
            sealed = connection.scalars(text("SELECT sealed FROM endpoint_secrets")).all()
        assert len(sealed) == 1
        assert made.secret.encode() not in bytes(sealed[0])
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            stored = path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()
            assert made.key.encode() in stored
            assert made.secret.encode() not in stored

    def test_a_sealed_value_copied_to_another_row_does_not_open(
        self, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        one, other = make_endpoint(session_factory, key_ring), make_endpoint(session_factory, key_ring)
        (of_one,), (of_other,) = secrets_of(session_factory, one.key), secrets_of(session_factory, other.key)
        of_other.sealed = of_one.sealed
        with pytest.raises(SealBroken):
            reveal(key_ring, of_other)

    def test_an_unknown_key_is_not_found(self, session_factory: SessionFactory) -> None:
        with session_scope(session_factory, write=False) as session, pytest.raises(LookupError):
            find_endpoint(session, "kaaaaaaaaaaaaaaa")

    def test_the_database_takes_one_current_secret_only(
        self, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with pytest.raises(IntegrityError), session_scope(session_factory) as session:
            session.add(EndpointSecret(endpoint=find_endpoint(session, made.key), sealed=b"x"))

    def test_the_database_takes_keys_of_one_length_only(self, session_factory: SessionFactory) -> None:
        with pytest.raises(IntegrityError), session_scope(session_factory) as session:
            session.add(Endpoint(key="kshort", organization=make_organization(session)))


class TestRotating:
    def test_the_old_secret_stays_valid_for_the_overlap(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        fresh = rotate(session_factory, key_ring, made.key, DAY, clock)
        new, old = secrets_of(session_factory, made.key)
        assert fresh != made.secret
        assert (reveal(key_ring, new), new.valid_until) == (fresh, None)
        assert (reveal(key_ring, old), old.valid_until) == (made.secret, clock.moment + DAY)

    def test_without_overlap_the_old_secret_is_wiped_at_once(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        fresh = rotate(session_factory, key_ring, made.key, NONE, clock)
        new, old = secrets_of(session_factory, made.key)
        assert reveal(key_ring, new) == fresh
        assert (old.sealed, old.valid_until) == (None, clock.moment)
        with pytest.raises(EndpointRefused, match="not kept"):
            reveal(key_ring, old)

    @pytest.mark.parametrize("overlap", [timedelta(hours=1), timedelta(days=8), timedelta(seconds=-1)])
    def test_another_overlap_is_not_offered(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any, overlap: timedelta
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        with pytest.raises(EndpointRefused) as caught:
            rotate(session_factory, key_ring, made.key, overlap, clock)
        assert caught.value.reason == "overlap_not_offered"

    def test_a_second_rotation_during_an_overlap_must_be_confirmed(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        rotate(session_factory, key_ring, made.key, timedelta(days=7), clock)
        clock.forward(7 * 86400 - 1)
        with pytest.raises(EndpointRefused) as caught:
            rotate(session_factory, key_ring, made.key, DAY, clock)
        assert caught.value.reason == "overlap_running"
        assert len(secrets_of(session_factory, made.key)) == 2

    def test_a_confirmed_rotation_ends_the_running_overlap_so_that_two_secrets_remain(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        second = rotate(session_factory, key_ring, made.key, DAY, clock)
        clock.forward(60)
        third = rotate(session_factory, key_ring, made.key, DAY, clock, confirm=True)
        newest, middle, oldest = secrets_of(session_factory, made.key)
        assert (reveal(key_ring, newest), reveal(key_ring, middle)) == (third, second)
        assert (oldest.sealed, oldest.valid_until) == (None, clock.moment)

    def test_after_the_overlap_no_confirmation_is_needed(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        rotate(session_factory, key_ring, made.key, DAY, clock)
        clock.forward(86400)
        rotate(session_factory, key_ring, made.key, DAY, clock)
        assert len(secrets_of(session_factory, made.key)) == 3

    def test_an_overlap_can_be_ended_early(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        rotate(session_factory, key_ring, made.key, DAY, clock)
        clock.forward(60)
        with session_scope(session_factory) as session:
            assert end_overlap(session, find_endpoint(session, made.key), clock.moment) == 1
            assert end_overlap(session, find_endpoint(session, made.key), clock.moment) == 0
        _, old = secrets_of(session_factory, made.key)
        assert (old.sealed, old.valid_until) == (None, clock.moment)

    def test_ended_secrets_are_wiped_and_their_rows_stay(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        clock.forward(60)
        fresh = rotate(session_factory, key_ring, made.key, DAY, clock)
        wiped = []
        for seconds in (86399, 1, 1):
            clock.forward(seconds)
            with session_scope(session_factory) as session:
                wiped.append(wipe_ended_secrets(session, clock.moment))
        new, old = secrets_of(session_factory, made.key)
        assert wiped == [0, 1, 0]
        assert (reveal(key_ring, new), old.sealed) == (fresh, None)


class TestStates:
    def test_pausing_and_resuming(self, session_factory: SessionFactory, key_ring: KeyRing) -> None:
        made = make_endpoint(session_factory, key_ring)
        states = []
        for change in (pause, pause, resume, resume):
            with session_scope(session_factory) as session:
                change(find_endpoint(session, made.key))
            with session_scope(session_factory, write=False) as session:
                states.append(find_endpoint(session, made.key).state.value)
        assert states == ["paused_hard", "paused_hard", "active", "active"]

    def test_revoking_wipes_all_secrets_and_cannot_be_undone(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        made = make_endpoint(session_factory, key_ring, clock.moment)
        rotate(session_factory, key_ring, made.key, DAY, clock)
        with session_scope(session_factory) as session:
            revoke(session, find_endpoint(session, made.key), clock.moment)
        assert [secret.sealed for secret in secrets_of(session_factory, made.key)] == [None, None]
        with session_scope(session_factory) as session:
            endpoint = find_endpoint(session, made.key)
            for change in (pause, resume):
                with pytest.raises(EndpointRefused, match="revoked"):
                    change(endpoint)
            with pytest.raises(EndpointRefused, match="revoked"):
                rotate_secret(session, key_ring, endpoint, DAY, clock.moment, confirm=True)
            assert endpoint.state is EndpointState.REVOKED


CHANGES = {
    "organisation renamed": "UPDATE organizations SET name = 'Anders e. V.'",
    "profile": "UPDATE organizations SET policy_profile = 'minimal'",
    "limit": "UPDATE organizations SET meetings = 3",
    "state": "UPDATE endpoints SET state = 'paused_hard'",
    "secret's end": "UPDATE endpoint_secrets SET valid_until = '2026-11-02 12:00:00+00:00'",
    "secret removed": "DELETE FROM endpoint_secrets",
}


class TestEpoch:
    def epoch(self, factory: SessionFactory) -> int:
        with session_scope(factory, write=False) as session:
            return session.scalars(select(Epoch.number)).one()

    @pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
    def test_every_change_moves_it_even_one_made_by_hand(
        self, session_factory: SessionFactory, key_ring: KeyRing, engine: Engine, statement: str
    ) -> None:
        make_endpoint(session_factory, key_ring)
        before = self.epoch(session_factory)
        with engine.begin() as connection:
            connection.execute(text(statement))
        assert self.epoch(session_factory) > before

    def test_changes_through_the_models_move_it(self, session_factory: SessionFactory, key_ring: KeyRing) -> None:
        seen = [self.epoch(session_factory)]
        made = make_endpoint(session_factory, key_ring)
        seen.append(self.epoch(session_factory))
        with session_scope(session_factory) as session:
            pause(find_endpoint(session, made.key))
        seen.append(self.epoch(session_factory))
        with session_scope(session_factory) as session:
            session.get_one(Organization, made.organization_id).duration = 60
        seen.append(self.epoch(session_factory))
        assert seen == sorted(set(seen))

    def test_it_moves_together_with_the_change_or_not_at_all(
        self, session_factory: SessionFactory, key_ring: KeyRing
    ) -> None:
        made = make_endpoint(session_factory, key_ring)
        before = self.epoch(session_factory)
        with session_scope(session_factory, write=False) as session:
            pause(find_endpoint(session, made.key))
            session.flush()
            assert session.scalars(select(Epoch.number)).one() > before
        assert self.epoch(session_factory) == before

    def test_nothing_moves_it_where_nothing_changes(
        self, session_factory: SessionFactory, key_ring: KeyRing, clock: Any
    ) -> None:
        make_endpoint(session_factory, key_ring)
        before = self.epoch(session_factory)
        with session_scope(session_factory) as session:
            wipe_ended_secrets(session, clock.moment)
        assert self.epoch(session_factory) == before

    def test_there_can_be_only_one_row(self, session_factory: SessionFactory) -> None:
        with pytest.raises(IntegrityError), session_scope(session_factory) as session:
            session.add(Epoch(id=2, number=1))

    def test_a_program_without_our_models_moves_it_too(self, migrated_sqlite: Path, tmp_path: Path) -> None:
        path = tmp_path / "copy.sqlite"
        path.write_bytes(migrated_sqlite.read_bytes())
        with sqlite3.connect(path) as connection:
            (before,) = connection.execute("SELECT number FROM epoch").fetchone()
            connection.execute(
                "INSERT INTO organizations (id, name, policy_profile, created_at) VALUES ('a', 'b', 'c', 'd')"
            )
            (after,) = connection.execute("SELECT number FROM epoch").fetchone()
        connection.close()
        assert after == before + 1


def wait_until_somebody_waits(engine: Engine) -> None:
    """Wait until a connection waits for another one's lock. SQLite can't be asked, and nothing depends on it there."""
    if engine.dialect.name == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with engine.connect() as connection:
        for _ in range(3000):
            if connection.scalar(waiting):
                return
            connection.rollback()
            connection.execute(text("SELECT pg_sleep(0.01)"))
    pytest.fail("nobody waited for the lock")


def test_a_rotation_waits_for_one_under_way_and_then_sees_its_overlap(
    session_factory: SessionFactory, key_ring: KeyRing, engine: Engine, clock: Any
) -> None:
    made = make_endpoint(session_factory, key_ring, clock.moment)
    clock.forward(1)
    with ThreadPoolExecutor(1) as pool:
        with session_scope(session_factory) as session:
            fresh = rotate_secret(session, key_ring, find_endpoint(session, made.key), DAY, clock.moment)
            second = pool.submit(rotate, session_factory, key_ring, made.key, DAY, clock)
            wait_until_somebody_waits(engine)
        with pytest.raises(EndpointRefused) as caught:
            second.result(30)
    assert caught.value.reason == "overlap_running"
    assert [reveal(key_ring, secret) for secret in secrets_of(session_factory, made.key)] == [fresh, made.secret]


def test_creating_in_one_session_gives_what_was_stored(session_factory: SessionFactory, key_ring: KeyRing) -> None:
    with session_scope(session_factory) as session:
        endpoint, secret = create_endpoint(session, key_ring, make_organization(session))
    assert [reveal(key_ring, row) for row in secrets_of(session_factory, endpoint.key)] == [secret]
