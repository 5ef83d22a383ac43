"""Slowing down who guesses, without locking out whom it is about.

Failures count per address *and* network, so a stranger elsewhere delays only himself. A browser from which the owner
has logged in before counts by itself, whatever happens around it. Networks as a whole have a wide limit of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.errors import TooMany
from senfcall_avv.accounts.models import Account, Attempted, KnownDevice, LoginAttempt
from senfcall_avv.logs import log
from senfcall_avv.sealing import KeyRing

HOUR: Final = timedelta(hours=1)
QUARTER: Final = timedelta(minutes=15)
KEPT: Final = timedelta(days=90)


@dataclass(frozen=True)
class Limit:
    """After ``most`` failures within ``window`` the next try waits ``first``, then twice as long, up to ``longest``.

    The doubling counts the failures of the last hour.
    """

    most: int
    window: timedelta
    first: timedelta
    longest: timedelta

    def until(self, failures: Sequence[datetime]) -> datetime | None:
        """Give the moment until which tries are not judged; ``failures`` are those of the last hour, oldest first."""
        if not failures:
            return None
        latest = failures[-1]
        if sum(at > latest - self.window for at in failures) < self.most:
            return None
        beyond = len(failures) - self.most
        return latest + min(self.longest, self.first * (1 << min(beyond, 16)))


LOGIN: Final = Limit(most=10, window=QUARTER, first=timedelta(seconds=30), longest=QUARTER)
FACTOR: Final = Limit(most=5, window=timedelta(minutes=5), first=timedelta(minutes=5), longest=timedelta(minutes=5))
PER_NETWORK: Final = {Attempted.LOGIN: 100, Attempted.SIGNUP: 30, Attempted.RESET: 30, Attempted.CHALLENGE: 100}
"""Of one network in an hour: failed log-ins, sign-ups, requests for a new password or a passkey."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that is being judged, and how many in its row have failed with it."""

    id: int
    failures: int


def subject_of(ring: KeyRing, text: str) -> str:
    """Give the pseudonym under which attempts on an address or account are counted."""
    return ring.pseudonym("login-attempts", text)


def is_known(session: Session, account: Account | None, client: Client) -> bool:
    """Say whether somebody has logged in to an account from this browser before."""
    return account is not None and session.get(KnownDevice, (client.browser, account.id)) is not None


def begin(
    session: Session, kind: Attempted, limit: Limit, subject: str, client: Client, *, known: bool, now: datetime
) -> Attempt:
    """Count an attempt as failed before it is judged, or raise TooMany. Commit before judging."""
    # Whoever holds the second factor has already shown a password; there, only the known browser counts apart.
    origin = f"device:{client.browser[:32]}" if known else client.network if kind is Attempted.LOGIN else "elsewhere"
    mine = select(LoginAttempt.at).where(
        LoginAttempt.kind == kind,
        LoginAttempt.subject == subject,
        LoginAttempt.origin == origin,
        LoginAttempt.failed,
        LoginAttempt.at > now - HOUR,
    )
    failures = list(session.scalars(mine.order_by(LoginAttempt.at, LoginAttempt.id)))
    until = limit.until(failures)
    if until is not None and until > now:
        log.warning("accounts.limited", kind=kind.value, network=client.network)
        raise TooMany(until)
    if not known:
        check_network(session, kind, client, now)
    attempt = LoginAttempt(kind=kind, subject=subject, origin=origin, failed=True, at=now)
    session.add(attempt)
    session.flush()
    return Attempt(attempt.id, len(failures) + 1)


def check_network(session: Session, kind: Attempted, client: Client, now: datetime) -> None:
    """Raise TooMany if a network has had its share of the hour."""
    most = PER_NETWORK.get(kind)
    if most is None:
        return
    recent = (
        select(LoginAttempt.at)
        .where(
            LoginAttempt.kind == kind,
            LoginAttempt.origin == client.network,
            LoginAttempt.failed,
            LoginAttempt.at > now - HOUR,
        )
        .order_by(LoginAttempt.at.desc())
        .limit(1)
        .offset(most - 1)
    )
    since = session.scalar(recent)
    if since is not None:
        log.warning("accounts.limited", kind=kind.value, network=client.network)
        raise TooMany(since + HOUR)


def count(session: Session, kind: Attempted, subject: str, client: Client, now: datetime) -> None:
    """Count something that is limited per network alone, or raise TooMany."""
    check_network(session, kind, client, now)
    session.add(LoginAttempt(kind=kind, subject=subject, origin=client.network, failed=True, at=now))
    session.flush()


def succeed(session: Session, attempt: Attempt) -> None:
    """Note that an attempt was none of a guesser: it counts no longer."""
    session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt.id).values(failed=False))


def first_in(session: Session, kind: Attempted, subject: str, window: timedelta, now: datetime) -> bool:
    """Note that something happens, and say whether it is the first time within a window."""
    query = select(func.count()).where(
        LoginAttempt.kind == kind, LoginAttempt.subject == subject, LoginAttempt.at > now - window
    )
    if session.scalar(query):
        return False
    session.add(LoginAttempt(kind=kind, subject=subject, origin="", failed=False, at=now))
    session.flush()
    return True


def forget(session: Session, now: datetime) -> int:
    """Delete what is kept no longer; gives the number."""
    return session.connection().execute(delete(LoginAttempt).where(LoginAttempt.at < now - KEPT)).rowcount
