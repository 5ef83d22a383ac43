"""Putting mails into the outbox, looking at it, and forgetting.

A mail is queued in the caller's transaction: it leaves if, and only if, that is committed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from senfcall_avv.db import SessionFactory
from senfcall_avv.logs import log
from senfcall_avv.mail.catalogue import FOR_STRANGERS, LANGUAGES
from senfcall_avv.mail.models import MailState, OutgoingMail, new_id, place_of
from senfcall_avv.mail.values import MailRefused, written
from senfcall_avv.sealing import KeyRing

_RING: Final = "avv.mail.key_ring"
HOUR: Final = timedelta(hours=1)
PER_ADDRESS: Final = 5
"""Mails an hour to one address that strangers can cause."""
PER_ORGANIZATION: Final = 100
"""Mails an hour about one organisation."""
KEEP_FAILED_VALUES: Final = timedelta(days=7)
"""How long a mail that was given up can be tried again; its tokens have ended by then."""


class MailNotFound(LookupError):
    """There is no such mail."""


def lend_key_ring(factory: SessionFactory, ring: Callable[[], KeyRing]) -> None:
    """Let sessions of a factory seal the values of mails. ``ring`` is called when the first mail is queued."""
    factory.configure(info={**factory.kw.get("info", {}), _RING: ring})


def queue(
    session: Session,
    message: str,
    to: str,
    language: str,
    values: Mapping[str, Any],
    now: datetime,
    *,
    account_id: str | None = None,
    organization_id: str | None = None,
) -> None:
    """Queue a mail to one address.

    Values are texts, whole numbers, days or aware moments; links begin with the setting ``public_url``. Nothing is
    queued, and one line is logged, where an address or an organisation has had its mails of the hour. Raises
    MailRefused for a message, language, address or value that is none, RuntimeError where the session's factory was
    lent no keys.
    """
    written_in = next((known for known in LANGUAGES if known == language), None)
    if written_in is None:
        raise MailRefused("language", f"mails are written in {' and '.join(LANGUAGES)}")
    texts = written(message, values, written_in)
    recipient = address(to)
    if _is_too_much(session, message, recipient, organization_id, now):
        log.warning("mail.limited", kind=message, organization_id=organization_id)
        return
    mail_id = new_id()
    session.add(
        OutgoingMail(
            id=mail_id,
            message=message,
            language=written_in,
            recipient=recipient,
            sealed=_ring_of(session).seal(json.dumps(texts).encode(), place_of(mail_id)),
            account_id=account_id,
            organization_id=organization_id,
            state=MailState.WAITING,
            created_at=now,
            next_at=now,
        )
    )
    session.flush()


def address(text: str) -> str:
    """Give an address as it goes into headers: ASCII, its domain in lower case. Raises MailRefused.

    Quoted names, comments, lists and addresses in brackets are refused, whatever the standard allows.
    """
    try:
        found = validate_email(
            text,
            check_deliverability=False,
            strict=True,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError:
        raise MailRefused("address", "this is no address for a mail") from None
    if found.ascii_email is None or not found.ascii_email.isascii():
        raise MailRefused("address", "this address can't be written in ASCII")
    return found.ascii_email


def _ring_of(session: Session) -> KeyRing:
    ring: Callable[[], KeyRing] | None = session.info.get(_RING)
    if ring is None:
        raise RuntimeError("sessions that queue mails need keys: mail.services.lend_key_ring(factory, ring)")
    return ring()


def _is_too_much(session: Session, message: str, recipient: str, organization_id: str | None, now: datetime) -> bool:
    recent = select(func.count()).select_from(OutgoingMail).where(OutgoingMail.created_at > now - HOUR)
    if message in FOR_STRANGERS:
        to_address = recent.where(
            func.lower(OutgoingMail.recipient) == recipient.lower(), OutgoingMail.message.in_(FOR_STRANGERS)
        )
        if (session.scalar(to_address) or 0) >= PER_ADDRESS:
            return True
    if organization_id is None:
        return False
    about = recent.where(OutgoingMail.organization_id == organization_id)
    return (session.scalar(about) or 0) >= PER_ORGANIZATION


def values_of(ring: KeyRing, mail: OutgoingMail) -> dict[str, str] | None:
    """Open a mail's values; None once they were wiped. Raises SealBroken."""
    if mail.sealed is None:
        return None
    texts: dict[str, str] = json.loads(ring.open(mail.sealed, mail.place))
    return texts


def mails(session: Session, state: MailState | None = None, limit: int = 50) -> Sequence[OutgoingMail]:
    """Give the newest mails, the newest first."""
    query = select(OutgoingMail).order_by(OutgoingMail.created_at.desc(), OutgoingMail.id).limit(limit)
    return session.scalars(query if state is None else query.where(OutgoingMail.state == state)).all()


def retry(session: Session, mail_id: str, now: datetime) -> OutgoingMail:
    """Try a mail that was given up once more, from the beginning.

    Raises MailNotFound, and MailRefused (``not_failed``, ``wiped``).
    """
    mail = session.get(OutgoingMail, mail_id, with_for_update=True)
    if mail is None:
        raise MailNotFound("there is no mail with this id")
    if mail.state is not MailState.FAILED:
        raise MailRefused("not_failed", "only a mail that was given up can be tried again")
    if mail.sealed is None:
        raise MailRefused("wiped", "what this mail was made from is not kept any more")
    mail.state, mail.attempts, mail.next_at, mail.ended_at, mail.error = MailState.WAITING, 0, now, None, None
    session.flush()
    return mail


def forget(session: Session, keep: timedelta, now: datetime) -> tuple[int, int]:
    """Delete mails of the past, and wipe the values of those given up; gives both numbers."""
    connection = session.connection()
    ended = OutgoingMail.state != MailState.WAITING
    gone = connection.execute(delete(OutgoingMail).where(ended, OutgoingMail.created_at < now - keep)).rowcount
    over = (OutgoingMail.state == MailState.FAILED, OutgoingMail.created_at < now - KEEP_FAILED_VALUES)
    wiped = update(OutgoingMail).where(*over, OutgoingMail.sealed.is_not(None)).values(sealed=None)
    return gone, connection.execute(wiped).rowcount
