"""Tables of endpoints, their secrets, and the epoch that tells every process when to read them again.

The epoch is kept by triggers in the database itself: no statement, from whatever program, can change an organisation,
an endpoint or a secret without it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, LargeBinary, String, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from senfcall_avv.db import Base, enumeration
from senfcall_avv.endpoints.keys import KEY_LENGTH, new_key
from senfcall_avv.organizations.models import Organization


class EndpointState(Enum):
    """Whether an endpoint answers. Both other states look like an unknown key from outside; REVOKED is for ever."""

    ACTIVE = "active"
    PAUSED_HARD = "paused_hard"
    REVOKED = "revoked"


class Endpoint(Base):
    """One address of the API: ``/b/<key>/bigbluebutton/``."""

    __tablename__ = "endpoints"
    __table_args__ = (CheckConstraint(f"length(key) = {KEY_LENGTH}", name="key_length"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True, default=new_key)
    organization_id: Mapped[str] = mapped_column(ForeignKey(Organization.id), index=True)
    state: Mapped[EndpointState] = mapped_column(enumeration(EndpointState, "state"), default=EndpointState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))

    organization: Mapped[Organization] = relationship()
    secrets: Mapped[list[EndpointSecret]] = relationship(
        back_populates="endpoint",
        cascade="all, delete-orphan",
        order_by="EndpointSecret.created_at.desc()",
    )

    def __repr__(self) -> str:
        return f"<Endpoint {self.key}>"


class EndpointSecret(Base):
    """One API secret. Without ``valid_until`` it is the current one; ``sealed`` is None once it was wiped."""

    __tablename__ = "endpoint_secrets"
    __table_args__ = (
        Index(
            "uq_endpoint_secrets_current",
            "endpoint_id",
            unique=True,
            sqlite_where=text("valid_until IS NULL"),
            postgresql_where=text("valid_until IS NULL"),
        ),
        Index("ix_endpoint_secrets_endpoint_id", "endpoint_id"),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=lambda: secrets.token_urlsafe(16))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey(Endpoint.id))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    valid_until: Mapped[datetime | None]

    endpoint: Mapped[Endpoint] = relationship(back_populates="secrets")

    def __repr__(self) -> str:
        return f"<EndpointSecret {self.id}>"

    @property
    def place(self) -> str:
        """Where ``sealed`` stands, as the sealing authenticates it."""
        return place_of(self.id)


def place_of(secret_id: str) -> str:
    """Name the place of a secret's sealed value."""
    return f"endpoint_secrets.sealed.{secret_id}"


class Epoch(Base):
    """One row whose number grows with every change to what the gateway keeps in memory."""

    __tablename__ = "epoch"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


WATCHED: Final = ("organizations", "endpoints", "endpoint_secrets")
"""Tables whose every change moves the epoch."""


_MOVE: Final = "UPDATE epoch SET number = number + 1"


def epoch_ddl(dialect: str) -> Iterator[str]:
    """Give the statements that set up the epoch's row and triggers on ``sqlite`` or ``postgresql``."""
    yield "INSERT INTO epoch (id, number) VALUES (1, 1) ON CONFLICT DO NOTHING"
    if dialect == "postgresql":
        yield (
            "CREATE OR REPLACE FUNCTION move_epoch() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN {_MOVE}; RETURN NULL; END'"
        )
    for table in WATCHED:
        if dialect == "postgresql":
            yield (
                f"CREATE OR REPLACE TRIGGER {table}_move_epoch AFTER INSERT OR UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION move_epoch()"
            )
        else:
            for change in ("insert", "update", "delete"):
                yield (
                    f"CREATE TRIGGER IF NOT EXISTS {table}_{change}_moves_epoch AFTER {change.upper()} ON {table} "
                    f"BEGIN {_MOVE}; END"
                )


def _on_metadata(moment: str, statement: str, dialect: str) -> None:
    made = DDL(statement)  # type: ignore[no-untyped-call]  # SQLAlchemy left its constructor without types
    event.listen(Base.metadata, moment, made.execute_if(dialect=dialect))


for _dialect in ("sqlite", "postgresql"):
    for _statement in epoch_ddl(_dialect):
        _on_metadata("after_create", _statement, _dialect)
_on_metadata("after_drop", "DROP FUNCTION IF EXISTS move_epoch", "postgresql")
