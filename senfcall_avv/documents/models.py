"""Tables of documents, and of each organisation's shelf: the one row that uploads of an organisation queue for.

Organisation, application and account are named by their ids alone: two of them live in rooms above this one, and an
account may go while the proof it uploaded stays.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from senfcall_avv.db import Base, enumeration
from senfcall_avv.documents.findings import MediaType, Reason
from senfcall_avv.documents.names import LONGEST_NAME
from senfcall_avv.documents.scanner import Scan


class DocumentKind(StrEnum):
    """What a file was asked for: the notice of the tax office, an authority to act, an answer to a question."""

    PROOF = "proof"
    AUTHORITY = "authority"
    ANSWER = "answer"


class DocumentState(StrEnum):
    """Whether a file was taken. One that was not has no bytes, only its name and the reason."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Document(Base):
    """One uploaded file.

    ``size`` is in bytes: of what is stored, or of what was sent if it was rejected. ``sha256`` is of what was stored,
    and stays when the bytes go (``forgotten_at``). ``number`` is its name within the organisation and is never given
    again. ``sealed`` and ``sealed_preview`` are loaded only when they are asked for.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("organization_id", "number"),
        Index("ix_documents_application_id", "application_id"),
        Index("ix_documents_uploaded_by", "uploaded_by"),
        CheckConstraint("size >= 0", name="size_not_negative"),
        CheckConstraint("(state = 'rejected') = (reason IS NOT NULL)", name="rejected_for_a_reason"),
        CheckConstraint("(state = 'accepted') = (sha256 IS NOT NULL)", name="accepted_with_hash"),
        CheckConstraint(
            "(state = 'accepted' AND forgotten_at IS NULL) = (sealed IS NOT NULL)", name="bytes_while_kept"
        ),
    )

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=lambda: secrets.token_urlsafe(16))
    organization_id: Mapped[str] = mapped_column(String(22))
    application_id: Mapped[str] = mapped_column(String(22))
    number: Mapped[int]
    uploaded_by: Mapped[str | None] = mapped_column(String(22))
    kind: Mapped[DocumentKind] = mapped_column(enumeration(DocumentKind, "kind"))
    media_type: Mapped[MediaType | None] = mapped_column(enumeration(MediaType, "media_type"))
    original_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    size: Mapped[int]
    pages: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_preview: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[DocumentState] = mapped_column(enumeration(DocumentState, "state"))
    reason: Mapped[Reason | None] = mapped_column(enumeration(Reason, "reason"))
    note: Mapped[Reason | None] = mapped_column(enumeration(Reason, "note"))
    scan: Mapped[Scan] = mapped_column(enumeration(Scan, "scan"))
    created_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<Document {self.id}>"

    @property
    def accepted(self) -> bool:
        return self.state is DocumentState.ACCEPTED

    @property
    def kept(self) -> bool:
        """Whether its bytes are still there."""
        return self.accepted and self.forgotten_at is None

    @property
    def place(self) -> str:
        """Where ``sealed`` stands, as the sealing authenticates it."""
        return f"documents.sealed.{self.id}"

    @property
    def preview_place(self) -> str:
        """Where ``sealed_preview`` stands."""
        return f"documents.sealed_preview.{self.id}"


class DocumentShelf(Base):
    """What is counted for an organisation: the last number given, and when it uploaded within the last hour.

    ``recent`` holds seconds since 1970. The row is locked while an upload is counted in, so that two at once can't
    both take the last place.
    """

    __tablename__ = "document_shelves"

    organization_id: Mapped[str] = mapped_column(String(22), primary_key=True)
    last_number: Mapped[int]
    recent: Mapped[list[float]] = mapped_column(JSON)
