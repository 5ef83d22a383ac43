"""What happens by itself: what nobody needs any more goes, and accounts that nobody uses after two letters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from senfcall_avv.accounts import passkeys, personal_data, services_deletion, sessions, throttle
from senfcall_avv.accounts.links import Links
from senfcall_avv.accounts.models import Account, KnownDevice, Token
from senfcall_avv.accounts.services import tell
from senfcall_avv.accounts.sessions import Lifetimes
from senfcall_avv.audit.services import SYSTEM
from senfcall_avv.db import session_scope

if TYPE_CHECKING:
    from senfcall_avv.typing import JobContext

UNCONFIRMED_KEPT: Final = timedelta(days=7)
UNUSED_KEPT: Final = timedelta(days=365)
WARNINGS: Final = (timedelta(days=30), timedelta(days=7))
"""How long before its deletion an unused account is told of it."""
TOKENS_KEPT: Final = timedelta(days=30)
DEVICES_KEPT: Final = timedelta(days=365)


def clean_job(context: JobContext) -> str:
    """Delete what is over: sessions, challenges, tokens, attempts, devices, sign-ups that nobody confirmed."""
    now, lifetimes = context.now, Lifetimes.of(context.settings.accounts)
    with session_scope(context.session_factory) as session:
        ended = sessions.forget(session, lifetimes, now)
        passkeys.forget(session, now)
        attempts = throttle.forget(session, now)
        connection = session.connection()
        connection.execute(delete(Token).where(Token.expires_at < now - TOKENS_KEPT))
        connection.execute(delete(KnownDevice).where(KnownDevice.seen_at < now - DEVICES_KEPT))
        waiting = (Account.confirmed_at.is_(None), Account.created_at < now - UNCONFIRMED_KEPT)
        gone = connection.execute(delete(Account).where(*waiting)).rowcount
    return f"{ended} sessions, {attempts} attempts, {gone} unconfirmed accounts deleted"


def unused_job(context: JobContext) -> str:
    """Warn accounts without an organisation that nobody has used for long, and delete those that were warned twice."""
    told = gone = 0
    links = Links(context.settings.public_url)
    with session_scope(context.session_factory) as session:
        for account in _unused(session, context.now):
            if services_deletion.hindrances(session, account.id, personal_data.every(context.registry)):
                continue
            if not _is_free(session, account, context.registry):
                continue
            if _is_over(account, context.now):
                every = personal_data.every(context.registry)
                services_deletion.forget_unused(session, account, SYSTEM, every, context.now)
                gone += 1
            elif _is_due(account, context.now):
                _warn(session, account, links, context.now)
                told += 1
    return f"{told} accounts warned, {gone} deleted"


def _used_at(account: Account) -> datetime:
    return account.last_login_at or account.confirmed_at or account.created_at


def _unused(session: Session, now: datetime) -> list[Account]:
    used = func.coalesce(Account.last_login_at, Account.confirmed_at)
    query = select(Account).where(Account.confirmed_at.is_not(None), used < now - UNUSED_KEPT + WARNINGS[0])
    return list(session.scalars(query.order_by(Account.id)))


def _is_free(session: Session, account: Account, registry: Any) -> bool:
    """Say whether no room keeps somebody for its own sake: then its export is empty."""
    return not any(data.export(session, account.id) for data in personal_data.every(registry) if data.keeps_accounts)


def _is_over(account: Account, now: datetime) -> bool:
    """Say whether the year is over and the last letter a week old."""
    last = account.warned_at
    return last is not None and now >= _used_at(account) + UNUSED_KEPT and now >= last + WARNINGS[-1]


def _is_due(account: Account, now: datetime) -> bool:
    """Say whether the next letter is to be written."""
    end = _used_at(account) + UNUSED_KEPT
    if account.warned_at is None:
        return True
    # The second letter goes once, in the last week; whoever missed it by an outage gets it late, and his week with it.
    return account.warned_at < end - WARNINGS[-1] <= now


def _warn(session: Session, account: Account, links: Links, now: datetime) -> None:
    end = max(_used_at(account) + UNUSED_KEPT, now + WARNINGS[-1])
    account.warned_at = now
    tell(session, account, "account_deletion", {"date": end.date(), "link": links.login}, now)


def includeme(config: Any) -> None:
    config.add_job("accounts-clean", timedelta(hours=1), clean_job)
    config.add_job("accounts-unused", timedelta(days=1), unused_job)
