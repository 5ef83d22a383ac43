"""What is kept of whoever uploaded a file: that it was this person. The file belongs to the organisation.

So an account that goes takes its name off the rows and leaves the proof; the export gives the facts and the files
that this very person brought.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from senfcall_avv.accounts.personal_data import PersonalFile
from senfcall_avv.documents.models import Document
from senfcall_avv.documents.services import open_document
from senfcall_avv.sealing import KeyRing


def export(session: Session, account_id: str) -> list[dict[str, Any]]:
    """Give the facts about all files that a person uploaded."""
    return [
        {
            "organization": document.organization_id,
            "number": document.number,
            "kind": document.kind.value,
            "name": document.original_name,
            "type": document.media_type.value if document.media_type is not None else None,
            "bytes": document.size,
            "pages": document.pages,
            "sha256": document.sha256,
            "state": document.state.value,
            "reason": document.reason.value if document.reason is not None else None,
            "uploaded_at": document.created_at.isoformat(timespec="seconds"),
        }
        for document in _uploaded_by(session, account_id)
    ]


def files(session: Session, ring: KeyRing, account_id: str) -> Iterator[PersonalFile]:
    """Give the files that a person uploaded and that are still kept, one after the other. Raises SealBroken."""
    for document in _uploaded_by(session, account_id):
        if document.kept and document.media_type is not None:
            yield PersonalFile(open_document(session, ring, document), document.media_type.extension)


def erase(session: Session, account_id: str, _now: datetime) -> None:
    """Take a person off the files."""
    session.execute(update(Document).where(Document.uploaded_by == account_id).values(uploaded_by=None))


def _uploaded_by(session: Session, account_id: str) -> list[Document]:
    chosen = select(Document).where(Document.uploaded_by == account_id)
    return list(session.scalars(chosen.order_by(Document.organization_id, Document.number)))
