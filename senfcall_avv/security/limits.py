"""What a portal page takes from a browser: sizes, numbers, readable text. Everything else is a 400 or 413."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyramid.httpexceptions import HTTPBadRequest, HTTPRequestEntityTooLarge

if TYPE_CHECKING:
    from senfcall_avv.typing import Request

KIB: Final = 1024
MIB: Final = 1024 * KIB
FORM_BYTES: Final = 256 * KIB
MOST_FIELDS: Final = 1000


def check(request: Request, most_bytes: int = FORM_BYTES) -> None:
    """Read query and form once. Raises HTTPBadRequest for what no browser of ours sends, HTTPRequestEntityTooLarge."""
    try:
        if len(request.GET) > MOST_FIELDS:
            raise HTTPBadRequest
    except UnicodeDecodeError:
        raise HTTPBadRequest from None
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return
    if request.content_length is None or request.charset.lower() not in {"utf-8", "utf8"}:
        raise HTTPBadRequest
    if request.content_length > most_bytes:
        raise HTTPRequestEntityTooLarge
    try:
        fields = len(request.POST)
    except (ValueError, LookupError, OSError, AttributeError, TypeError):
        # The parsers say in all these ways that a boundary, a charset or a header makes no sense.
        raise HTTPBadRequest from None
    if fields > MOST_FIELDS:
        raise HTTPBadRequest
