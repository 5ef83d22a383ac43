"""Moving an account to another address: it is proven by a link before anything changes, and both addresses are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from senfcall_avv.accounts import sessions, tokens
from senfcall_avv.accounts.addresses import mask
from senfcall_avv.accounts.errors import AccountRefused, TokenRefused
from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.models import Account, Purpose, Token
from senfcall_avv.accounts.services import find_by_email, note, tell
from senfcall_avv.mail.services import queue

HOURS: Final = 24
MAILS_PER_HOUR: Final = 5


def ask(session: Session, links: Links, account: Account, email: str, now: datetime) -> None:
    """Send a link to a new, normalised address. One that has an account already is told so instead; the page is the
    same. Raises AccountRefused: ``same``, ``too_often``.
    """
    if email == account.email:
        raise AccountRefused("same")
    if tokens.issued_since(session, account.id, now - timedelta(hours=1)) >= MAILS_PER_HOUR:
        raise AccountRefused("too_often")
    token = tokens.issue(session, Purpose.EMAIL, account_id=account.id, address=email, now=now)
    taken = find_by_email(session, email)
    if taken is not None and taken.confirmed_at is not None:
        tell(session, taken, "known_address", {"login_link": links.login, "reset_link": links.reset}, now)
    else:
        values = {"link": links.new_address(token), "hours": HOURS}
        queue(session, "email_confirm", email, account.language, values, now, account_id=account.id)
    note(session, account, "account.email_asked", now)


def change(session: Session, links: Links, value: str, now: datetime) -> Account:
    """Move an account to the address that a link was sent to; all its sessions end.

    An account that somebody made for that address and never confirmed gives way. Raises TokenRefused; ``unknown`` too
    where the address has become another account's meanwhile.
    """
    token = tokens.use(session, Purpose.EMAIL, value, now)
    account = _account_of(session, token)
    former = account.email
    _make_way(session, token.address)
    account.email = token.address
    try:
        session.flush()
    except IntegrityError:
        raise TokenRefused("unknown") from None
    tokens.void_all(session, account.id, now)
    sessions.end_all(session, account.id)
    values = {"masked_new": mask(account.email), "link": links.reset}
    queue(session, "email_changed", former, account.language, values, now, account_id=account.id)
    tell(session, account, "email_changed", values, now)
    note(session, account, "account.email_changed", now)
    return account


def waiting(session: Session, value: str, now: datetime) -> str:
    """Give the address that a link would make an account's. Raises TokenRefused."""
    token = tokens.peek(session, Purpose.EMAIL, value, now)
    _account_of(session, token)
    return token.address


def _account_of(session: Session, token: Token) -> Account:
    account = session.get(Account, token.account_id) if token.account_id else None
    if account is None or account.locked_at is not None:
        raise TokenRefused("unknown")
    return account


def _make_way(session: Session, email: str) -> None:
    other = find_by_email(session, email)
    if other is None:
        return
    if other.confirmed_at is not None:
        raise TokenRefused("unknown")
    session.delete(other)
    session.flush()
