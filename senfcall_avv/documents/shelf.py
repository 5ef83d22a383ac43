"""Counting that stays exact when several uploads of an organisation arrive at once.

Whoever counts holds the row of the organisation's shelf until its transaction ends: PostgreSQL by ``FOR UPDATE``,
SQLite because a writing transaction is alone from its beginning (``db.BEGIN_IMMEDIATE``).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from senfcall_avv.documents.models import Document, DocumentShelf, DocumentState

WINDOW: Final = timedelta(hours=1)


def locked_shelf(session: Session, organization_id: str) -> DocumentShelf:
    """Give an organisation's shelf, made at its first upload, and hold it until the transaction ends."""
    row = {"organization_id": organization_id, "last_number": 0, "recent": []}
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(insert(DocumentShelf).values(row).on_conflict_do_nothing())
    return session.scalars(
        select(DocumentShelf)
        .where(DocumentShelf.organization_id == organization_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def free_again_at(recent: list[float], most: int, now: datetime) -> datetime | None:
    """Say when the next upload may come, if ``most`` came within the hour; None: now."""
    within = _within(recent, now)
    return datetime.fromtimestamp(within[-most], UTC) + WINDOW if len(within) >= most else None


def recent_uploads(session: Session, organization_id: str) -> list[float]:
    """Give the moments of an organisation's latest uploads, without holding anything."""
    chosen = select(DocumentShelf.recent).where(DocumentShelf.organization_id == organization_id)
    return session.scalars(chosen).one_or_none() or []


def take_number(shelf: DocumentShelf, now: datetime) -> int:
    """Note an upload on a held shelf, and give its number."""
    shelf.recent = [*_within(shelf.recent, now), now.timestamp()]
    shelf.last_number += 1
    return shelf.last_number


def kept_files(session: Session, application_id: str) -> int:
    """Count the files of an application whose bytes are there."""
    chosen = select(func.count()).select_from(Document).where(Document.application_id == application_id, *_KEPT)
    return session.scalars(chosen).one()


def kept_bytes(session: Session, organization_id: str) -> int:
    """Add up what is stored for an organisation."""
    chosen = select(func.coalesce(func.sum(Document.size), 0)).where(
        Document.organization_id == organization_id, *_KEPT
    )
    return int(session.scalars(chosen).one())


def has_the_same(session: Session, application_id: str, sha256: str) -> bool:
    """Say whether an application has a file with these bytes already."""
    same = select(Document.id).where(Document.application_id == application_id, Document.sha256 == sha256, *_KEPT)
    return session.scalars(same.limit(1)).first() is not None


_KEPT: Final = (Document.state == DocumentState.ACCEPTED, Document.forgotten_at.is_(None))


def _within(recent: list[float], now: datetime) -> list[float]:
    beginning = (now - WINDOW).timestamp()
    return sorted(moment for moment in recent if moment > beginning)
