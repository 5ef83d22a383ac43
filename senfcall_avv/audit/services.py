"""Recording what people did, reading it, and proving that nobody has touched it since.

Entries join the chain at the very end of the transaction that recorded them. Writers queue for the chain, so whoever
took his place earlier and then waited for another row could block, and be blocked by, whoever holds that row.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import delete, event, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction

from senfcall_avv.audit.models import CONTENT, NO_HASH, AuditChain, AuditEntry, hash_of
from senfcall_avv.db import SessionFactory, session_scope

_WAITING: Final = "avv.audit.waiting"
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_NOTHING: Final[Mapping[str, str | int]] = MappingProxyType({})
LONGEST_DETAIL: Final = 200
MOST_DETAILS: Final = 20


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted, by number and role only: an entry stays true when the account is gone.

    ``staff`` is a reviewer or operator in the portal, ``operator`` somebody at the shell, ``system`` a job.
    """

    kind: Literal["account", "staff", "system", "operator"]
    id: str | None
    role: str


SYSTEM: Final = Actor("system", None, "system")
SHELL: Final = Actor("operator", None, "shell")


class Broken(NamedTuple):
    """The first place where the chain does not hold.

    ``reason`` is ``altered`` (the entry is not what was hashed), ``missing`` (no entry has this number),
    ``does_not_follow`` (it continues another entry than the one before it) or ``end`` (the chain ends elsewhere).
    """

    number: int
    reason: str


