"""Log-ins as rows: a random id of 256 bits in the browser's cookie, its SHA-256 in the table.

A session ends by idling, by age, or because its row is deleted: at a log-out, and whenever password, address, factors
or roles change. Its id is renewed at every step that raises what it may do. A row whose time is over stays for a day:
entries that came too late are offered again only to the same person (``keeping``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.models import Account, LoginSession, Role, StaffRole, Stage
from senfcall_avv.accounts.tokens import digest, looks_like_secret, new_secret

if TYPE_CHECKING:
    from senfcall_avv.settings import AccountSettings

SEEN_EVERY: Final = timedelta(minutes=1)
"""A session's last use is written this often at most."""
ENDED_KEPT: Final = timedelta(days=1)
PENDING: Final = timedelta(minutes=15)
"""How long the second factor may take."""


@dataclass(frozen=True)
class Lifetimes:
    """How long sessions last."""

    idle: timedelta
    staff_idle: timedelta
    absolute: timedelta
    fresh: timedelta

    @classmethod
    def of(cls, settings: AccountSettings) -> Lifetimes:
        return cls(
            idle=timedelta(minutes=settings.idle_minutes),
            staff_idle=timedelta(minutes=settings.staff_idle_minutes),
            absolute=timedelta(hours=settings.session_hours),
            fresh=timedelta(minutes=settings.fresh_minutes),
        )


class Found(NamedTuple):
    """A session with what every page needs of its account."""

    row: LoginSession
    account: Account
    roles: frozenset[Role]

    def live(self, lifetimes: Lifetimes, now: datetime) -> bool:
        """Say whether the session still counts."""
        if self.account.locked_at is not None or now >= self.row.started_at + lifetimes.absolute:
            return False
        if self.row.stage is not Stage.COMPLETE:
            return now < self.row.started_at + PENDING
        idle = lifetimes.staff_idle if self.roles else lifetimes.idle
        # Somebody who became staff meanwhile has to pass a second factor first.
        return now < self.row.seen_at + idle and (self.row.second_factor or not self.roles)


def start(
    session: Session, account_id: str, client: Client, now: datetime, *, stage: Stage, second_factor: bool = False
) -> str:
    """Begin a log-in; gives the cookie's value."""
    value = new_secret()
    session.add(
        LoginSession(
            id=digest(value),
            account_id=account_id,
            stage=stage,
            second_factor=second_factor,
            device=client.device,
            network=client.network,
            started_at=now,
            seen_at=now,
            fresh_at=now,
        )
    )
    session.flush()
    return value


def renew(session: Session, row: LoginSession, now: datetime, *, second_factor: bool) -> str:
    """Give a session another id after its person proved who she is; gives the cookie's value. The old id is void."""
    value = new_secret()
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == row.id)
        .values(
            id=digest(value),
            stage=Stage.COMPLETE,
            second_factor=row.second_factor or second_factor,
            seen_at=now,
            fresh_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    if row in session:
        session.expunge(row)
    return value


def find(session: Session, value: str) -> Found | None:
    """Find the session of a cookie's value, live or not, in two queries."""
    if not looks_like_secret(value):
        return None
    query = (
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(LoginSession.id == digest(value))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else Found(row[0], row[1], roles_of(session, row[1].id))


def roles_of(session: Session, account_id: str) -> frozenset[Role]:
    """Give somebody's roles at the operator."""
    return frozenset(session.scalars(select(StaffRole.role).where(StaffRole.account_id == account_id)))


def touch(session: Session, session_id: str, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id, LoginSession.seen_at < now)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def end(session: Session, account_id: str, session_id: str) -> bool:
    """End one of somebody's sessions; says whether there was one."""
    found = session.get(LoginSession, session_id)
    if found is None or found.account_id != account_id:
        return False
    session.delete(found)
    session.flush()
    return True


def end_all(session: Session, account_id: str, but: str | None = None) -> int:
    """End all of somebody's sessions, or all but one; gives their number."""
    ended = delete(LoginSession).where(LoginSession.account_id == account_id)
    if but is not None:
        ended = ended.where(LoginSession.id != but)
    return len(session.scalars(ended.returning(LoginSession.id)).all())


def list_live(session: Session, account_id: str, lifetimes: Lifetimes, now: datetime) -> Sequence[LoginSession]:
    """Give somebody's sessions that still count, the last used first."""
    account, roles = session.get_one(Account, account_id), roles_of(session, account_id)
    rows = session.scalars(
        select(LoginSession)
        .where(LoginSession.account_id == account_id, LoginSession.stage == Stage.COMPLETE)
        .order_by(LoginSession.seen_at.desc(), LoginSession.id)
    )
    return [row for row in rows if Found(row, account, roles).live(lifetimes, now)]


def forget(session: Session, lifetimes: Lifetimes, now: datetime) -> int:
    """Delete rows of sessions that ended a day ago; gives their number."""
    over = LoginSession.started_at < now - lifetimes.absolute - ENDED_KEPT
    return session.connection().execute(delete(LoginSession).where(over)).rowcount
