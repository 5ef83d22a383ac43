"""Signing up: two steps, of which the second proves the address, and nothing that tells whether there is an account.

Until the address is confirmed an account is worth nothing, and whoever signs up next takes it over whole: password,
name and language of the one before are gone, and so is the link. And because somebody may press the button in a mail
that she did not ask for, a browser other than the one that signed up has to show the password as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from senfcall_avv.accounts import throttle, tokens
from senfcall_avv.accounts.client import Client
from senfcall_avv.accounts.errors import LoginRefused, TokenRefused
from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.means import Means
from senfcall_avv.accounts.models import Account, Attempted, Purpose, Token
from senfcall_avv.accounts.services import find_by_email, note, tell
from senfcall_avv.db import SessionFactory, session_scope

CONFIRM_HOURS: Final = 24
MAILS_PER_HOUR: Final = 5
AGAIN_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class SignUp:
    """What somebody entered; ``email`` is normalised, the password already hashed."""

    email: str
    name: str
    language: str
    password_hash: str


def sign_up(session: Session, links: Links, entered: SignUp, client: Client, now: datetime) -> None:
    """Make an account that waits for its confirmation, or take over one that does.

    Whoever has an account already is told so by mail, and nothing changes.
    """
    account = find_by_email(session, entered.email)
    if account is None:
        account = _create(session, entered, now)
    if account.confirmed_at is not None:
        _tell_known(session, account, links, now)
        return
    account.name, account.language = entered.name, entered.language
    account.password_hash = entered.password_hash
    account.signup_browser = client.browser
    tokens.void_all(session, account.id, now)
    _send(session, account, links, now)


def _create(session: Session, entered: SignUp, now: datetime) -> Account:
    account = Account(
        email=entered.email,
        name=entered.name,
        language=entered.language,
        password_hash=entered.password_hash,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError:
        # Somebody else was a moment quicker with the same address.
        found = find_by_email(session, entered.email)
        if found is None:
            raise
        return found
    return account


def _tell_known(session: Session, account: Account, links: Links, now: datetime) -> None:
    if account.locked_at is None:
        tell(session, account, "known_address", {"login_link": links.login, "reset_link": links.reset}, now)


def _send(session: Session, account: Account, links: Links, now: datetime) -> None:
    # Beyond the limit no mail leaves; a new token would only make the link worthless that has already arrived.
    if tokens.issued_since(session, account.id, now - timedelta(hours=1)) >= MAILS_PER_HOUR:
        return
    token = tokens.issue(session, Purpose.CONFIRM, account_id=account.id, address=account.email, now=now)
    values = {"name": account.name, "link": links.confirm(token), "hours": CONFIRM_HOURS}
    tell(session, account, "confirm", values, now)


def send_again(session: Session, links: Links, email: str, now: datetime) -> None:
    """Send the link once more, once a minute at most; says nothing about whether there is anything to send."""
    account = find_by_email(session, email)
    if account is None:
        return
    if account.confirmed_at is not None:
        _tell_known(session, account, links, now)
    elif not tokens.issued_since(session, account.id, now - AGAIN_AFTER):
        _send(session, account, links, now)


def send_new_link(session: Session, links: Links, value: str, now: datetime) -> str | None:
    """Send a new link to whoever shows one whose time is over; gives the address, None if nothing can be sent."""
    token = tokens.expired(session, Purpose.CONFIRM, value)
    account = session.get(Account, token.account_id) if token is not None else None
    if account is None or account.confirmed_at is not None:
        return None
    send_again(session, links, account.email, now)
    return account.email


@dataclass(frozen=True)
class Waiting:
    """A confirmation that can be given."""

    account: Account
    needs_password: bool
    """This is another browser than the one that signed up."""


def waiting(session: Session, value: str, client: Client, now: datetime) -> Waiting:
    """Look at what a link would confirm. Raises TokenRefused."""
    token = tokens.peek(session, Purpose.CONFIRM, value, now)
    account = _account_of(session, token)
    return Waiting(account, needs_password=account.signup_browser != client.browser)


def confirm(session: Session, value: str, now: datetime) -> Account:
    """Confirm an address. Raises TokenRefused. Whether the password is needed is the caller's to ask (``waiting``)."""
    token = tokens.use(session, Purpose.CONFIRM, value, now)
    account = _account_of(session, token)
    account.confirmed_at = account.confirmed_at or now
    account.signup_browser = None
    note(session, account, "account.confirmed", now)
    return account


def _account_of(session: Session, token: Token) -> Account:
    account = session.get(Account, token.account_id) if token.account_id else None
    if account is None or account.email != token.address or account.locked_at is not None:
        raise TokenRefused("unknown")
    return account


def check_password(
    factory: SessionFactory, means: Means, email: str, password: str, client: Client, now: datetime
) -> None:
    """Judge the password of an account that waits for its confirmation. Raises LoginRefused, TooMany."""
    subject = throttle.subject_of(means.ring, email)
    with session_scope(factory) as session:
        account = find_by_email(session, email)
        attempt = throttle.begin(session, Attempted.LOGIN, throttle.LOGIN, subject, client, known=False, now=now)
    if not means.passwords.verify(account.password_hash if account else None, password):
        raise LoginRefused
    with session_scope(factory) as session:
        throttle.succeed(session, attempt)