class Head(NamedTuple):
    """The end of a whole chain: how many entries it has, and its last one."""

    entries: int
    number: int
    hash: str


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    organization_id: str | None,
    thing: str,
    details: Mapping[str, str | int] = _NOTHING,
    now: datetime,
) -> None:
    """Record in the caller's transaction what somebody did: it is stored if, and only if, that is committed.

    ``thing`` names what it was done to, such as ``endpoint:<id>``; ``details`` holds facts, never secrets or texts that
    people wrote. Raises ValueError for an action that is no dotted name, or details that are too many or too long.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone can't be recorded")
    content = (actor.kind, actor.id, actor.role, _checked(action), organization_id, _plain(thing), _written(details))
    session.connection()  # a transaction that nobody began yet would neither be committed nor rolled back
    waiting = session.info.get(_WAITING)
    if waiting is None:
        waiting = session.info[_WAITING] = []
        event.listen(session, "before_commit", _before_commit)
        event.listen(session, "after_soft_rollback", _after_rollback)
        event.listen(session, "after_transaction_end", _after_transaction)
    waiting.append((session.get_nested_transaction(), now, content))


def record_apart(factory: SessionFactory, actor: Actor, action: str, *, thing: str, now: datetime, **more: Any) -> None:
    """Record in a transaction of its own: for what is only read (a document was seen), or must survive a refusal.

    ``more`` is ``organization_id`` and ``details`` as in ``record``.
    """
    with session_scope(factory) as session:
        record(session, actor, action, thing=thing, now=now, **more)


def write_waiting(session: Session) -> None:
    """Let recorded entries join the chain now instead of at the commit; other writers wait from here on."""
    waiting = session.info.get(_WAITING) or []
    if not waiting:
        return
    connection = session.connection()
    made: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    start = {"id": 1, "first_number": 1, "before_hash": NO_HASH, "last_number": 0, "last_hash": NO_HASH}
    connection.execute(made.insert(AuditChain).values(start).on_conflict_do_nothing())
    locked = select(AuditChain.last_number, AuditChain.last_hash).where(AuditChain.id == 1).with_for_update()
    number, previous = connection.execute(locked).one()
    for _, at, content in waiting:
        number += 1
        made_hash = hash_of(number, at, content, previous)
        row = dict(zip(CONTENT, content, strict=True))
        connection.execute(insert(AuditEntry).values(number=number, at=at, previous=previous, hash=made_hash, **row))
        previous = made_hash
    waiting.clear()


def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        write_waiting(session)


def _after_rollback(session: Session, ended: SessionTransaction) -> None:
    """Forget what was recorded inside a savepoint that was rolled back."""
    waiting = session.info[_WAITING]
    waiting[:] = [entry for entry in waiting if not _is_inside(entry[0], ended)]


def _is_inside(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None and transaction is not outer:
        transaction = transaction.parent
    return transaction is outer


def _after_transaction(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info[_WAITING].clear()


def _checked(action: str) -> str:
    if len(action) > 64 or _ACTION.fullmatch(action) is None:
        raise ValueError("an action is a dotted name such as endpoint.rotated")
    return action


def _plain(text: str) -> str:
    if len(text) > LONGEST_DETAIL or any(unicodedata.category(character)[0] == "C" for character in text):
        raise ValueError(f"what is recorded has at most {LONGEST_DETAIL} characters, none of them control characters")
    return text


def _written(details: Mapping[str, str | int]) -> str:
    if len(details) > MOST_DETAILS:
        raise ValueError(f"an entry has at most {MOST_DETAILS} details")
    checked = {_plain(name): _plain(value) if isinstance(value, str) else value for name, value in details.items()}
    if not all(isinstance(value, (str, int)) for value in checked.values()):
        raise ValueError("details are texts and whole numbers")
    return json.dumps(checked, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def verify(session: Session) -> Broken | None:
    """Go through the whole chain; give the first place where it does not hold, None if it holds."""
    chain = session.get(AuditChain, 1, populate_existing=True)
    expected, previous = (chain.first_number, chain.before_hash) if chain else (1, NO_HASH)
    rows = session.execute(select(AuditEntry.__table__).order_by(AuditEntry.number).execution_options(yield_per=1000))
    with closing(rows):
        for row in rows:
            fault = _fault(row, expected, previous)
            if fault is not None:
                return fault
            expected, previous = row.number + 1, row.hash
    last, last_hash = (chain.last_number, chain.last_hash) if chain else (0, NO_HASH)
    if expected <= last:
        return Broken(expected, "missing")
    if expected > last + 1 or previous != last_hash:
        return Broken(expected - 1, "end")
    return None


def _fault(row: Any, expected: int, previous: str) -> Broken | None:
    if row.number > expected:
        return Broken(expected, "missing")
    if row.hash != hash_of(row.number, row.at, [getattr(row, name) for name in CONTENT], row.previous):
        return Broken(row.number, "altered")
    if row.number < expected or row.previous != previous:
        return Broken(row.number, "does_not_follow")
    return None


def head(session: Session) -> Head:
    """Give the end of the chain, to be noted somewhere else: a chain rewritten as a whole is told by it alone."""
    chain = session.get(AuditChain, 1, populate_existing=True)
    count = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    return Head(count, chain.last_number, chain.last_hash) if chain else Head(0, 0, NO_HASH)


def holds(session: Session, number: int, noted_hash: str) -> bool:
    """Tell whether an entry still has the hash that was noted for it."""
    return session.scalar(select(AuditEntry.hash).where(AuditEntry.number == number)) == noted_hash


def entries(
    session: Session,
    *,
    organization_id: str | None = None,
    action: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """Give entries, the newest first; ``before`` is the number after which to go on."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    if organization_id is not None:
        query = query.where(AuditEntry.organization_id == organization_id)
    if action is not None:
        query = query.where(AuditEntry.action == action)
    if before is not None:
        query = query.where(AuditEntry.number < before)
    return session.scalars(query).all()


def forget(session: Session, older_than: datetime, now: datetime) -> int:
    """Let the chain begin at its first entry of that time, and delete those before; gives their number.

    That it was shortened is itself recorded. The newest entry stays, however old.
    """
    newest = select(func.max(AuditEntry.number)).scalar_subquery()
    keeps = select(func.min(AuditEntry.number)).where((AuditEntry.at >= older_than) | (AuditEntry.number == newest))
    first = session.get(AuditEntry, session.scalar(keeps) or 0)
    chain = session.get(AuditChain, 1, with_for_update=True, populate_existing=True)
    if first is None or chain is None or first.number <= chain.first_number:
        return 0
    connection = session.connection()
    connection.execute(update(AuditChain).values(first_number=first.number, before_hash=first.previous))
    gone = connection.execute(delete(AuditEntry).where(AuditEntry.number < first.number)).rowcount
    facts: dict[str, str | int] = {"entries": gone, "first": first.number}
    record(session, SYSTEM, "audit.shortened", organization_id=None, thing="audit", details=facts, now=now)
    return gone
