"""The answer that carries a document. Whoever calls this has asked for the permission first.

The type is the one that we detected, the name is ours, and a browser saves the file instead of showing it. Should one
show it all the same, it does so without scripts, forms or an origin. The answer is always whole: no range of it, and
never "not modified", since nothing of it may lie in a cache.
"""

from __future__ import annotations

from typing import Final

from pyramid.response import Response

from senfcall_avv.documents.findings import MediaType
from senfcall_avv.documents.models import Document
from senfcall_avv.documents.names import content_disposition

HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Accept-Ranges", "none"),
)


def own_name(document: Document) -> str:
    """Give the name under which we deliver a document: ``document-3.pdf``. Raises ValueError for a rejected one."""
    return f"document-{document.number}.{_media_type(document).extension}"


def download(document: Document, body: bytes) -> Response:
    """Deliver a document to be saved. Raises ValueError for a rejected one."""
    media_type = _media_type(document)
    return _answer(body, media_type, content_disposition(own_name(document), document.original_name))


def inline_image(document: Document, body: bytes, media_type: MediaType) -> Response:
    """Show an image that we made ourselves: a preview, or an image page (``preview``), never an upload as it came.

    Raises ValueError for anything but an image.
    """
    if media_type is MediaType.PDF:
        raise ValueError("only images that we made are shown in the browser")
    return _answer(body, media_type, f'inline; filename="document-{document.number}-view.{media_type.extension}"')


def _media_type(document: Document) -> MediaType:
    if not document.accepted or document.media_type is None:
        raise ValueError("a rejected document is not delivered")
    return document.media_type


def _answer(body: bytes, media_type: MediaType, disposition: str) -> Response:
    headers = [("Content-Type", media_type.value), ("Content-Disposition", disposition), *HEADERS]
    response = Response(body, headerlist=headers, conditional_response=False)
    response.content_length = len(body)
    return response
