"""What may happen to documents. ``settings`` is the section ``settings.documents`` everywhere."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from senfcall_avv.documents import shelf
from senfcall_avv.documents.findings import Reason
from senfcall_avv.documents.models import Document, DocumentKind, DocumentShelf, DocumentState
from senfcall_avv.documents.reception import Received, Stream, receive
from senfcall_avv.sealing import KeyRing
from senfcall_avv.settings import DocumentsSettings

MOST_REJECTED: Final = 20
"""Rejected files that stay listed for an application; older ones make room."""
LARGEST_NUMBER: Final = 2**31 - 1
"""What the column holds; larger ones, from addresses that somebody typed, raise in the drivers."""


class UploadRefused(Exception):
    """There is nothing that could be listed as rejected. ``reason`` is ``none`` or ``rate``.

    ``free_at``: when uploads are possible again, for ``rate``.
    """

    def __init__(self, reason: Reason, message: str, free_at: datetime | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.free_at = free_at


class DocumentNotFound(LookupError):
    """There is no such document here. ``reason`` is ``unknown``."""

    reason = "unknown"


class DocumentGone(Exception):
    """A document has no bytes. ``reason`` is ``rejected`` or ``forgotten``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def accept(
    session: Session,
    ring: KeyRing,
    *,
    organization_id: str,
    application_id: str,
    account_id: str,
    name: str,
    stream: Stream,
    declared_size: int | None,
    settings: DocumentsSettings,
    now: datetime,
    kind: DocumentKind = DocumentKind.PROOF,
) -> Document:
    """Take a file in, or list it as rejected: look at ``state`` and ``reason`` of what comes back.

    ``declared_size`` is the number of bytes that the form announced for this file, None if it did not. Raises
    UploadRefused where no file was chosen, or too many came within the hour. Takes up to half a minute for a file that
    fights back, and PostgreSQL's lock on the organisation's shelf only after that; a SQLite database waits throughout,
    unless the caller takes the two steps by itself (``receive`` outside of a transaction, then ``keep``).
    """
    _refuse_haste(shelf.recent_uploads(session, organization_id), settings, now)
    return keep(
        session,
        ring,
        receive(name, stream, declared_size, settings),
        organization_id=organization_id,
        application_id=application_id,
        account_id=account_id,
        settings=settings,
        now=now,
        kind=kind,
    )


def keep(
    session: Session,
    ring: KeyRing,
    received: Received,
    *,
    organization_id: str,
    application_id: str,
    account_id: str,
    settings: DocumentsSettings,
    now: datetime,
    kind: DocumentKind = DocumentKind.PROOF,
) -> Document:
    """Store what ``receive`` judged, or list it as rejected. Raises UploadRefused as ``accept`` does."""
    if received.reason is Reason.NONE:
        raise UploadRefused(Reason.NONE, "no file was chosen")
    held = shelf.locked_shelf(session, organization_id)
    _refuse_haste(held.recent, settings, now)
    if received.reason is None:
        received = _counted(session, received, organization_id, application_id, settings)
    document = Document(
        id=secrets.token_urlsafe(16),
        organization_id=organization_id,
        application_id=application_id,
        number=shelf.take_number(held, now),
        uploaded_by=account_id,
        kind=DocumentKind(kind),
        media_type=received.media_type,
        original_name=received.name,
        size=received.size,
        pages=received.pages,
        scan=received.scan,
        note=received.note,
        created_at=now,
    )
    _fill(document, ring, received)
    session.add(document)
    session.flush()
    if not document.accepted:
        _drop_oldest_rejected(session, application_id)
    return document


def find(session: Session, *, application_id: str, number: int) -> Document:
    """Find a document of an application by its number. Raises DocumentNotFound."""
    chosen = select(Document).where(Document.application_id == application_id, Document.number == number)
    found = session.scalars(chosen).one_or_none() if 0 < number <= LARGEST_NUMBER else None
    if found is None:
        raise DocumentNotFound("this application has no document with this number")
    return found


def list_for(
    session: Session, *, application_id: str, kind: DocumentKind | None = None, rejected: bool = True
) -> Sequence[Document]:
    """List the documents of an application, oldest first; without ``rejected`` only those that were taken."""
    chosen = select(Document).where(Document.application_id == application_id).order_by(Document.number)
    if kind is not None:
        chosen = chosen.where(Document.kind == kind)
    if not rejected:
        chosen = chosen.where(Document.state == DocumentState.ACCEPTED)
    return session.scalars(chosen).all()


