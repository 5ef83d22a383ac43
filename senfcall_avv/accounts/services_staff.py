"""Who works for the operator of the installation. Two operators remain, whatever happens to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from senfcall_avv.accounts import sessions, two_factor
from senfcall_avv.accounts.errors import AccountRefused
from senfcall_avv.accounts.models import Account, Role, StaffRole
from senfcall_avv.accounts.services import find_confirmed
from senfcall_avv.audit.services import Actor, record

LEAST_OPERATORS: Final = 2


class Member(NamedTuple):
    """Somebody of the staff."""

    account: Account
    role: Role
    since: datetime
    second_factor: bool


def members(session: Session) -> Sequence[Member]:
    """Give all of the staff, by address."""
    rows = session.execute(
        select(Account, StaffRole)
        .join(StaffRole, StaffRole.account_id == Account.id)
        .order_by(Account.email, StaffRole.role)
    ).all()
    return [
        Member(account, row.role, row.created_at, two_factor.has_factor(session, account.id)) for account, row in rows
    ]


def add(session: Session, email: str, role: Role, actor: Actor, now: datetime) -> Account:
    """Give somebody a role. All her sessions end: she logs in anew, with a second factor.

    Raises AccountRefused: ``unknown`` (no confirmed account has this normalised address), ``already``.
    """
    account = find_confirmed(session, email)
    if account is None:
        raise AccountRefused("unknown")
    if session.get(StaffRole, (account.id, role)) is not None:
        raise AccountRefused("already")
    session.add(StaffRole(account_id=account.id, role=role, created_at=now))
    session.flush()
    sessions.end_all(session, account.id)
    _note(session, actor, "staff.added", account, {"role_added": role.value}, now)
    return account


def remove(session: Session, email: str, role: Role, actor: Actor, now: datetime) -> Account:
    """Take a role away; all sessions of whoever had it end.

    Raises AccountRefused: ``unknown`` (nobody with this role has this address), ``last_operators``.
    """
    query = (
        select(StaffRole)
        .join(Account, Account.id == StaffRole.account_id)
        .where(Account.email == email, StaffRole.role == role)
    )
    row = session.scalar(query)
    if row is None:
        raise AccountRefused("unknown")
    if role is Role.OPERATOR and _operators_locked(session) <= LEAST_OPERATORS:
        raise AccountRefused("last_operators")
    account = session.get_one(Account, row.account_id)
    session.delete(row)
    session.flush()
    sessions.end_all(session, account.id)
    _note(session, actor, "staff.removed", account, {"role_removed": role.value}, now)
    return account


def _operators_locked(session: Session) -> int:
    """Count the operators, and hold their rows: two who leave at once must not both be the last but one."""
    rows = session.scalars(
        select(StaffRole).where(StaffRole.role == Role.OPERATOR).order_by(StaffRole.account_id).with_for_update()
    )
    return len(rows.all())


def operators(session: Session) -> int:
    """Count the operators."""
    return session.scalar(select(func.count()).where(StaffRole.role == Role.OPERATOR)) or 0


def _note(
    session: Session, actor: Actor, action: str, account: Account, details: dict[str, str | int], now: datetime
) -> None:
    thing = f"account:{account.id}"
    record(session, actor, action, organization_id=None, thing=thing, details=details, now=now)
