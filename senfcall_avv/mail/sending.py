"""Emptying the outbox: mail by mail, each in three short steps, so that no transaction waits for a mail server.

A mail is claimed first: whoever dies with it in hand loses it to the next one after a while, and at worst it arrives
twice, with one and the same Message-ID. What fails is tried again after growing pauses, and after the last one shown to
operators (``avv mail list``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.logs import log
from senfcall_avv.mail.composing import Envelope, NotComposed, compose
from senfcall_avv.mail.delivery import Delivery, DeliveryFailed
from senfcall_avv.mail.models import MailState, OutgoingMail
from senfcall_avv.mail.rendering import Text, render
from senfcall_avv.mail.services import values_of
from senfcall_avv.sealing import KeyRing, SealBroken

if TYPE_CHECKING:
    from senfcall_avv.settings import Settings

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""Between the attempts; there is one more attempt than pauses. All in all about 22 hours."""
CLAIM: Final = timedelta(minutes=10)
"""Longer than the mail server may take for one mail."""
BATCH: Final = 100


@dataclass
class Tally:
    """What became of the mails of one round."""

    sent: int = 0
    delayed: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.delayed} to be tried again, {self.failed} given up"


class _Claimed(NamedTuple):
    mail: OutgoingMail
    attempt: int


def waiting(session: Session, now: datetime) -> int:
    """Count the mails that are due."""
    return session.scalar(select(func.count()).select_from(OutgoingMail).where(_due(now))) or 0


def _due(now: datetime) -> ColumnElement[bool]:
    return (OutgoingMail.state == MailState.WAITING) & (OutgoingMail.next_at <= now)


def send_waiting(
    factory: SessionFactory, ring: KeyRing, settings: Settings, delivery: Delivery, now: datetime
) -> Tally:
    """Send what is due, the oldest first, at most BATCH mails. Stops when the mail server itself is the trouble."""
    tally = Tally()
    with session_scope(factory, write=False) as session:
        due = session.scalars(select(OutgoingMail.id).where(_due(now)).order_by(OutgoingMail.next_at).limit(BATCH))
        ids = list(due)
    for mail_id in ids:
        claimed = _claim(factory, mail_id, now)
        if claimed is None:
            continue
        try:
            _send(ring, settings, delivery, claimed.mail)
        except DeliveryFailed as failure:
            _failed(factory, claimed, failure, now, tally)
            if failure.for_all:
                _log_unreachable(failure, len(ids) - tally.sent)
                break
        else:
            _sent(factory, mail_id, delivery, now)
            tally.sent += 1
    return tally


def _claim(factory: SessionFactory, mail_id: str, now: datetime) -> _Claimed | None:
    with session_scope(factory) as session:
        claim = (
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id, _due(now))
            .values(next_at=now + CLAIM, attempts=OutgoingMail.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        if session.connection().execute(claim).rowcount != 1:
            return None
        mail = session.get_one(OutgoingMail, mail_id)
        return _Claimed(mail, mail.attempts)


def _send(ring: KeyRing, settings: Settings, delivery: Delivery, mail: OutgoingMail) -> None:
    try:
        made = compose(text_of(ring, settings, mail), envelope_of(settings, mail))
    except SealBroken:
        raise DeliveryFailed("seal", for_ever=True) from None
    except NotComposed as error:
        raise DeliveryFailed(error.reason, for_ever=True) from None
    except KeyError:  # a version that has not this message, or has other values for it
        raise DeliveryFailed("template", for_ever=True) from None
    delivery.send(mail.id, settings.mail_sender, mail.recipient, made)


def text_of(ring: KeyRing, settings: Settings, mail: OutgoingMail) -> Text:
    """Make a mail's text. Raises SealBroken, KeyError (template and values don't fit), NotComposed (``link``)."""
    values = values_of(ring, mail)
    if values is None:
        raise KeyError(mail.message)
    links = [value for name, value in values.items() if name.endswith("link")]
    if not all(link.startswith(settings.public_url + "/") for link in links):
        raise NotComposed("link")
    portal = settings.public_url + "/"
    return render(mail.message, mail.language, values, portal=portal, support=settings.mail_support)


def envelope_of(settings: Settings, mail: OutgoingMail) -> Envelope:
    """Give a mail's envelope, the same at every attempt."""
    reply_to = settings.mail.reply_to or settings.mail_support
    return Envelope(settings.mail_sender, mail.recipient, reply_to, mail.id, mail.created_at)


def _sent(factory: SessionFactory, mail_id: str, delivery: Delivery, now: datetime) -> None:
    with session_scope(factory) as session:
        mail = session.get_one(OutgoingMail, mail_id)
        mail.state, mail.ended_at, mail.error = MailState.SENT, now, None
        if not delivery.keeps_values:
            mail.sealed = None


def _failed(factory: SessionFactory, claimed: _Claimed, failure: DeliveryFailed, now: datetime, tally: Tally) -> None:
    over = failure.for_ever or claimed.attempt > len(PAUSES)
    with session_scope(factory) as session:
        mail = session.get_one(OutgoingMail, claimed.mail.id)
        mail.error = failure.reason
        if over:
            mail.state, mail.ended_at = MailState.FAILED, now
        else:
            mail.next_at = now + PAUSES[claimed.attempt - 1]
    if not over:
        tally.delayed += 1
        return
    tally.failed += 1
    log.error(
        "mail.failed",
        mail=claimed.mail.id,
        kind=claimed.mail.message,
        reason=failure.reason,
        attempts=claimed.attempt,
        todo="see `avv mail list --state failed`, mend the reason, then `avv mail retry`",
    )


def _log_unreachable(failure: DeliveryFailed, left: int) -> None:
    log.warning("mail.unreachable", reason=failure.reason, waiting=left, todo="look at the mail server and avv.mail.*")
