"""Logging in: one answer for every failure, the same work for each, and a second step where somebody wants it.

An attempt is counted in a transaction of its own before it is judged, and the slow hash is computed while no
transaction is open: on SQLite everybody else would have to wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from senfcall_avv.accounts import sessions, throttle, two_factor
from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.errors import CodeRefused, LoginRefused
from senfcall_avv.accounts.means import Means
from senfcall_avv.accounts.models import Account, Attempted, KnownDevice, LoginSession, Stage
from senfcall_avv.accounts.services import find_confirmed, in_words, note, tell
from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.i18n import _
from senfcall_avv.logs import log

UNKNOWN_DEVICE: Final = _("unbekanntes Gerät")


class Proven(NamedTuple):
    """Somebody who knew the password; ``new_hash`` replaces one that was made with weaker parameters."""

    account_id: str
    new_hash: str | None
    attempt: throttle.Attempt


def check_password(
    factory: SessionFactory, means: Means, email: str, password: str, client: Client, now: datetime
) -> Proven:
    """Judge an address with a password. Raises LoginRefused, for whatever reason, or TooMany."""
    subject = throttle.subject_of(means.ring, email)
    with session_scope(factory) as session:
        account = find_confirmed(session, email)
        known = throttle.is_known(session, account, client)
        attempt = throttle.begin(session, Attempted.LOGIN, throttle.LOGIN, subject, client, known=known, now=now)
        password_hash = account.password_hash if account is not None else None
    if not means.passwords.verify(password_hash, password) or account is None or password_hash is None:
        log.info("accounts.login_failed", network=client.network)
        _warn_owner(factory, means, email, subject, attempt, now)
        raise LoginRefused
    outdated = means.passwords.outdated(password_hash)
    return Proven(account.id, means.passwords.hash(password) if outdated else None, attempt)


def _warn_owner(
    factory: SessionFactory, means: Means, email: str, subject: str, attempt: throttle.Attempt, now: datetime
) -> None:
    """Tell somebody that others try her address, when the delay begins and once an hour at most."""
    if attempt.failures < throttle.LOGIN.most:
        return
    with session_scope(factory) as session:
        account = find_confirmed(session, email)
        if account is not None and throttle.first_in(session, Attempted.NOTICE, subject, throttle.HOUR, now):
            tell(session, account, "failed_logins", {"count": attempt.failures, "link": means.links.account}, now)


@dataclass(frozen=True)
class Entered:
    """How far somebody has come, and what her browser's cookie gets."""

    cookie: str
    stage: Stage
    account: Account


def enter(session: Session, means: Means, proven: Proven, client: Client, now: datetime) -> Entered:
    """Begin a log-in after the password. Staff without a second factor has to set one up first."""
    account = session.get_one(Account, proven.account_id)
    throttle.succeed(session, proven.attempt)
    if proven.new_hash is not None:
        account.password_hash = proven.new_hash
    if two_factor.has_factor(session, account.id):
        stage = Stage.FACTOR
    else:
        stage = Stage.ENROLMENT if sessions.roles_of(session, account.id) else Stage.COMPLETE
    cookie = sessions.start(session, account.id, client, now, stage=stage)
    if stage is Stage.COMPLETE:
        complete(session, means, account, client, "password", now)
    return Entered(cookie, stage, account)


def enter_by_passkey(session: Session, means: Means, account: Account, client: Client, now: datetime) -> Entered:
    """Log somebody in whose passkey was checked with its person verified: both factors at once."""
    cookie = sessions.start(session, account.id, client, now, stage=Stage.COMPLETE, second_factor=True)
    complete(session, means, account, client, "passkey", now)
    return Entered(cookie, Stage.COMPLETE, account)


def enter_confirmed(session: Session, means: Means, account: Account, client: Client, now: datetime) -> Entered:
    """Log in whoever has just confirmed her address."""
    cookie = sessions.start(session, account.id, client, now, stage=Stage.COMPLETE)
    complete(session, means, account, client, "confirmation", now)
    return Entered(cookie, Stage.COMPLETE, account)


