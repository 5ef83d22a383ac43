"""The audit trail: who writes it waits for his turn, and nobody changes it afterwards unseen."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from transaction import TransactionManager
from zope.sqlalchemy import register

from senfcall_avv.audit.models import CONTENT, AuditChain, AuditEntry, hash_of
from senfcall_avv.audit.services import (
    SHELL,
    SYSTEM,
    Actor,
    Broken,
    entries,
    forget,
    head,
    holds,
    record,
    record_apart,
    verify,
    write_waiting,
)
from senfcall_avv.db import SessionFactory, session_scope

NOW = datetime(2026, 11, 24, 13, 31, 5, 123456, tzinfo=UTC)
OWNER = Actor("account", "accountxxxxxxxxxxxxxxx", "owner")
ORGANIZATION = "organizationxxxxxxxxxx"


def _fail_after_recording(session: Session) -> None:
    record(session, SYSTEM, "a.lost", organization_id=None, thing="x", now=NOW)
    with session.begin_nested():
        record(session, SYSTEM, "a.lost_inside", organization_id=None, thing="x", now=NOW)
    raise ZeroDivisionError


def _in_a_savepoint(session: Session) -> None:
    with session.begin_nested():
        _fail_after_recording(session)


def _in_a_transaction(factory: SessionFactory) -> None:
    with session_scope(factory) as session:
        _fail_after_recording(session)


def _apart(factory: SessionFactory) -> None:
    with session_scope(factory, write=False):
        record_apart(factory, OWNER, "document.seen", thing="document:1", now=NOW, organization_id=ORGANIZATION)
        raise ZeroDivisionError


def put(factory: SessionFactory, *actions: str, now: datetime = NOW, organization_id: str | None = None) -> None:
    """Record actions, each in a transaction of its own."""
    for action in actions:
        with session_scope(factory) as session:
            record(session, OWNER, action, organization_id=organization_id, thing="thing:1", now=now)


def found(factory: SessionFactory, **more: Any) -> list[str]:
    with session_scope(factory, write=False) as session:
        return [entry.action for entry in entries(session, **more)]


def broken(factory: SessionFactory) -> Broken | None:
    with session_scope(factory, write=False) as session:
        return verify(session)


def without_guard(engine: Engine, *statements: str) -> None:
    """Do by hand what the triggers refuse, as somebody with the owner's rights can."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for table in ("audit_entries", "audit_chain"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                connection.exec_driver_sql(statement)
            for table in ("audit_entries", "audit_chain"):
                connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        triggers = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit%'")
        ).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)


