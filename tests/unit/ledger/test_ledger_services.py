from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

from sqlalchemy import func, select

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.ledger.folding import RowKey, Tally
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.ledger.services import Entry, entries, forget, store
from tests.factories.ledger import KEY, ORGANIZATION

TODAY = date(2026, 11, 20)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time_of_day(hour), UTC)


def row(
    days_ago: int, name: str = "logo", reason: str = "not_listed", organization: str = ORGANIZATION, key: str = KEY
) -> RowKey:
    return RowKey(organization, TODAY - timedelta(days=days_ago), key, "create", name, reason)


def put(factory: SessionFactory, *rows: RowKey, count: int = 1, neutral: int = 0, revision: str = "rev-1") -> None:
    with session_scope(factory) as session:
        tallies = {row: Tally(count, neutral, at(row.day, 8), at(row.day, 9), revision) for row in rows}
        store(session, tallies, {})


def test_entries_are_summed_over_days_and_keys(session_factory: SessionFactory) -> None:
    put(session_factory, row(3), count=5, neutral=2, revision="old")
    put(session_factory, row(1, key="kbbbbbbbbbbbbbbb"), count=7, neutral=1, revision="new")
    put(session_factory, row(2), count=1)
    put(session_factory, row(8), count=100)
    put(session_factory, row(1, organization="anotherxxxxxxxxxxxxxxx"), count=1000)
    with session_scope(session_factory, write=False) as session:
        found = entries(session, ORGANIZATION, TODAY - timedelta(days=6))
    first, last = at(TODAY - timedelta(days=3), 8), at(TODAY - timedelta(days=1), 9)
    assert found == [Entry("create", "logo", "not_listed", 13, 3, first, last, "new")]


def test_different_reasons_stay_apart(session_factory: SessionFactory) -> None:
    put(session_factory, row(0), row(0, reason="clamped"), row(0, name="welcome"))
    with session_scope(session_factory, write=False) as session:
        found = entries(session, ORGANIZATION, TODAY)
    assert [(entry.name, entry.reason) for entry in found] == [
        ("logo", "clamped"),
        ("logo", "not_listed"),
        ("welcome", "not_listed"),
    ]


def test_a_later_store_of_earlier_counts_keeps_the_latest_time_and_revision(session_factory: SessionFactory) -> None:
    day = row(0)
    for hour, revision in ((10, "late"), (8, "early")):
        with session_scope(session_factory) as session:
            store(session, {day: Tally(1, 0, at(TODAY, hour), at(TODAY, hour), revision)}, {})
    with session_scope(session_factory, write=False) as session:
        (entry,) = entries(session, ORGANIZATION, TODAY)
    assert (entry.count, entry.first_at, entry.last_at, entry.revision) == (2, at(TODAY, 8), at(TODAY, 10), "late")


def test_what_is_kept_no_longer_is_forgotten_by_its_own_term(session_factory: SessionFactory) -> None:
    kept = [
        row(7, reason="forwarded"),
        row(30),
        row(30, "203.0.113.0/24", "checksum"),
        row(396, "", "forwarded"),
        row(396, "", "partly"),
    ]
    gone = [row(8, reason="forwarded"), row(31), row(31, "203.0.113.0/24", "checksum"), row(397, "", "partly")]
    put(session_factory, *kept, *gone)
    with session_scope(session_factory) as session:
        assert forget(session, TODAY) == len(gone)
    with session_scope(session_factory, write=False) as session:
        left = session.scalars(select(LedgerEntry))
        assert {(entry.day, entry.name, entry.reason) for entry in left} == {(k.day, k.name, k.reason) for k in kept}
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == len(kept)


def test_storing_nothing_does_nothing(session_factory: SessionFactory) -> None:
    with session_scope(session_factory) as session:
        store(session, {}, {})
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == 0
