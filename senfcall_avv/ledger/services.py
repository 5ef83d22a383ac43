"""Storing counters, and reading them for showing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Insert, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from senfcall_avv.ledger.folding import MAX_NAMES, MORE, OWN_NAMES, RowKey, Rows, merge
from senfcall_avv.ledger.models import LedgerEntry
from senfcall_avv.ledger.notes import CHECKSUM, FORWARDED

StoredNames = dict[tuple[str, date], set[str]]
"""Names known to stand in the table, by organisation and day."""

KEEP_NAMES: Final = timedelta(days=30)
KEEP_FORWARDED: Final = timedelta(days=7)
KEEP_COUNTERS: Final = timedelta(days=396)
"""Thirteen months."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, summed up over days and keys. ``revision`` is that of the last time."""

    call: str
    name: str
    reason: str
    count: int
    neutral: int
    first_at: datetime
    last_at: datetime
    revision: str


def store(session: Session, rows: Rows, stored: StoredNames) -> None:
    """Add counters to the table, one row each, made where there is none.

    ``stored`` is the caller's memory between calls; it saves the look whether an organisation has used up its names.
    """
    if not rows:
        return
    capped = _capped(session, rows, stored)
    # Sorted, so that two processes lock the rows in the same order.
    values = [row._asdict() | asdict(tally) for row, tally in sorted(capped.items(), key=lambda item: item[0])]
    session.connection().execute(_upsert(session.get_bind().dialect.name), values)


def _upsert(dialect: str) -> Insert:
    table = LedgerEntry.__table__
    made: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    old, new = table.c, made.excluded
    later = new.last_at >= old.last_at
    upsert: Insert = made.on_conflict_do_update(
        index_elements=RowKey._fields,
        set_={
            "count": old.count + new.count,
            "neutral": old.neutral + new.neutral,
            "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
            "last_at": case((later, new.last_at), else_=old.last_at),
            "revision": case((later, new.revision), else_=old.revision),
        },
    )
    return upsert


def _capped(session: Session, rows: Rows, stored: StoredNames) -> Rows:
    """Count names beyond MAX_NAMES under ``(more)``, with what other processes and earlier lives have stored."""
    days = {row.day for row in rows}
    for known in [known for known in stored if known[1] not in days]:
        del stored[known]
    capped: Rows = {}
    looked: set[tuple[str, date]] = set()
    for row, tally in rows.items():
        kept = row
        if row.name and row.name not in OWN_NAMES and row.reason != CHECKSUM:
            owner = (row.organization_id, row.day)
            names = stored.setdefault(owner, set())
            if row.name not in names and owner not in looked:
                looked.add(owner)
                names.update(_names(session, *owner))
            if row.name not in names and len(names) >= MAX_NAMES:
                kept = row._replace(name=MORE)
            else:
                names.add(row.name)
        merge(capped, kept, tally)
    return capped


def _names(session: Session, organization_id: str, day: date) -> set[str]:
    names = session.scalars(
        select(LedgerEntry.name)
        .where(LedgerEntry.organization_id == organization_id, LedgerEntry.day == day, LedgerEntry.reason != CHECKSUM)
        .distinct()
    )
    return {name for name in names if name and name not in OWN_NAMES}


def entries(session: Session, organization_id: str, since: date) -> Sequence[Entry]:
    """Give what happened to an organisation's calls from a day (UTC) on, summed up over days and keys.

    Rows without a name whose reason is one of ``notes.VERDICTS`` count the calls themselves.
    """
    rows = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.organization_id == organization_id, LedgerEntry.day >= since)
        .order_by(LedgerEntry.call, LedgerEntry.name, LedgerEntry.reason)
        .execution_options(yield_per=1000)
    )
    summed: dict[tuple[str, str, str], Entry] = {}
    for row in rows:
        thing = (row.call, row.name, row.reason)
        entry = Entry(*thing, row.count, row.neutral, row.first_at, row.last_at, row.revision)
        summed[thing] = _sum(summed[thing], entry) if thing in summed else entry
    return list(summed.values())


def _sum(one: Entry, other: Entry) -> Entry:
    last = max(one, other, key=lambda entry: entry.last_at)
    return Entry(
        one.call,
        one.name,
        one.reason,
        one.count + other.count,
        one.neutral + other.neutral,
        min(one.first_at, other.first_at),
        last.last_at,
        last.revision,
    )


def forget(session: Session, today: date) -> int:
    """Delete what is kept no longer; gives the number of rows.

    Names of forwarded parameters go after 7 days, other names and networks after 30, the calls' own counters after 13
    months.
    """
    named = LedgerEntry.name != ""
    deleted = 0
    for over in (
        (LedgerEntry.day < today - KEEP_FORWARDED) & named & (LedgerEntry.reason == FORWARDED),
        (LedgerEntry.day < today - KEEP_NAMES) & named,
        LedgerEntry.day < today - KEEP_COUNTERS,
    ):
        deleted += session.connection().execute(delete(LedgerEntry).where(over)).rowcount
    return deleted