def test_an_entry_says_who_did_what_to_what_and_when(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        details: dict[str, str | int] = {"overlap": 24, "reason": "lost"}
        record(
            session,
            OWNER,
            "endpoint.rotated",
            organization_id=ORGANIZATION,
            thing="endpoint:k",
            details=details,
            now=NOW,
        )
    with session_scope(session_factory, write=False) as session:
        (entry,) = entries(session)
    assert (entry.number, entry.at, entry.action, entry.thing) == (1, NOW, "endpoint.rotated", "endpoint:k")
    assert (entry.actor_kind, entry.actor_id, entry.actor_role) == ("account", OWNER.id, "owner")
    assert (entry.organization_id, entry.facts) == (ORGANIZATION, details)
    assert broken(session_factory) is None


def test_what_is_rolled_back_was_never_recorded(session_factory: SessionFactory) -> None:
    with pytest.raises(ZeroDivisionError):
        _in_a_transaction(session_factory)
    put(session_factory, "a.kept")
    assert found(session_factory) == ["a.kept"]


def test_a_savepoint_that_is_rolled_back_takes_its_entries_with_it(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        record(session, SYSTEM, "a.first", organization_id=None, thing="x", now=NOW)
        with pytest.raises(ZeroDivisionError):
            _in_a_savepoint(session)
        with session.begin_nested():
            record(session, SYSTEM, "a.last", organization_id=None, thing="x", now=NOW)
    assert found(session_factory) == ["a.last", "a.first"]
    assert broken(session_factory) is None


def test_a_session_that_is_used_again_records_nothing_twice(session_factory: SessionFactory) -> None:
    with session_factory() as session:
        record(session, SYSTEM, "a.one", organization_id=None, thing="x", now=NOW)
        session.commit()
        record(session, SYSTEM, "a.lost", organization_id=None, thing="x", now=NOW)
        session.rollback()
        record(session, SYSTEM, "a.two", organization_id=None, thing="x", now=NOW)
        session.commit()
        session.commit()
    assert found(session_factory) == ["a.two", "a.one"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_request_that_does_nothing_else_still_records(session_factory: SessionFactory, committed: bool) -> None:
    manager = TransactionManager(explicit=True)
    manager.begin()
    session = session_factory()
    register(session, transaction_manager=manager, initial_state="changed")
    record(session, OWNER, "a.one", organization_id=None, thing="x", now=NOW)
    (manager.commit if committed else manager.abort)()
    session.close()
    assert found(session_factory) == ["a.one"] * committed


def test_an_entry_can_join_the_chain_before_the_commit(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        record(session, SYSTEM, "a.one", organization_id=None, thing="x", now=NOW)
        write_waiting(session)
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1
    assert found(session_factory) == ["a.one"]


def test_an_entry_of_its_own_survives_the_refusal_around_it(session_factory: SessionFactory) -> None:
    with pytest.raises(ZeroDivisionError):
        _apart(session_factory)
    assert found(session_factory) == ["document.seen"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "rotated"}, "dotted name"),
        ({"action": "endpoint.Rotated"}, "dotted name"),
        ({"action": "a." + "x" * 64}, "dotted name"),
        ({"thing": "x\ny"}, "control characters"),
        ({"thing": "x" * 201}, "200 characters"),
        ({"details": {"note": "x" * 201}}, "200 characters"),
        ({"details": {"note": "\u202ex"}}, "control characters"),
        ({"details": {"note": 1.5}}, "whole numbers"),
        ({"details": {f"n{number}": 1 for number in range(21)}}, "20 details"),
        ({"now": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_what_does_not_belong_into_an_entry_is_refused_at_once(
    session_factory: SessionFactory, change: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {"action": "a.b", "thing": "x", "now": NOW, "organization_id": None} | change
    with session_scope(session_factory) as session, pytest.raises(ValueError, match=message):
        record(session, SHELL, arguments.pop("action"), **arguments)
    assert found(session_factory) == []


def test_writers_at_once_stand_in_one_chain(session_factory: SessionFactory) -> None:
    """They even change the same other row before and after, which would lock them up if they took turns at once."""
    writers, each = 4, 5
    put(session_factory, "a.first")
    together, faults = threading.Barrier(writers), []

    def write(writer: int) -> None:
        try:
            together.wait(30)
            for number in range(each):
                with session_scope(session_factory) as session:
                    move = text("UPDATE epoch SET number = number + 1")
                    if (writer + number) % 2:
                        session.execute(move)
                    record(session, OWNER, f"w{writer}.n{number}", organization_id=None, thing="x", now=NOW)
                    if not (writer + number) % 2:
                        session.execute(move)
        except Exception as error:  # noqa: BLE001  # shown by the assertion below
            faults.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    assert len(set(found(session_factory, limit=1000))) == writers * each + 1
    assert broken(session_factory) is None


STATEMENTS: dict[str, str] = {
    "changed": "UPDATE audit_entries SET action = 'a.other' WHERE number = 2",
    "deleted": "DELETE FROM audit_entries WHERE number = 3",
    "chain deleted": "DELETE FROM audit_chain",
    "end moved back": "UPDATE audit_chain SET last_number = 2",
    "beginning beyond the end": "UPDATE audit_chain SET first_number = 9",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_refuses_to_change_the_past(
    session_factory: SessionFactory, engine: Engine, statement: str
) -> None:
    put(session_factory, "a.one", "a.two", "a.three")
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert found(session_factory) == ["a.three", "a.two", "a.one"]


@pytest.mark.parametrize("number", [2, 5], ids=["taken", "with a gap"])
def test_an_entry_that_does_not_follow_is_refused(session_factory: SessionFactory, engine: Engine, number: int) -> None:
    """Replacing a row counts, too: SQLite would delete the old one without asking its trigger."""
    put(session_factory, "a.one", "a.two", "a.three")
    content = ("operator", None, "shell", "a.forged", None, "x", "{}")
    values = dict(zip(CONTENT, content, strict=True)) | {"number": number, "at": NOW, "previous": "0" * 64}
    values["hash"] = hash_of(number, NOW, content, "0" * 64)
    statement = insert(AuditEntry).values(values)
    if engine.dialect.name == "sqlite":
        statement = statement.prefix_with("OR REPLACE")
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(statement)
    assert found(session_factory) == ["a.three", "a.two", "a.one"]
    assert broken(session_factory) is None


@pytest.mark.parametrize("table", ["audit_entries", "audit_chain"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_tables_cannot_be_emptied_at_once(session_factory: SessionFactory, engine: Engine, table: str) -> None:
    put(session_factory, "a.one")
    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {table}"))


BY_HAND = "UPDATE audit_entries SET"
ON_CHAIN = "UPDATE audit_chain SET"
OTHER = "'" + "f" * 64 + "'"
TAMPERED: dict[str, tuple[list[str], Broken]] = {
    "an action": (["UPDATE audit_entries SET action = 'a.other' WHERE number = 2"], Broken(2, "altered")),
    "a detail": (["UPDATE audit_entries SET details = '{\"a\":1}' WHERE number = 3"], Broken(3, "altered")),
    "a time": (["UPDATE audit_entries SET at = '2020-01-01 00:00:00.000000' WHERE number = 1"], Broken(1, "altered")),
    "who it was": (["UPDATE audit_entries SET actor_id = NULL WHERE number = 4"], Broken(4, "altered")),
    "a hash": ([f"{BY_HAND} hash = {OTHER} WHERE number = 2"], Broken(2, "altered")),
    "the first gone": (["DELETE FROM audit_entries WHERE number = 1"], Broken(1, "missing")),
    "one in the middle gone": (["DELETE FROM audit_entries WHERE number = 3"], Broken(3, "missing")),
    "the last gone": (["DELETE FROM audit_entries WHERE number = 4"], Broken(4, "missing")),
    "all gone": (["DELETE FROM audit_entries"], Broken(1, "missing")),
    "the end moved": (["UPDATE audit_chain SET last_number = 3"], Broken(4, "end")),
    "another end": ([f"{ON_CHAIN} last_hash = {OTHER}"], Broken(4, "end")),
    "the chain's row gone": (["DELETE FROM audit_chain"], Broken(4, "end")),
    "another beginning": ([f"{ON_CHAIN} before_hash = {OTHER}"], Broken(1, "does_not_follow")),
    "renumbered": (
        ["DELETE FROM audit_entries WHERE number = 2", "UPDATE audit_entries SET number = 2 WHERE number = 3"],
        Broken(2, "altered"),
    ),
}


@pytest.mark.parametrize(("statements", "expected"), TAMPERED.values(), ids=TAMPERED)
def test_what_was_changed_behind_the_guard_is_named(
    session_factory: SessionFactory, engine: Engine, statements: list[str], expected: Broken
) -> None:
    put(session_factory, "a.one", "a.two", "a.three", "a.four")
    assert broken(session_factory) is None
    without_guard(engine, *statements)
    assert broken(session_factory) == expected


def test_a_forged_entry_with_a_fitting_hash_does_not_carry_the_next(
    session_factory: SessionFactory, engine: Engine
) -> None:
    put(session_factory, "a.one", "a.two", "a.three")
    with session_scope(session_factory, write=False) as session:
        entry = session.get_one(AuditEntry, 2)
        content = [getattr(entry, name) for name in CONTENT]
        content[CONTENT.index("action")] = "a.forged"
        forged = hash_of(2, entry.at, content, entry.previous)
    without_guard(engine, f"{BY_HAND} action = 'a.forged', hash = '{forged}' WHERE number = 2")
    assert broken(session_factory) == Broken(3, "does_not_follow")


def test_a_chain_forged_as_a_whole_is_told_by_what_was_noted(session_factory: SessionFactory, engine: Engine) -> None:
    put(session_factory, "a.one", "a.two")
    with session_scope(session_factory, write=False) as session:
        noted = head(session)
        assert (noted.entries, noted.number) == (2, 2)
        assert holds(session, noted.number, noted.hash)
    without_guard(engine, "DELETE FROM audit_entries", "DELETE FROM audit_chain")
    put(session_factory, "a.forged", "a.two", "a.three")
    assert broken(session_factory) is None
    with session_scope(session_factory, write=False) as session:
        assert not holds(session, noted.number, noted.hash)


def test_an_empty_trail_holds(session_factory: SessionFactory) -> None:
    assert broken(session_factory) is None
    with session_scope(session_factory, write=False) as session:
        assert head(session)[:2] == (0, 0)


def test_old_entries_go_and_the_chain_begins_anew_behind_them(session_factory: SessionFactory) -> None:
    for days in (400, 399, 30, 1):
        put(session_factory, f"a.d{days}", now=NOW - timedelta(days=days))
    with session_scope(session_factory) as session:
        assert forget(session, NOW - timedelta(days=365), NOW) == 2
    assert found(session_factory) == ["audit.shortened", "a.d1", "a.d30"]
    assert broken(session_factory) is None
    with session_scope(session_factory) as session:
        (told,) = entries(session, action="audit.shortened")
        assert told.facts == {"entries": 2, "first": 3}
        assert forget(session, NOW - timedelta(days=365), NOW) == 0
        assert session.get_one(AuditChain, 1).first_number == 3
    put(session_factory, "a.later")
    assert broken(session_factory) is None


def test_the_newest_entry_stays_however_old(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        assert forget(session, NOW, NOW) == 0
    put(session_factory, "a.one", "a.two", now=NOW - timedelta(days=4000))
    with session_scope(session_factory) as session:
        assert forget(session, NOW, NOW) == 1
    assert found(session_factory) == ["audit.shortened", "a.two"]
    assert broken(session_factory) is None


def test_entries_are_found_by_organisation_and_action_the_newest_first(session_factory: SessionFactory) -> None:
    put(session_factory, "a.one", "a.two", organization_id=ORGANIZATION)
    put(session_factory, "a.one")
    assert found(session_factory, organization_id=ORGANIZATION) == ["a.two", "a.one"]
    assert found(session_factory, action="a.one") == ["a.one", "a.one"]
    assert found(session_factory, before=3, limit=1) == ["a.two"]
