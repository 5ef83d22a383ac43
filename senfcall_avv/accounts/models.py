"""Tables of people: who they are, how they prove it, and where they are logged in.

What opens a door is stored only as its SHA-256 (session ids, tokens, recovery codes, known devices), as a slow hash
(passwords) or sealed (the key of an authenticator), so a copy of the database lets nobody in.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base, enumeration

DIGEST: Final = 64
"""Characters of a SHA-256 in hexadecimal digits."""
EMAIL_LENGTH: Final = 254
NAME_LENGTH: Final = 80
DEVICE_LENGTH: Final = 80
LANGUAGES: Final = ("de", "en")


def new_id() -> str:
    """Make a random id: 22 characters of base64url (128 bits) that never look like a command's option."""
    while True:
        made = secrets.token_urlsafe(16)
        if made[0].isalnum():
            return made


class Stage(StrEnum):
    """How far a log-in has come. Only COMPLETE makes somebody known to the rest of the portal."""

    FACTOR = "factor"
    ENROLMENT = "enrolment"
    COMPLETE = "complete"


class Purpose(StrEnum):
    """What a token from a mail is good for."""

    CONFIRM = "confirm"
    RESET = "reset"
    EMAIL = "email"
    INVITATION = "invitation"


class Role(StrEnum):
    """What somebody does for the operator of the installation."""

    REVIEWER = "reviewer"
    OPERATOR = "operator"


class Attempted(StrEnum):
    """What is counted."""

    LOGIN = "login"
    FACTOR = "factor"
    SIGNUP = "signup"
    RESET = "reset"
    NOTICE = "notice"
    CHALLENGE = "challenge"


class Ceremony(StrEnum):
    """What a passkey's challenge was made for."""

    REGISTER = "register"
    LOGIN = "login"
    FACTOR = "factor"
    CONFIRM = "confirm"


class Account(Base):
    """One person. ``email`` is normalised (see ``addresses``)."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("language IN ('de', 'en')", name="language"),)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    language: Mapped[str] = mapped_column(String(2))
    password_hash: Mapped[str] = mapped_column(String(255))
    signup_browser: Mapped[str | None] = mapped_column(String(DIGEST))
    """SHA-256 of the device cookie of whoever signed up; None once the address is confirmed."""
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    confirmed_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None] = mapped_column(index=True)
    exported_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    """When the last mail about the coming deletion of an unused account was written."""

    def __repr__(self) -> str:
        return f"<Account {self.id}>"


class LoginSession(Base):
    """One browser that is logged in, or on its way. ``id`` is the SHA-256 of the cookie's value."""

    __tablename__ = "login_sessions"

    id: Mapped[str] = mapped_column(String(DIGEST), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    stage: Mapped[Stage] = mapped_column(enumeration(Stage, "stage"))
    second_factor: Mapped[bool]
    device: Mapped[str] = mapped_column(String(DEVICE_LENGTH))
    network: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    """The first password of this log-in; renewing the id keeps it."""
    seen_at: Mapped[datetime]
    fresh_at: Mapped[datetime]
    """When the person last proved who she is."""

    def __repr__(self) -> str:
        return f"<LoginSession of {self.account_id}>"


class KnownDevice(Base):
    """A browser from which somebody has logged in before; ``digest`` is the SHA-256 of its device cookie."""

    __tablename__ = "known_devices"

    digest: Mapped[str] = mapped_column(String(DIGEST), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True, index=True)
    seen_at: Mapped[datetime]


class Token(Base):
    """What the link of a mail carries. ``digest`` is the SHA-256 of its value."""

    __tablename__ = "account_tokens"
    __table_args__ = (Index("ix_account_tokens_purpose_account_id", "purpose", "account_id"),)

    digest: Mapped[str] = mapped_column(String(DIGEST), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(enumeration(Purpose, "purpose"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    thing: Mapped[str | None] = mapped_column(String(22), index=True)
    """Id of what the token is about, where that is no account."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<Token {self.purpose.value}>"


class Totp(Base):
    """Somebody's authenticator app. ``last_step`` is the newest 30-second step whose code was accepted."""

    __tablename__ = "totp"

    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """A way in without the device; works once. ``digest`` is the SHA-256 of account and code."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(DIGEST), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key that an authenticator holds; ``sign_count`` stays 0 with those that do not count."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What an authenticator has to sign: once, soon, and in the browser that asked (``bound_to``, a SHA-256)."""

    __tablename__ = "passkey_challenges"

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    ceremony: Mapped[Ceremony] = mapped_column(enumeration(Ceremony, "ceremony"))
    bound_to: Mapped[str] = mapped_column(String(DIGEST))
    account_id: Mapped[str | None] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginAttempt(Base):
    """Something that is counted. ``subject`` is a pseudonym of an address or account, ``origin`` a network or device.

    A row is written as failed before the attempt is judged, so that attempts side by side count one another.
    """

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_kind_subject_at", "kind", "subject", "at"),
        Index("ix_login_attempts_kind_origin_at", "kind", "origin", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Attempted] = mapped_column(enumeration(Attempted, "kind"))
    subject: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(64))
    failed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)


class StaffRole(Base):
    """Somebody works for the operator."""

    __tablename__ = "staff_roles"

    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    role: Mapped[Role] = mapped_column(enumeration(Role, "role"), primary_key=True)
    created_at: Mapped[datetime]


NOT_CONFIRMED = text("confirmed_at IS NULL")
Index("ix_accounts_created_at", Account.created_at, sqlite_where=NOT_CONFIRMED, postgresql_where=NOT_CONFIRMED)
