"""What may be shown of a document without saving it: pictures that we made, never what somebody sent.

Images have both: a small JPEG for lists, and the image itself, which was made anew when it came in. PDFs have neither:
turning their pages into pictures needs a renderer, which is ten times the code that reads their structure, and none
is among our libraries. They are saved and opened by the reader's own program.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from senfcall_avv.documents.findings import MediaType
from senfcall_avv.documents.models import Document
from senfcall_avv.documents.services import open_document, open_preview
from senfcall_avv.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that may be shown in a page."""

    body: bytes
    media_type: MediaType


def has_pictures(document: Document) -> bool:
    """Say whether there is something to show."""
    return document.kept and document.media_type in {MediaType.JPEG, MediaType.PNG}


def thumbnail(session: Session, ring: KeyRing, document: Document) -> Picture | None:
    """Give the small picture of a document, at most 320 pixels a side; None if it has none. Raises SealBroken."""
    body = open_preview(session, ring, document) if has_pictures(document) else None
    return None if body is None else Picture(body, MediaType.JPEG)


def page(session: Session, ring: KeyRing, document: Document) -> Picture | None:
    """Give a document's only page in full size; None if it is no image. Raises SealBroken."""
    if not has_pictures(document) or document.media_type is None:
        return None
    return Picture(open_document(session, ring, document), document.media_type)