def open_document(session: Session, ring: KeyRing, document: Document) -> bytes:
    """Give a document's bytes. Raises DocumentGone, and SealBroken where they were altered or moved."""
    sealed = session.scalars(select(Document.sealed).where(Document.id == document.id)).one_or_none()
    if sealed is None:
        reason = "forgotten" if document.accepted else "rejected"
        raise DocumentGone(reason, "there are no bytes of this document")
    return ring.open(sealed, document.place)


def open_preview(session: Session, ring: KeyRing, document: Document) -> bytes | None:
    """Give a document's preview, a small JPEG; None if it has none. Raises SealBroken."""
    sealed = session.scalars(select(Document.sealed_preview).where(Document.id == document.id)).one_or_none()
    return None if sealed is None else ring.open(sealed, document.preview_place)


def remove(session: Session, document: Document) -> None:
    """Delete a document with all that is known of it: by its owner, or as the dismissal of a rejected one."""
    session.delete(document)
    session.flush()


def dismiss_rejected(session: Session, *, application_id: str) -> int:
    """Take all rejected files off an application's list; gives their number."""
    rejected = [each for each in list_for(session, application_id=application_id) if not each.accepted]
    for document in rejected:
        session.delete(document)
    session.flush()
    return len(rejected)


def forget(session: Session, document: Document, now: datetime) -> None:
    """Delete a document's bytes and name for the retention; its hash, kind and dates stay. Does nothing twice."""
    if not document.kept:
        return
    document.sealed = None
    document.sealed_preview = None
    document.original_name = ""
    document.forgotten_at = now
    session.flush()


def forget_for(session: Session, *, application_id: str, now: datetime) -> int:
    """Forget what is kept for an application, and delete what was rejected; gives the number of those forgotten."""
    dismiss_rejected(session, application_id=application_id)
    kept = [each for each in list_for(session, application_id=application_id) if each.kept]
    for document in kept:
        forget(session, document, now)
    return len(kept)


def remove_for(session: Session, *, application_id: str) -> int:
    """Delete all documents of an application; gives their number."""
    documents = list_for(session, application_id=application_id)
    for document in documents:
        session.delete(document)
    session.flush()
    return len(documents)


def remove_organization(session: Session, organization_id: str) -> int:
    """Delete all documents of an organisation and its shelf; gives the number of documents."""
    documents = session.scalars(select(Document).where(Document.organization_id == organization_id)).all()
    for document in documents:
        session.delete(document)
    session.flush()
    session.execute(delete(DocumentShelf).where(DocumentShelf.organization_id == organization_id))
    return len(documents)


def _refuse_haste(recent: list[float], settings: DocumentsSettings, now: datetime) -> None:
    free_at = shelf.free_again_at(recent, settings.max_uploads_per_hour, now)
    if free_at is not None:
        raise UploadRefused(Reason.RATE, "too many uploads within the hour", free_at)


def _counted(
    session: Session, received: Received, organization_id: str, application_id: str, settings: DocumentsSettings
) -> Received:
    """Refuse a good file that is there already or that there is no room for. The shelf is held."""
    if shelf.has_the_same(session, application_id, received.sha256):
        return received.refused(Reason.DUPLICATE)
    if shelf.kept_files(session, application_id) >= settings.max_files:
        return received.refused(Reason.COUNT)
    if shelf.kept_bytes(session, organization_id) + received.size > settings.max_stored_bytes:
        return received.refused(Reason.QUOTA)
    return received


def _fill(document: Document, ring: KeyRing, received: Received) -> None:
    """Give a new document its state, and the bytes of one that is taken, sealed for its row."""
    if received.reason is not None:
        document.state, document.reason = DocumentState.REJECTED, received.reason
        return
    document.state = DocumentState.ACCEPTED
    document.sha256 = received.sha256
    document.sealed = ring.seal(received.body, document.place)
    if received.preview:
        document.sealed_preview = ring.seal(received.preview, document.preview_place)


def _drop_oldest_rejected(session: Session, application_id: str) -> None:
    rejected = [each for each in list_for(session, application_id=application_id) if not each.accepted]
    for document in rejected[:-MOST_REJECTED]:
        session.delete(document)
    session.flush()
