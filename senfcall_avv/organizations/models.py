"""The table of organisations."""

from __future__ import annotations

import secrets
from dataclasses import fields
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base
from senfcall_avv.policy.engine import Limits

LIMIT_NAMES: Final = tuple(field.name for field in fields(Limits))


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
    name: Mapped[str] = mapped_column(String(200), index=True)
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