def begin_factor(
    factory: SessionFactory, means: Means, account_id: str, client: Client, now: datetime
) -> throttle.Attempt:
    """Count a try at a second factor before it is judged. Raises TooMany."""
    subject = throttle.subject_of(means.ring, account_id)
    with session_scope(factory) as session:
        known = throttle.is_known(session, session.get(Account, account_id), client)
        return throttle.begin(session, Attempted.FACTOR, throttle.FACTOR, subject, client, known=known, now=now)


def check_factor(session: Session, means: Means, account: Account, code: str, now: datetime) -> str:
    """Accept a code of the authenticator or a recovery code; says which. Raises CodeRefused."""
    try:
        two_factor.check_code(session, means.ring, account.id, code, now)
    except CodeRefused:
        two_factor.check_recovery_code(session, account.id, code, now)
        what = in_words(account, _("Ein Wiederherstellungscode wurde benutzt."))
        tell(session, account, "factor_changed", {"what": what, "link": means.links.account}, now)
        note(session, account, "account.recovery_used", now)
        return "recovery"
    return "code"


def pass_factor(
    session: Session,
    means: Means,
    row: LoginSession,
    account: Account,
    attempt: throttle.Attempt | None,
    client: Client,
    how: str,
    now: datetime,
) -> Entered:
    """Complete a log-in whose second step was accepted, under a new id."""
    if attempt is not None:
        throttle.succeed(session, attempt)
    cookie = sessions.renew(session, row, now, second_factor=True)
    complete(session, means, account, client, how, now)
    return Entered(cookie, Stage.COMPLETE, account)


def complete(session: Session, means: Means, account: Account, client: Client, how: str, now: datetime) -> None:
    """Note that somebody is in; a browser seen for the first time is told to her by mail."""
    device = session.get(KnownDevice, (client.browser, account.id))
    if device is not None:
        device.seen_at = now
    else:
        session.add(KnownDevice(digest=client.browser, account_id=account.id, seen_at=now))
        if account.last_login_at is not None:
            words = client.device or in_words(account, UNKNOWN_DEVICE)
            tell(session, account, "new_device", {"when": now, "device": words, "link": means.links.account}, now)
    account.last_login_at = now
    account.warned_at = None
    note(session, account, "account.logged_in", now, how=how)


def log_out(session: Session, account: Account, session_id: str, now: datetime) -> None:
    """End this session."""
    if sessions.end(session, account.id, session_id):
        note(session, account, "account.logged_out", now)


def end_session(session: Session, account: Account, session_id: str, now: datetime) -> bool:
    """End one of somebody's sessions from the list; says whether there was one."""
    if not sessions.end(session, account.id, session_id):
        return False
    note(session, account, "account.sessions_ended", now, count=1)
    return True


def end_other_sessions(session: Session, account: Account, this: str, now: datetime) -> int:
    """End all of somebody's sessions but this one; gives their number."""
    ended = sessions.end_all(session, account.id, but=this)
    note(session, account, "account.sessions_ended", now, count=ended)
    return ended


def unknown_password(means: Means, password: str) -> None:
    """Do the work of checking a password for an address that can't be one."""
    means.passwords.verify(None, password)


def refresh(session: Session, row: LoginSession, proven: Proven | None, now: datetime) -> str:
    """Note that somebody has proven again who she is; gives the cookie's new value."""
    if proven is not None:
        throttle.succeed(session, proven.attempt)
    return sessions.renew(session, row, now, second_factor=False)


def raise_session(session: Session, row: LoginSession, now: datetime) -> str:
    """Note that a session has passed a second factor that was just set up; gives the cookie's new value."""
    return sessions.renew(session, row, now, second_factor=True)


def remember_device(session: Session, account: Account, client: Client, now: datetime) -> None:
    """Note a browser as the owner's without telling her: she sits before it."""
    if session.get(KnownDevice, (client.browser, account.id), populate_existing=True) is None:
        session.add(KnownDevice(digest=client.browser, account_id=account.id, seen_at=now))
