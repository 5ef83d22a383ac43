"""Mails for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from pydantic import SecretStr

from senfcall_avv.db import SessionFactory, session_scope
from senfcall_avv.mail.catalogue import MESSAGES, Kind
from senfcall_avv.mail.models import OutgoingMail
from senfcall_avv.mail.services import queue
from senfcall_avv.settings import BackendSettings, MailSettings, Settings

NOW = datetime(2026, 11, 24, 13, 31, tzinfo=UTC)
PORTAL = "https://avv.example.org"
TOKEN = "Zq3vT0kenThatNobodyMayReadInTheDatabase0123"
VALUES: dict[Kind, Any] = {
    Kind.TEXT: "Chor Beispiel e. V.",
    Kind.WORDS: "Verwaltung",
    Kind.LINK: f"{PORTAL}/confirm?token={TOKEN}",
    Kind.NUMBER: 24,
    Kind.MOMENT: date(2026, 12, 24),
}


def values_for(message: str, **changed: Any) -> dict[str, Any]:
    """Give values that fit a message."""
    return {name: VALUES[kind] for name, kind in MESSAGES[message].items()} | changed


def make_mail(
    factory: SessionFactory,
    message: str = "confirm",
    to: str = "ada@example.org",
    *,
    language: str = "de",
    now: datetime = NOW,
    organization_id: str | None = None,
    **changed: Any,
) -> str:
    """Queue a mail, and commit; gives its id."""
    with session_scope(factory) as session:
        before = {mail.id for mail in session.query(OutgoingMail)}
        queue(session, message, to, language, values_for(message, **changed), now, organization_id=organization_id)
        (made,) = {mail.id for mail in session.query(OutgoingMail)} - before
        return made


def mail_settings(**mail: Any) -> Settings:
    """Make settings whose section ``mail`` is this."""
    return Settings(
        environment="development",
        public_url=PORTAL,
        database_url="sqlite:///not-asked-for",
        backend=BackendSettings(url="https://bbb.example.org/bigbluebutton", secret=SecretStr("x" * 40)),
        mail=MailSettings(**{"sender": "av@example.org", "support": "hilfe@example.org"} | mail),
    )
