"""Tables of organisations, their people, and their applications."""

from __future__ import annotations

import secrets
from dataclasses import fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from senfcall_avv.accounts.models import Account
from senfcall_avv.db import Base, enumeration
from senfcall_avv.organizations.lifecycle import OPEN, Event, State, Who
from senfcall_avv.policy.engine import Limits

LIMIT_NAMES: Final = tuple(field.name for field in fields(Limits))
NAME_LENGTH: Final = 200
ADDRESS_LENGTH: Final = 254
LINE_LENGTH: Final = 200


def new_id() -> str:
    """Make a random id: 22 characters of base64url (128 bits) that never look like a command's option."""
    while True:
        made = secrets.token_urlsafe(16)
        if made[0].isalnum():
            return made


class Organization(Base):
    """One organisation. The five numbers are its own limits (units as in ``Limits``); None: the profile's hold."""

    __tablename__ = "organizations"
    __table_args__ = tuple(CheckConstraint(f"{name} >= 0", name=f"{name}_not_negative") for name in LIMIT_NAMES)

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), index=True)
    policy_profile: Mapped[str] = mapped_column(String(64), default="senfcall")
    calls_per_minute: Mapped[int | None]
    joins_per_minute: Mapped[int | None]
    meetings: Mapped[int | None]
    participants: Mapped[int | None]
    duration: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

    def __repr__(self) -> str:
        return f"<Organization {self.id}>"

    @property
    def limits(self) -> Limits:
        """The organisation's own numbers."""
        return Limits(**{name: getattr(self, name) for name in LIMIT_NAMES})


class Role(StrEnum):
    """What a person may do in an organisation."""

    OWNER = "owner"
    TECHNICAL = "technical"
    PRIVACY = "privacy"


class Membership(Base):
    """A person in an organisation, in one role."""

    __tablename__ = "memberships"

    organization_id: Mapped[str] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey(Account.id), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(enumeration(Role, "role"))
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship()
    organization: Mapped[Organization] = relationship()

    def __repr__(self) -> str:
        return f"<Membership {self.organization_id} {self.role}>"


class Invitation(Base):
    """An address that was invited. ``token_hash`` is the SHA-256 of the link's token, in hexadecimal digits."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_open",
            "organization_id",
            "email",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_invitations_organization_id_created_at", "organization_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey(Organization.id))
    email: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    role: Mapped[Role] = mapped_column(enumeration(Role, "role"))
    inviter_role: Mapped[Role] = mapped_column(enumeration(Role, "inviter_role"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was accepted, declined, taken back or replaced by a newer one."""

    organization: Mapped[Organization] = relationship()

    def __repr__(self) -> str:
        return f"<Invitation {self.id}>"


_OPEN_STATES: Final = ", ".join(f"'{state}'" for state in sorted(OPEN))


class Application(Base):
    """One application of an organisation. ``version`` grows with every change of the row, which is its lock.

    ``text_hash`` and ``snapshot`` are fixed when it is submitted: what was agreed to, and what was said about oneself.
    """

    __tablename__ = "applications"
    __table_args__ = (
        Index(
            "uq_applications_open",
            "organization_id",
            unique=True,
            sqlite_where=text(f"state IN ({_OPEN_STATES})"),
            postgresql_where=text(f"state IN ({_OPEN_STATES})"),
        ),
        Index("ix_applications_organization_id", "organization_id"),
        Index("ix_applications_state_submitted_at", "state", "submitted_at"),
        Index("ix_applications_name_skeleton", "name_skeleton"),
        Index("ix_applications_domain_skeleton", "domain_skeleton"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    organization_id: Mapped[str] = mapped_column(ForeignKey(Organization.id))
    number: Mapped[str | None] = mapped_column(String(16), unique=True)
    state: Mapped[State] = mapped_column(enumeration(State, "state"), default=State.DRAFT)
    version: Mapped[int] = mapped_column()
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    """When somebody last worked on the draft; the time after which it is forgotten runs from here."""
    reminded_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[str | None] = mapped_column(String(22))
    text_version: Mapped[str | None] = mapped_column(String(16))
    text_hash: Mapped[str | None] = mapped_column(String(64))
    terms_version: Mapped[str | None] = mapped_column(String(16))
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    name_skeleton: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    domain_skeleton: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH))
    decided_at: Mapped[datetime | None]
    """When it was approved, declined, withdrawn or closed without an answer."""
    reason: Mapped[str | None] = mapped_column(String(32))
    reason_text: Mapped[str | None] = mapped_column(Text)
    help_text: Mapped[str | None] = mapped_column(Text)
    valid_until: Mapped[date | None]
    uploads_removed_at: Mapped[datetime | None]

    organization: Mapped[Organization] = relationship()
    saved: Mapped[list[Answers]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    events: Mapped[list[ApplicationEvent]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="ApplicationEvent.id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy reads it as a plain class attribute

    def __repr__(self) -> str:
        return f"<Application {self.id} {self.state}>"


class Answers(Base):
    """What was filled in on one task's page. A row per task, so that two people can work on two tasks at once."""

    __tablename__ = "application_answers"

    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id, ondelete="CASCADE"), primary_key=True)
    task: Mapped[str] = mapped_column(String(32), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column()
    saved_at: Mapped[datetime]
    saved_by: Mapped[str | None] = mapped_column(String(22))

    def __repr__(self) -> str:
        return f"<Answers {self.application_id} {self.task}>"


class ApplicationEvent(Base):
    """One step in an application's life; never altered, gone only with the application itself."""

    __tablename__ = "application_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey(Application.id, ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    event: Mapped[Event] = mapped_column(enumeration(Event, "event"))
    before: Mapped[State | None] = mapped_column(enumeration(State, "before"))
    after: Mapped[State] = mapped_column(enumeration(State, "after"))
    who: Mapped[Who] = mapped_column(enumeration(Who, "who"))
    account_id: Mapped[str | None] = mapped_column(String(22))
    reason: Mapped[str | None] = mapped_column(String(32))

    def __repr__(self) -> str:
        return f"<ApplicationEvent {self.id} {self.event}>"


class NumberCounter(Base):
    """The last number that was given to an application in a year."""

    __tablename__ = "application_numbers"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
