"""Accounts that go, and accounts that must not be used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from senfcall_avv.accounts import sessions, tokens
from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.models import Account
from senfcall_avv.accounts.personal_data import PersonalData
from senfcall_avv.accounts.services import note
from senfcall_avv.audit.services import Actor, record


def hindrances(session: Session, account_id: str, every: Iterable[PersonalData]) -> list[str]:
    """Say in sentences for people why an account can't go yet; empty: it can."""
    told = (data.hindrance(session, account_id) for data in every if data.hindrance is not None)
    return [sentence for sentence in told if sentence]


def delete_account(session: Session, account: Account, every: Iterable[PersonalData], now: datetime) -> None:
    """Forget a person in every room, then the account. Raises AccountRefused (``hindered``)."""
    rooms = list(every)
    if hindrances(session, account.id, rooms):
        raise AccountRefused("hindered")
    note(session, account, "account.deleted", now)
    _erase(session, account.id, rooms, now)


def _erase(session: Session, account_id: str, rooms: Iterable[PersonalData], now: datetime) -> None:
    for data in rooms:
        data.erase(session, account_id, now)
    session.flush()
    # The rows that hang on it go with it, by the database's own rule.
    session.execute(delete(Account).where(Account.id == account_id))


def forget_unused(
    session: Session, account: Account, actor: Actor, every: Iterable[PersonalData], now: datetime
) -> None:
    """Delete an account that nobody uses. Raises AccountRefused (``hindered``)."""
    rooms = list(every)
    if hindrances(session, account.id, rooms):
        raise AccountRefused("hindered")
    thing = f"account:{account.id}"
    record(session, actor, "account.deleted", organization_id=None, thing=thing, now=now)
    _erase(session, account.id, rooms, now)


def lock(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """Let an account be used no more: its sessions end, its links are void."""
    account.locked_at = account.locked_at or now
    sessions.end_all(session, account.id)
    tokens.void_all(session, account.id, now)
    record(session, actor, "account.locked", organization_id=None, thing=f"account:{account.id}", now=now)


def unlock(session: Session, account: Account, actor: Actor, now: datetime) -> None:
    """Let a locked account be used again."""
    account.locked_at = None
    record(session, actor, "account.unlocked", organization_id=None, thing=f"account:{account.id}", now=now)
