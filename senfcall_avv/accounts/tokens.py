"""Tokens that travel in mails: 256 random bits, of which we keep the SHA-256, good for one thing, once, for a time.

The link of a mail opens a page with a button; only the button uses the token, for mail scanners open links.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.errors import TokenRefused
from senfcall_avv.accounts.models import Purpose, Token

LIFETIMES: Final[Mapping[Purpose, timedelta]] = MappingProxyType(
    {
        Purpose.CONFIRM: timedelta(hours=24),
        Purpose.RESET: timedelta(minutes=30),
        Purpose.EMAIL: timedelta(hours=24),
        Purpose.INVITATION: timedelta(days=7),
    }
)
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """Make 256 random bits as 43 characters of base64url."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """Give what is stored of a secret that needs no slow hash, because it is random."""
    return hashlib.sha256(value.encode()).hexdigest()


def looks_like_secret(value: str) -> bool:
    """Say whether a text has the form of ``new_secret``; anything else need not be looked up."""
    return _FORM.fullmatch(value) is not None


def issue(
    session: Session,
    purpose: Purpose,
    *,
    address: str,
    now: datetime,
    account_id: str | None = None,
    thing: str | None = None,
) -> str:
    """Make a token and give its value, which nobody can read again. Older ones for the same are void."""
    _void_older(session, purpose, now, account_id, thing)
    value = new_secret()
    session.add(
        Token(
            digest=digest(value),
            purpose=purpose,
            account_id=account_id,
            address=address,
            thing=thing,
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    session.flush()
    return value


def _void_older(session: Session, purpose: Purpose, now: datetime, account_id: str | None, thing: str | None) -> None:
    # SQL's "=" is never true of NULL; these columns are compared with what may be one.
    same_account = Token.account_id.is_(None) if account_id is None else Token.account_id == account_id
    same_thing = Token.thing.is_(None) if thing is None else Token.thing == thing
    live = (Token.used_at.is_(None), Token.expires_at > now)
    session.execute(
        update(Token).where(Token.purpose == purpose, same_account, same_thing, *live).values(expires_at=now)
    )


def issued_since(session: Session, account_id: str, since: datetime) -> int:
    """Count the tokens that an account was sent since a moment."""
    query = select(func.count()).select_from(Token).where(Token.account_id == account_id, Token.created_at > since)
    return session.scalar(query) or 0


def peek(session: Session, purpose: Purpose, value: str, now: datetime) -> Token:
    """Look at a token without using it. Raises TokenRefused."""
    token = session.get(Token, digest(value)) if looks_like_secret(value) else None
    if token is None or token.purpose is not purpose:
        raise TokenRefused("unknown")
    if token.used_at is not None:
        raise TokenRefused("used")
    if token.expires_at <= now:
        raise TokenRefused("expired")
    return token


def use(session: Session, purpose: Purpose, value: str, now: datetime) -> Token:
    """Use a token up, and give it. Of several that come at once one succeeds; raises TokenRefused for the others."""
    token = peek(session, purpose, value, now)
    statement = update(Token).where(Token.digest == token.digest, Token.used_at.is_(None)).values(used_at=now)
    if rows_of(session, statement) != 1:
        raise TokenRefused("used")
    return token


def expired(session: Session, purpose: Purpose, value: str) -> Token | None:
    """Find a token whose time is over, for whoever wants to send a new one."""
    token = session.get(Token, digest(value)) if looks_like_secret(value) else None
    return token if token is not None and token.purpose is purpose and token.used_at is None else None


def void_all(session: Session, account_id: str, now: datetime) -> None:
    """Make every token of an account worthless."""
    session.execute(
        update(Token)
        .where(Token.account_id == account_id, Token.used_at.is_(None), Token.expires_at > now)
        .values(expires_at=now)
    )


def rows_of(session: Session, statement: Any) -> int:
    """Run an UPDATE or DELETE and say how many rows it met."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount
