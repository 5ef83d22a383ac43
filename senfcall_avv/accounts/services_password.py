"""Setting a new password: by whoever knows the old one, or whoever reads the mails of the address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from senfcall_avv.accounts import sessions, tokens
from senfcall_avv.accounts.errors import TokenRefused
from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.models import Account, KnownDevice, Purpose
from senfcall_avv.accounts.services import find_confirmed, note, tell

RESET_MINUTES: Final = 30
MAILS_PER_HOUR: Final = 5


def ask_for_reset(session: Session, links: Links, email: str, now: datetime) -> None:
    """Send a link to set a new password, if there is whom to send it to; says nothing about that.

    An address that was never confirmed gets none: whoever owns it can sign up, and takes the account over whole.
    """
    account = find_confirmed(session, email)
    if account is None or tokens.issued_since(session, account.id, now - timedelta(hours=1)) >= MAILS_PER_HOUR:
        return
    token = tokens.issue(session, Purpose.RESET, account_id=account.id, address=account.email, now=now)
    tell(session, account, "reset", {"link": links.new_password(token), "minutes": RESET_MINUTES}, now)


def reset_for(session: Session, value: str, now: datetime) -> Account:
    """Look whose password a link would set. Raises TokenRefused."""
    token = tokens.peek(session, Purpose.RESET, value, now)
    account = session.get(Account, token.account_id) if token.account_id else None
    if account is None or account.email != token.address or account.locked_at is not None:
        raise TokenRefused("unknown")
    return account


def reset(session: Session, links: Links, value: str, password_hash: str, now: datetime) -> Account:
    """Set a new password by a mail's link. Logs nobody in, ends all sessions, and leaves the second factor.

    Raises TokenRefused.
    """
    account = reset_for(session, value, now)
    tokens.use(session, Purpose.RESET, value, now)
    _replace(session, links, account, password_hash, now, but=None)
    note(session, account, "account.password_reset", now)
    return account


def change(
    session: Session, links: Links, account: Account, password_hash: str, this_session: str, now: datetime
) -> None:
    """Set a new password and end all sessions but this one."""
    _replace(session, links, account, password_hash, now, but=this_session)
    note(session, account, "account.password_changed", now)


def _replace(
    session: Session, links: Links, account: Account, password_hash: str, now: datetime, but: str | None
) -> None:
    account.password_hash = password_hash
    tokens.void_all(session, account.id, now)
    sessions.end_all(session, account.id, but=but)
    # A browser that logged in with a stolen password must not stay the owner's.
    session.execute(delete(KnownDevice).where(KnownDevice.account_id == account.id))
    tell(session, account, "password_changed", {"link": links.reset}, now)
