"""The outbox: mails that wait, and for a while the list of those that went."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import Enum

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base, enumeration


def new_id() -> str:
    """Make a random id: 22 characters of base64url (128 bits) that never look like a command's option."""
    while True:
        made = secrets.token_urlsafe(16)
        if made[0].isalnum():
            return made


class MailState(Enum):
    """Where a mail is. FAILED: given up, and shown to operators until it is tried again or forgotten."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class OutgoingMail(Base):
    """One mail to one recipient.

    ``sealed`` holds the values that its text is made from, links with tokens among them, and is None once it was sent.
    ``error`` is the reason of the last failure, a word of ours. No foreign keys: rooms above own those tables.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_state_next_at", "state", "next_at"),
        Index("ix_mails_recipient_created_at", "recipient", "created_at"),
        Index("ix_mails_organization_id_created_at", "organization_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    message: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(2))
    recipient: Mapped[str] = mapped_column(String(254))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    account_id: Mapped[str | None] = mapped_column(String(22))
    organization_id: Mapped[str | None] = mapped_column(String(22))
    state: Mapped[MailState] = mapped_column(enumeration(MailState, "state"), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(64))

    def __repr__(self) -> str:
        return f"<OutgoingMail {self.id} {self.message} {self.state.value}>"

    @property
    def place(self) -> str:
        """Where ``sealed`` stands, as the sealing authenticates it."""
        return place_of(self.id)


def place_of(mail_id: str) -> str:
    """Name the place of a mail's sealed values."""
    return f"mails.sealed.{mail_id}"
